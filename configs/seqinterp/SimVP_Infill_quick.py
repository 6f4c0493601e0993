# python tools/train.py -d seqinterp_infill -m SimVP_Infill -c configs/seqinterp/SimVP_Infill_quick.py
# The quick SimVP's network on both sides of the missing image: its translator reads twice as many channels.
method = 'SimVP_Infill'
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
