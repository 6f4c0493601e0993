# python tools/train.py -d seqinterp -m TAU    (needs OpenSTL)
# The paper's network with temporal attention units.
method = 'TAU'
# model
spatio_kernel_enc = 3
spatio_kernel_dec = 3
model_type = 'tau'
hid_S = 64
hid_T = 256
N_T = 8
N_S = 2
alpha = 0.1
# training
epoch = 200
lr = 1e-3
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
drop_path = 0
