# python tools/train.py -d seqinterp -m MMVP -c configs/seqinterp/MMVP_quick.py    (needs OpenSTL)
# MMVP.py with a quarter of the channels for images and a sixteenth for motion, and one RRDB block in each place instead of
# two. Its 9 x 9 maps of motion from each of 9 x 9 places take it about forty minutes of one core, where others take ten.
method = 'MMVP'
# model
downsample_setting = '2,2'  # 36 = 2 * 9 * 2: motion between 9 x 9 places, 4 x 4 for the coarser features
hid_S = 8
hid_T = 12
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
