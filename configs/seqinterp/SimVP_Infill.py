# python tools/train.py -d seqinterp_infill -m SimVP_Infill
# The paper's network on both sides of the missing image; an epoch as long as the paper's. A GPU's work.
method = 'SimVP_Infill'
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
epoch_cases = 2880
batch_size = 16
opt = 'adam'
lr = 1e-3
sched = 'onecycle'
drop_path = 0
