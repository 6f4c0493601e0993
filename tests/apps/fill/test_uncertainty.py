"""Uncertainty: about as large as the errors, and larger where these are."""

import numpy as np
import pytest
from textures import seen, shift, texture

import openstl_seqinterp
from openstl_seqinterp.apps.fill.uncertainty import BAND

MISSING = [5, 6, 12, 18]


def scene(noise=0.02):
    """A texture that pans, with noise, and a square that moves and hides it: float64 (T, H, W, 1)."""
    rng = np.random.default_rng(0)
    frames = []
    for t in range(24):
        frame = seen(texture(500), shift(1.7 * t), 96).copy()
        left = 5 + 3 * t
        frame[40:60, left : left + 16] = seen(texture(500, seed=3), shift(-2 * t), 96)[40:60, left : left + 16]
        frames.append(frame + rng.normal(0, noise, frame.shape))
    return np.stack(frames)


@pytest.mark.parametrize("method", ["motion", "dis-flow", "mean"])
def test_nine_errors_in_ten_lie_within_the_band(method):
    frames = scene()
    observed = ~np.isin(np.arange(24), MISSING)
    given = np.where(observed[:, None, None, None], frames, 0)
    result, deviation = openstl_seqinterp.fill(given, observed, method=method, return_std=True)
    np.testing.assert_array_equal(result, openstl_seqinterp.fill(given, observed, method=method))
    assert deviation.shape == frames.shape
    assert deviation.dtype == np.float32
    assert (deviation[observed] == 0).all()
    error = np.abs(result - frames)[MISSING]
    inside = error <= BAND * deviation[MISSING]
    assert 0.82 < inside.mean() < 0.97


def test_it_is_larger_where_the_errors_are():
    frames = scene(noise=0.005)
    observed = ~np.isin(np.arange(24), MISSING)
    result, deviation = openstl_seqinterp.fill(
        np.where(observed[:, None, None, None], frames, 0), observed, return_std=True
    )
    error = np.abs(result - frames)[MISSING]
    edges = error > np.quantile(error, 0.99)
    assert deviation[MISSING][edges].mean() > 2 * deviation[MISSING].mean()


def test_it_is_in_the_unit_of_the_values():
    frames = scene()
    observed = ~np.isin(np.arange(24), MISSING)
    deviations = [
        openstl_seqinterp.fill(frames * a + b, observed, return_std=True)[1] for a, b in ((1.0, 0.0), (64.0, -3.0))
    ]
    np.testing.assert_allclose(deviations[1], 64 * deviations[0], rtol=0.02, atol=0.02)


def test_too_few_images_to_calibrate_still_have_one():
    frames = scene()[:3]
    result, deviation = openstl_seqinterp.fill(frames, np.array([1, 0, 1], bool), return_std=True)
    assert np.isfinite(result).all()
    assert (deviation[1] > 0).all()


def test_sequences_and_other_axes_have_their_own():
    frames = np.stack([scene(), scene(0.2)])[..., 0]  # (N, T, H, W)
    observed = ~np.isin(np.arange(24), MISSING)
    _, deviation = openstl_seqinterp.fill(frames, observed, axes="NTYX", return_std=True)
    assert deviation.shape == frames.shape
    assert deviation[1][MISSING].mean() > 3 * deviation[0][MISSING].mean()
