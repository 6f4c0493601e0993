# python tools/train.py -d seqinterp_infill -m LatentAffine
# The quick one's network, trained twenty times as long.
method = 'LatentAffine'
# model
hidden = 16
refinements = 5
# training
epoch = 100
epoch_cases = 3200
batch_size = 16
val_batch_size = 64
opt = 'adam'
lr = 5e-3
sched = 'onecycle'
