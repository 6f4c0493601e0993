# python tools/train.py -d seqinterp -m MAU    (needs OpenSTL)
# OpenSTL's settings for Moving MNIST, where sampling ends after 40% of the steps: on n6 in 200 epochs, 14,400.
method = 'MAU'
# scheduled sampling
scheduled_sampling = 1
sampling_stop_iter = 14400
sampling_start_value = 1.0
sampling_changing_rate = 0.00007
# model
num_hidden = '64,64,64,64'
filter_size = 5
stride = 1
patch_size = 1
layer_norm = 0
sr_size = 4  # 36 / 4 = 9
tau = 5
cell_mode = 'normal'
model_mode = 'normal'
# training
epoch = 200
lr = 1e-3
batch_size = 16
val_batch_size = 16
sched = 'onecycle'
