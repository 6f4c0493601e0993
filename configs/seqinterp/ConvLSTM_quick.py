# python tools/train.py -d seqinterp -m ConvLSTM -c configs/seqinterp/ConvLSTM_quick.py    (needs OpenSTL)
# ConvLSTM.py with a quarter of the channels; sampling ends after 40% of the steps, as there.
method = 'ConvLSTM'
# reverse scheduled sampling
reverse_scheduled_sampling = 0
r_sampling_step_1 = 288
r_sampling_step_2 = 576
r_exp_alpha = 58
# scheduled sampling
scheduled_sampling = 1
sampling_stop_iter = 576
sampling_start_value = 1.0
sampling_changing_rate = 0.00174
# model
num_hidden = '32,32,32,32'
filter_size = 5
stride = 1
patch_size = 4  # 36 / 4 = 9
layer_norm = 0
# training
epoch = 8
epoch_cases = 2880
lr = 5e-3
batch_size = 16
val_batch_size = 64
sched = 'onecycle'
