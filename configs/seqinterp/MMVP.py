# python tools/train.py -d seqinterp -m MMVP    (needs OpenSTL)
# OpenSTL's settings for Moving MNIST, with steps that divide 36.
method = 'MMVP'
# model
downsample_setting = '3,3,2'  # 36 = 3 * 3 * 2 * 2
hid_S = 32
hid_T = 192
rrdb_encoder_num = 2
rrdb_decoder_num = 2
rrdb_enhance_num = 2
use_direct_predictor = True
# training
epoch = 200
lr = 1e-3
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
