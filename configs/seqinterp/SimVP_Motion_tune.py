# python tools/train.py -d NAME -m SimVP_Motion --from shipped
# Trains on from given weights, on a few images of one's own: minutes on one core. The network is that of the weights.
_base_ = 'SimVP_Motion_shipped.py'
# training
use_augment = True  # few images are soon learnt
epoch = 12
epoch_cases = 200
batch_size = 4
val_batch_size = 1  # at full size
lr = 3e-4
