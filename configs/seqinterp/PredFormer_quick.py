# python tools/train.py -d seqinterp -m PredFormer -c configs/seqinterp/PredFormer_quick.py
# Larger patches, heads of 32 as in the paper but two of them, and 12 blocks, the fewest that every model_type can have.
method = 'PredFormer'
# model
model_type = 'QuadrupletTSST'  # or any other of --model_type: all have as many blocks
patch_size = 6  # 36 / 6 = 6
embed_dim = 64
num_heads = 2
mlp_ratio = 4.0
depth = 12
# training
epoch = 8
epoch_cases = 2880
batch_size = 16
val_batch_size = 64
opt = 'adam'
lr = 5e-3
sched = 'onecycle'
drop_path = 0
