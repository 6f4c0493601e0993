import numpy as np
import pytest

from openstl_seqinterp.data.balance import balanced, speed
from openstl_seqinterp.data.loaders import load_data
from openstl_seqinterp.data.sequences import SequenceSet
from openstl_seqinterp.protocols import ONE_SIDED


def moving_dots(steps):
    """Sequences of a 2x2 dot that moves ``step`` pixels to the right with each of 5 images."""
    frames = np.zeros((len(steps), 5, 1, 12, 24), np.uint8)
    for sequence, step in enumerate(steps):
        for time in range(5):
            frames[sequence, time, 0, 5:7, 2 + step * time : 4 + step * time] = 200
    return SequenceSet.stacked(frames, np.ones((len(steps), 5), bool))


def test_speed_grows_with_the_displacement_of_the_centroid():
    speeds = speed(moving_dots([0, 1, 2, 4]))
    assert speeds[0] == 0
    assert (np.diff(speeds) > 0).all()


def test_images_that_are_not_observed_do_not_count():
    whole = moving_dots([0, 2])
    holed = SequenceSet(whole.frames, np.where(np.arange(5) == 2, -1, whole.index))
    assert speed(holed)[0] == 0
    assert speed(holed)[1] > 0


def test_a_set_at_rest_has_equal_weights():
    assert np.ptp(balanced(speed(moving_dots([0, 0, 0])))) == 0


@pytest.mark.parametrize("counts", [(1, 9), (30, 2)])
def test_rare_speeds_weigh_as_much_in_all_as_common_ones(counts):
    weights = balanced(np.repeat([1.0, 3.0], counts))
    assert weights[: counts[0]].sum() == pytest.approx(weights[counts[0] :].sum())


def test_balance_draws_slow_and_fast_sequences_alike(data_root):
    """Bins of equal width in speed get equal shares; without balance, shares follow the number of sequences."""
    shares = {}
    for balance in ("none", "velocity"):
        options = {"train_set": "n6", "data_root": str(data_root), "balance": balance}
        train, _, _ = load_data("seqinterp", view=ONE_SIDED, batch_size=16, val_batch_size=16, num_workers=0, **options)
        data = train.dataset
        speeds = speed(data.sequences)[data.rows]
        bins = np.clip(((speeds - speeds.min()) / np.ptp(speeds) * 10).astype(int), 0, 9)
        drawn = [data.case(number)[0] for number in train.sampler]
        shares[balance] = np.bincount(bins[drawn], minlength=10) / len(drawn)
    assert np.ptp(shares["none"]) > 0.1
    np.testing.assert_allclose(shares["velocity"], 0.1, atol=0.02)
