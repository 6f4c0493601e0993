# python tools/train.py -d seqinterp -m SwinLSTM_D -c configs/seqinterp/SwinLSTM_D_quick.py    (needs OpenSTL)
# SwinLSTM_D.py with three sixteenths of the channels, in heads of 12.
method = 'SwinLSTM_D'
# model
depths_downsample = '2'
depths_upsample = '2'
num_heads = '2'
patch_size = 2
window_size = 3  # 36 / 2 = 18 = 6 * 3
embed_dim = 24
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
