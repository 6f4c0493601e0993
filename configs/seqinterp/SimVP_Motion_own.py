# python tools/train.py -d NAME -m SimVP_Motion -c configs/seqinterp/SimVP_Motion_own.py
# It begins as the motion that it reads, so it needs few cases, of which each is slow: flows are searched between its images.
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
epoch_cases = 52
batch_size = 4
val_batch_size = 4
opt = 'adam'
lr = 2e-3
sched = 'onecycle'
drop_path = 0
