# python tools/train.py -d seqinterp_infill -m LatentAffine -c configs/seqinterp/LatentAffine_quick.py
# A thousand steps: minutes on two CPU cores.
method = 'LatentAffine'
# model
hidden = 16
refinements = 5
# training
epoch = 5
epoch_cases = 3200
batch_size = 16
val_batch_size = 64
opt = 'adam'
lr = 5e-3
sched = 'onecycle'
