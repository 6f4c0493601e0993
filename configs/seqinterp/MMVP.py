# python tools/train.py -d seqinterp -m MMVP    (needs OpenSTL)
# OpenSTL's settings for Moving MNIST, with one step less, for 36 pixels instead of 64. Each step halves, whatever its number.
method = 'MMVP'
# model
downsample_setting = '2,2'  # 36 = 2 * 9 * 2: motion between 9 x 9 places, 4 x 4 for the coarser features
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
