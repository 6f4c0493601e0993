# python tools/train.py -d seqinterp -m SimVP -c configs/seqinterp/SimVP_short.py
# The paper's network and a schedule of 6 epochs: an hour and a half of two CPU cores.
method = 'SimVP'
# model
model_type = 'gSTA'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
hid_S = 64
hid_T = 256
N_S = 2
N_T = 8
# training
epoch = 6
batch_size = 16
opt = 'adam'
lr = 1e-3
sched = 'onecycle'
drop_path = 0
