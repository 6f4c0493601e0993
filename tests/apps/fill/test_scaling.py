"""A result does not depend on the unit: fill(a x + b) = a fill(x) + b for a > 0, of every method and type."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openstl_seqinterp
from openstl_seqinterp.apps.io.source import DTYPES
from openstl_seqinterp.evaluation.baselines import BASELINES

TRAINED = ("SimVP", "SimVP_Motion", "LatentAffine")
METHODS = (*BASELINES, *TRAINED)
LENGTH, SIDE, MISSING = 7, 36, 5  # four images in a row before the missing one, as SimVP reads them
NUMBERS = [name for name in DTYPES if name != "bool"]
FLOATS = [name for name in NUMBERS if np.dtype(name).kind == "f"]


@pytest.fixture(scope="session")
def filled(checkpoints):
    """A function (method, frames, **options) to what the missing image becomes, in float64."""

    @functools.lru_cache(None)
    def given_by(method):
        return {"checkpoint": checkpoints[method]} if method in TRAINED else {"method": method}

    def fill(method, frames, **options):
        observed = np.arange(LENGTH) != MISSING
        found = openstl_seqinterp.fill(frames, observed, device="cpu", **given_by(method), **options)
        assert found.dtype == frames.dtype
        np.testing.assert_array_equal(found[observed], frames[observed])
        return found[MISSING].astype(np.float64)

    return fill


def scene(seed, levels):
    """Soft waves that move, with some noise, as whole numbers 0 to ``levels``, float64 (T, H, W)."""
    rng = np.random.default_rng(seed)
    time, y, x = np.ogrid[:LENGTH, :SIDE, :SIDE]
    waves = np.sin((x - rng.uniform(-1, 1) * time) / rng.uniform(2, 5)) * np.cos((y + time / 2) / rng.uniform(2, 5))
    values = waves + 0.1 * rng.standard_normal((LENGTH, SIDE, SIDE))
    return np.rint((values - values.min()) / np.ptp(values) * levels)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", FLOATS)
@settings(max_examples=4)
@given(exponent=st.integers(-6, 6), seed=st.integers(0, 99))
def test_powers_of_two_are_exact(filled, method, dtype, exponent, seed):
    frames = (scene(seed, 255) / 256).astype(dtype)
    before, after = filled(method, frames), filled(method, frames * frames.dtype.type(2.0**exponent))
    assert np.ptp(before) > 0.2
    if dtype == "float16":  # the smallest values have fewer digits
        np.testing.assert_allclose(after, before * 2.0**exponent, rtol=2**-10, atol=2**-24)
    else:
        np.testing.assert_array_equal(after, before * 2.0**exponent)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", NUMBERS)
@settings(max_examples=4)
@given(data=st.data(), seed=st.integers(0, 99))
def test_units_and_offsets_do_not_matter(filled, method, dtype, data, seed):
    limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    levels = 40  # so that a scaled one fits into 8 bits
    low, high = (limits.min, limits.max) if limits else (-1000, 1000)
    a = data.draw(st.integers(2, min((high - max(low, 0)) // levels, 50)), label="a")
    b = data.draw(st.integers(max(low, -2000), min(high - a * levels, 2000)), label="b")
    frames = scene(seed, levels)
    before, after = (filled(method, each.astype(dtype)) for each in (frames, a * frames + b))
    difference = np.abs(after - (a * before + b))
    if limits:  # a step of the coarser of both is a steps of the finer, half of it to each side
        bound = max(1, a / 2 + 1)
    else:
        spacing = np.spacing(np.array([a * levels + abs(b)], dtype))[0]
        bound = max(0.001 * a * levels, float(spacing) * (2 if dtype == "float16" else 1))
    assert (difference <= bound).mean() >= 0.99, np.sort(difference.ravel())[-20:]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-5, 1.0, 300.0])
def test_a_result_lies_within_the_known_values(filled, method, scale):
    frames = (scene(3, 200) * scale).astype(np.float32)
    result = filled(method, frames)
    known = np.delete(frames, MISSING, 0)
    assert 0 == known.min() <= result.min()  # no rain below none
    assert result.max() <= known.max() * (1 + 2**-22)


@pytest.mark.parametrize("method", METHODS)
def test_twelve_bits_are_not_read_as_sixteen(filled, method):
    frames = scene(1, 4095).astype(np.uint16)
    whole = frames * np.uint16(16)
    difference = np.abs(filled(method, whole) - 16 * filled(method, frames))
    assert (difference <= 9).mean() >= 0.99  # half a step of twelve bits is eight of sixteen


def test_a_known_range_is_the_unit_of_a_network(filled):
    frames = scene(2, 200).astype(np.float32)
    frames[0, 0, 0] = 1000  # a dead pixel
    by_hand = filled("SimVP_Motion", frames, range=(0, 1000))
    found, clean = filled("SimVP_Motion", frames), filled("SimVP_Motion", scene(2, 200).astype(np.float32))
    assert np.abs(by_hand - found).max() > 0.01  # the flag counts
    np.testing.assert_allclose(found[5:, 5:], clean[5:, 5:], atol=10)  # the dead pixel does not
