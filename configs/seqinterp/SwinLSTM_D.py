# python tools/train.py -d seqinterp -m SwinLSTM_D    (needs OpenSTL)
# One level, with windows that divide 36.
method = 'SwinLSTM_D'
# model
depths_downsample = '2'
depths_upsample = '2'
num_heads = '4'
patch_size = 2
window_size = 3  # 36 / 2 = 18 = 6 * 3
embed_dim = 128
# training
epoch = 200
lr = 1e-4
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
