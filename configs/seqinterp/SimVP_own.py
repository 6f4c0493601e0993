# python tools/train.py -d NAME -m SimVP -c configs/seqinterp/SimVP_own.py
# For a short series of one's own: the encoder halves images twice, as 128x128 asks for, and epochs are many since each has
# few windows (40 images in time give 26). On radar the best of 120 epochs was the 49th: more of the same windows do harm.
method = 'SimVP'
# model
model_type = 'gSTA'
spatio_kernel_enc = 3
spatio_kernel_dec = 3
hid_S = 16
hid_T = 64
N_S = 4
N_T = 2
mlp_ratio = 4.0
# training
epoch = 30
batch_size = 4
val_batch_size = 4
opt = 'adam'
lr = 2e-3
sched = 'onecycle'
drop_path = 0
