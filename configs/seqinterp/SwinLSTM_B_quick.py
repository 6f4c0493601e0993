# python tools/train.py -d seqinterp -m SwinLSTM_B -c configs/seqinterp/SwinLSTM_B_quick.py    (needs OpenSTL)
# SwinLSTM_B.py with two blocks instead of six, of a quarter of the channels.
method = 'SwinLSTM_B'
# model
depths = 2
num_heads = 4
patch_size = 2
window_size = 3  # 36 / 2 = 18 = 6 * 3
embed_dim = 32
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
