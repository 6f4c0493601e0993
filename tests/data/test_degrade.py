import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmcv.transforms import TRANSFORMS
from scipy import stats

from openstl_seqinterp.data.degrade import DEGRADATIONS, SequenceMiss, SequenceNoise

LENGTH = 10
SIGMA = 17 / 255
keys = st.tuples(st.integers(0, 2**32), st.integers(0, 10**7))
contexts = st.permutations(range(LENGTH)).map(lambda order: tuple(order[:4]))
subsets = st.lists(st.integers(0, LENGTH - 1), min_size=1, max_size=LENGTH, unique=True)
degradations = st.sampled_from(sorted(DEGRADATIONS))


def pixels(shape=(LENGTH, 1, 6, 5)):
    """Nowhere black, so that a blank image can be told."""
    return np.random.default_rng(0).uniform(0.1, 1, shape).astype(np.float32)


def degrade(name, key, context, index=range(LENGTH), frames=None):
    frames = pixels() if frames is None else frames
    case = {
        "frames": frames[list(index)],
        "observed": np.ones(len(index), bool),
        "index": tuple(index),
        "exposed": context,
        "key": key,
    }
    results = DEGRADATIONS[name](case)
    return results["frames"], results["observed"]


def blanks(frames):
    return set(np.flatnonzero(~frames.any(axis=(1, 2, 3))).tolist())


@given(keys, contexts)
def test_clean_is_untouched(key, context):
    frames, observed = degrade("clean", key, context)
    np.testing.assert_array_equal(frames, pixels())
    assert observed.all()


@given(keys, contexts)
def test_miss_blanks_exactly_one_image_of_the_context_and_marks_it(key, context):
    frames, observed = degrade("miss", key, context)
    (blank,) = blanks(frames)
    assert blank in context
    assert np.flatnonzero(~observed).tolist() == [blank]
    np.testing.assert_array_equal(np.delete(frames, blank, 0), np.delete(pixels(), blank, 0))


def test_miss_blanks_each_image_of_the_context_as_often():
    context = (7, 6, 5, 4)
    found = [blanks(degrade("miss", (0, number), context)[0]).pop() for number in range(400)]
    assert stats.chisquare([found.count(position) for position in context]).pvalue > 0.01


@given(keys, contexts)
def test_noise_changes_every_image_and_marks_none(key, context):
    frames, observed = degrade("noise", key, context)
    assert observed.all()
    assert (frames != pixels()).any(axis=(1, 2, 3)).all()


@given(keys, contexts)
def test_aug_has_the_blank_of_miss_and_noise_over_it(key, context):
    missed, unknown = degrade("miss", key, context)
    noisy, _ = degrade("noise", key, context)
    frames, observed = degrade("aug", key, context)
    np.testing.assert_array_equal(observed, unknown)
    (blank,) = blanks(missed)
    assert (frames[blank] > 0).any()
    assert frames[blank].max() < 6 * SIGMA
    np.testing.assert_array_equal(np.delete(frames, blank, 0), np.delete(noisy, blank, 0))


@given(degradations, keys, contexts)
def test_values_stay_in_range_and_type(name, key, context):
    extremes = np.random.default_rng(0).integers(0, 2, (LENGTH, 1, 6, 5)).astype(np.float32)
    frames, _ = degrade(name, key, context, frames=extremes)
    assert frames.dtype == np.float32
    assert frames.min() >= 0
    assert frames.max() <= 1


@given(degradations, keys, contexts, subsets)
def test_a_subset_of_the_images_has_the_pixels_of_the_whole(name, key, context, subset):
    every, known = degrade(name, key, context)
    some, some_known = degrade(name, key, context, subset)
    np.testing.assert_array_equal(some, every[subset])
    np.testing.assert_array_equal(some_known, known[subset])


@given(keys, contexts)
def test_another_key_gives_other_noise(key, context):
    seed, number = key
    frames, _ = degrade("noise", key, context)
    for other in ((seed + 1, number), (seed, number + 1)):
        assert (frames != degrade("noise", other, context)[0]).any(axis=(1, 2, 3)).all()


def test_noise_is_gaussian_with_a_sigma_uniform_up_to_17_grey_levels():
    # Mid-grey is more than 7 sigma from either end, so nothing is clipped.
    grey = np.full((300, 1, 64, 64), 0.5, np.float32)
    frames, _ = degrade("noise", (0, 0), (0, 1, 2, 3), range(300), grey)
    noise = (frames - grey).reshape(300, -1)
    sigmas = noise.std(axis=1)
    assert sigmas.max() < SIGMA * 1.04
    assert stats.kstest(sigmas / SIGMA, "uniform").pvalue > 0.01
    standard = noise / sigmas[:, None]
    assert stats.kstest(standard[:20].ravel(), "norm").pvalue > 0.01


@pytest.mark.parametrize("transform", [SequenceMiss, SequenceNoise])
def test_mmcv_knows_the_transforms_by_name(transform):
    assert TRANSFORMS.get(transform.__name__) is transform


def test_a_transform_is_built_from_an_mmcv_config():
    built = TRANSFORMS.build({"type": "SequenceNoise", "sigma": 0.0})
    case = {"frames": pixels(), "index": tuple(range(LENGTH)), "key": (0, 0)}
    np.testing.assert_array_equal(built(case)["frames"], pixels())
