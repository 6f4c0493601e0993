# python tools/train.py -d seqinterp -m WaST -c configs/seqinterp/WaST_quick.py    (needs OpenSTL)
# WaST.py with a fifth of the channels, narrower MLPs, a quarter of the blocks in the middle, and no stochastic depth.
method = 'WaST'
# model
encoder_dim = 4
block_list = [1, 2, 1]
mlp_ratio = 2.0
# drop scheduler
cutmode = 'late'
cutoff = 0
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'cosine'
drop_path = 0
