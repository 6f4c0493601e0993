# python tools/train.py -d seqinterp -m TAU -c configs/seqinterp/TAU_quick.py    (needs OpenSTL)
# TAU with the network of SimVP_quick.py.
method = 'TAU'
# model
spatio_kernel_enc = 3
spatio_kernel_dec = 3
model_type = 'tau'
hid_S = 16
hid_T = 64
N_T = 2
N_S = 2
alpha = 0.1
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
drop_path = 0
