# python tools/train.py -d seqinterp -m PredRNNv2    (needs OpenSTL)
# OpenSTL's settings for Moving MNIST, where sampling ends after 40% of the steps: on n6 in 200 epochs, 14,400.
method = 'PredRNNv2'
# reverse scheduled sampling
reverse_scheduled_sampling = 1
r_sampling_step_1 = 7200
r_sampling_step_2 = 14400
r_exp_alpha = 1440
# scheduled sampling
scheduled_sampling = 1
sampling_stop_iter = 14400
sampling_start_value = 1.0
sampling_changing_rate = 0.00007
# model
num_hidden = '128,128,128,128'
filter_size = 5
stride = 1
patch_size = 4  # 36 / 4 = 9
layer_norm = 0
decouple_beta = 0.1
# training
epoch = 200
lr = 5e-4
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
