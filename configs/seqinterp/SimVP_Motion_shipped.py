# python tools/train.py -d seqinterp_infill -m SimVP_Motion -c configs/seqinterp/SimVP_Motion_shipped.py
# The network of the shipped weights (tools/pretrain.py): it reads what `motion` makes of images, at a quarter of their size.
method = 'SimVP_Motion'
# model
model_type = 'gSTA'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
hid_S = 16
hid_T = 64
N_S = 2
N_T = 2
mlp_ratio = 2.0
denoise = False
reach = 0.0  # weights alone: what moves frames further harmed clear scenes more than it helped others
# training
epoch = 9
epoch_cases = 2048
batch_size = 16
val_batch_size = 8
opt = 'adam'
lr = 2e-3
sched = 'onecycle'
drop_path = 0
