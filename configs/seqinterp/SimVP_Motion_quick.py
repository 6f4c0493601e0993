# python tools/train.py -d seqinterp_infill -m SimVP_Motion -c configs/seqinterp/SimVP_Motion_quick.py
# A small gSTA for two CPU cores.
method = 'SimVP_Motion'
# model
model_type = 'gSTA'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
hid_S = 8
hid_T = 64
N_S = 2
N_T = 2
mlp_ratio = 4.0
# training
epoch = 2
epoch_cases = 2400
batch_size = 16
val_batch_size = 64
opt = 'adam'
lr = 5e-3
sched = 'onecycle'
drop_path = 0
