# python tools/train.py -d seqinterp -m PredFormer
# The paper's network for Moving MNIST, with patches that divide 36 into nearly as many as there (81, not 64);
# training is that of SimVP here. A GPU's work.
method = 'PredFormer'
# model
model_type = 'QuadrupletTSST'  # or any other of --model_type: all have as many blocks
patch_size = 4  # 36 / 4 = 9
embed_dim = 256
num_heads = 8
mlp_ratio = 4.0
depth = 24
# training
epoch = 500
batch_size = 16
opt = 'adam'
lr = 1e-3
sched = 'onecycle'
drop_path = 0
