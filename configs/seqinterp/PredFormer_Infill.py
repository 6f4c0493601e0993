# python tools/train.py -d seqinterp_infill -m PredFormer_Infill
# PredFormer's network on both sides of the missing image; an epoch as long as the paper's. A GPU's work.
method = 'PredFormer_Infill'
# model
model_type = 'QuadrupletTSST'  # or any other of --model_type: all have as many blocks
patch_size = 4  # 36 / 4 = 9
embed_dim = 256
num_heads = 8
mlp_ratio = 4.0
depth = 24
# training
epoch = 500
epoch_cases = 2880
batch_size = 16
opt = 'adam'
lr = 1e-3
sched = 'onecycle'
drop_path = 0
