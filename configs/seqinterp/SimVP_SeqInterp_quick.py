# python tools/train.py -d seqinterp -m SimVP_SeqInterp -c configs/seqinterp/SimVP_SeqInterp_quick.py
# A small gSTA for two CPU cores, with the sum of two losses.
method = 'SimVP_SeqInterp'
# model
model_type = 'gSTA'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
hid_S = 16
hid_T = 64
N_S = 2
N_T = 2
mlp_ratio = 4.0
# training
epoch = 8
epoch_cases = 2880
batch_size = 16
val_batch_size = 64
opt = 'adam'
lr = 5e-3
sched = 'onecycle'
drop_path = 0
# loss
mse_weight = 1.0
mae_weight = 1.0
