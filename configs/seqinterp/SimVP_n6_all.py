# python tools/train.py -d seqinterp -c configs/seqinterp/SimVP_n6_all.py
# The paper's Table 1, trained on n6-all: clean, noisy, blanked and both (its Table 3).
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
epoch = 500
batch_size = 16
opt = 'adam'
lr = 1e-3
sched = 'onecycle'
drop_path = 0
train_set = 'n6-all'
