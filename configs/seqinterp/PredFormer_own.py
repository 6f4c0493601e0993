# python tools/train.py -d NAME -m PredFormer -c configs/seqinterp/PredFormer_own.py
# As PredFormer_quick.py for sides that are multiples of 8; as many windows as SimVP_own.py.
method = 'PredFormer'
# model
model_type = 'QuadrupletTSST'
patch_size = 8
embed_dim = 64
num_heads = 2
mlp_ratio = 4.0
depth = 12
# training
epoch = 30
batch_size = 4
val_batch_size = 4
opt = 'adam'
lr = 2e-3
sched = 'onecycle'
drop_path = 0
