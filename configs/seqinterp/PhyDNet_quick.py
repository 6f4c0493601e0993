# python tools/train.py -d seqinterp -m PhyDNet -c configs/seqinterp/PhyDNet_quick.py    (needs OpenSTL)
# PhyDNet.py with a shorter training. Its sizes cannot be set: 40 to 70 minutes of one core, where others take ten.
method = 'PhyDNet'
# model
patch_size = 4
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
