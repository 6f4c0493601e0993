# python tools/train.py -d seqinterp -m MMVP -c configs/seqinterp/MMVP_quick.py    (needs OpenSTL)
# MMVP.py with three sixteenths of the channels, and one RRDB block in each place instead of two.
method = 'MMVP'
# model
downsample_setting = '3,3,2'  # 36 = 3 * 3 * 2 * 2
hid_S = 6
hid_T = 36
rrdb_encoder_num = 1
rrdb_decoder_num = 1
rrdb_enhance_num = 1
use_direct_predictor = True
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
