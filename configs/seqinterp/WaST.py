# python tools/train.py -d seqinterp -m WaST    (needs OpenSTL)
# OpenSTL's settings for TaxiBJ, without loss_weight, which asks for a GPU.
method = 'WaST'
# model
encoder_dim = 20
block_list = [2, 8, 2]
mlp_ratio = 4.0
# drop scheduler
cutmode = 'late'
cutoff = 0
# training
epoch = 200
lr = 1e-3
batch_size = 16
val_batch_size = 16
sched = 'cosine'
drop_path = 0.25
