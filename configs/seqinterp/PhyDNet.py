# python tools/train.py -d seqinterp -m PhyDNet    (needs OpenSTL)
# OpenSTL's settings for Moving MNIST.
method = 'PhyDNet'
# model
patch_size = 4
# training
epoch = 200
lr = 1e-3
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
