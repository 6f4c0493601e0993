"""Pixels without a value: NaN or a fill value take no part, and labels never mix."""

import numpy as np
import pytest

import openstl_seqinterp
from openstl_seqinterp.evaluation.baselines import BASELINES

LENGTH, HEIGHT, WIDTH, MISSING = 7, 36, 36, 5
OBSERVED = np.arange(LENGTH) != MISSING
METHODS = (*BASELINES, "SimVP", "SimVP_Motion", "LatentAffine")


@pytest.fixture
def fill(checkpoints):
    """A function (method, frames, **options) to the filled frames."""

    def function(method, frames, **options):
        how = {"method": method} if method in BASELINES else {"checkpoint": checkpoints[method], "device": "cpu"}
        return openstl_seqinterp.fill(frames, OBSERVED, **how, **options)

    return function


def waves(low=2.0, high=9.0):
    time, y, x = np.ogrid[:LENGTH, :HEIGHT, :WIDTH]
    return (low + (high - low) * (0.5 + 0.5 * np.sin((x - time) / 4) * np.cos(y / 5))).astype(np.float32)


@pytest.mark.parametrize("method", METHODS)
def test_a_hole_in_a_known_frame_stays_and_leaves_no_trace_in_others(fill, method):
    frames, rng = waves(), np.random.default_rng(0)
    holes = rng.random(frames.shape) < 0.1
    payload = np.frombuffer(np.uint32(0x7FC12345).tobytes(), np.float32)[0]  # a NaN of its own bits
    frames[holes] = payload
    filled = fill(method, frames)
    np.testing.assert_array_equal(filled[OBSERVED].view(np.uint32), frames[OBSERVED].view(np.uint32))
    nowhere = holes[1:5].all(axis=0) if method == "SimVP" else (holes[4] & holes[6])
    unknown = np.isnan(filled[MISSING])
    assert not (unknown & ~nowhere).any()
    if (method in BASELINES and BASELINES[method].reach == 1) or method == "SimVP":  # others read more frames
        np.testing.assert_array_equal(unknown, nowhere)
    assert 2 - 1e-5 <= np.nanmin(filled[MISSING]) <= np.nanmax(filled[MISSING]) <= 9 + 1e-5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_fill_value_never_spreads(fill, method, dtype):
    frames = np.rint(waves(20, 90)).astype(dtype)
    holes = np.random.default_rng(1).random(frames.shape) < 0.2
    holes[:, 3:6, 7:9] = True  # nowhere known
    frames[holes] = -9999
    filled = fill(method, frames, fill_value=-9999)
    np.testing.assert_array_equal(filled[OBSERVED], frames[OBSERVED])
    image = filled[MISSING]
    assert (image[3:6, 7:9] == -9999).all()
    valid = image[image != -9999]
    assert 20 <= valid.min() <= valid.max() <= 90
    assert (image != -9999).mean() > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_mask_stays_the_mask_of_what_is_filled(fill, method):
    frames, (y, x) = waves(), np.ogrid[:HEIGHT, :WIDTH]
    mask = (y - 18) ** 2 + (x - 18) ** 2 > 15**2  # outside of a radar's range
    frames[:, mask] = np.nan
    np.testing.assert_array_equal(np.isnan(fill(method, frames)[MISSING]), mask)


def test_a_hole_in_one_neighbour_gives_the_value_of_the_other(fill):
    frames = waves()
    frames[4, 2:5, 3:9] = np.nan
    frames[6, 20:25, 3:9] = np.nan
    filled = fill("mean", frames)[MISSING]
    expected = (frames[4] + frames[6]) / 2
    expected[2:5, 3:9], expected[20:25, 3:9] = frames[6, 2:5, 3:9], frames[4, 20:25, 3:9]
    np.testing.assert_allclose(filled, expected, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("values", [(0, 7, 200), (3, 100, 101)])
def test_labels_never_mix(fill, method, values):
    kinds = np.digitize(waves(0, 3), [1, 2])
    frames = np.array(values, np.uint8)[kinds]
    filled = fill(method, frames, labels=True)[MISSING]
    assert set(np.unique(filled)) <= set(values)
    assert (filled == frames[MISSING]).mean() > (0.4 if method == "SimVP" else 0.6)  # little trained
    assert len(np.unique(filled)) == 3


@pytest.mark.parametrize("method", METHODS)
def test_masks_of_one_bit_are_labels(fill, method):
    frames = waves(0, 1) > 0.6
    filled = fill(method, frames)
    assert filled.dtype == bool
    assert (filled[MISSING] == frames[MISSING]).mean() > (0.6 if method == "SimVP" else 0.8)


@pytest.mark.parametrize("method", METHODS)
def test_labels_are_names_not_amounts(fill, method):
    kinds = np.digitize(waves(0, 3), [1, 2])
    names = np.array([0, 1, 2], np.uint8), np.array([9, 4, 77], np.uint8)
    first, other = (fill(method, each[kinds], labels=True)[MISSING] for each in names)
    back = {9: 0, 4: 1, 77: 2}
    same = np.vectorize(back.__getitem__)(other) == first
    assert same.mean() > 0.99  # but for ties
