# python tools/train.py -d NAME -m SimVP_Motion -c configs/seqinterp/SimVP_Motion_own.py
# It begins as the motion that it reads, so fewer windows do; each image of a window is a target, which makes eight cases.
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
epoch = 6
epoch_cases = 104
batch_size = 4
val_batch_size = 4
opt = 'adam'
lr = 2e-3
sched = 'onecycle'
drop_path = 0
