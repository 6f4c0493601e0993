# python tools/train.py -d seqinterp -m MAU -c configs/seqinterp/MAU_quick.py    (needs OpenSTL)
# MAU.py with a quarter of the channels; sampling ends after 40% of the steps, as there.
method = 'MAU'
# scheduled sampling
scheduled_sampling = 1
sampling_stop_iter = 576
sampling_start_value = 1.0
sampling_changing_rate = 0.00174
# model
num_hidden = '16,16,16,16'
filter_size = 5
stride = 1
patch_size = 1
layer_norm = 0
sr_size = 4  # 36 / 4 = 9
tau = 5
cell_mode = 'normal'
model_mode = 'normal'
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
