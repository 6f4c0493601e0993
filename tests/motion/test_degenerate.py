"""Images that show nothing, or little: sensible results, and no warning (warnings are errors here)."""

import numpy as np
import pytest
from textures import seen, shift, texture

import openstl_seqinterp

OBSERVED = np.arange(9) != 4


def noise(seed=0):
    return np.random.default_rng(seed)


SCENES = {
    "flat": np.full((9, 40, 50), 77, np.uint8),
    "black": np.zeros((9, 40, 50), np.uint8),
    "saturated": np.full((9, 40, 50), 255, np.uint8),
    "16 bits": np.full((9, 40, 50), 65535, np.uint16),
    "half black, half saturated": np.repeat([[[0, 255]]], 9, axis=0)
    .repeat(40, axis=1)
    .repeat(25, axis=2)
    .astype(np.uint8),
    "constant floats": np.full((9, 40, 50), -1e30),
    "16 x 16": np.full((9, 16, 16), 3, np.int16),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("missing", [4, 8])
def test_what_does_not_change_stays(name, missing):
    frames, observed = SCENES[name], np.arange(9) != missing
    result, deviation = openstl_seqinterp.fill(frames, observed, return_std=True)
    np.testing.assert_array_equal(result, frames)
    assert np.isfinite(deviation).all()


@pytest.mark.parametrize("size", [(1, 900), (3, 500), (16, 4000), (4000, 16)])
def test_narrow_images(size):
    # Long ones enlarged as square ones are had more pixels a side than OpenCV warps.
    wide = np.rint(255 * texture(16 + max(size) + 40)).astype(np.uint8)
    height, width = size
    frames = np.stack([wide[2 * t : 2 * t + height, :width] for t in range(9)])
    result = openstl_seqinterp.fill(frames, OBSERVED, axes="TYX")
    error, still = (np.abs(image.astype(float) - frames[4]).mean() for image in (result[4], frames[3]))
    assert error <= still


@pytest.mark.parametrize("known", [[3], [3, 5], [5, 6], [3, 4, 5]])
def test_few_known_images(known):
    frames = (255 * np.stack([seen(texture(), shift(t))[..., 0] for t in range(9)])).astype(np.uint8)
    observed = np.isin(np.arange(9), known)
    result, deviation = openstl_seqinterp.fill(frames, observed, return_std=True)
    np.testing.assert_array_equal(result[observed], frames[observed])
    assert np.isfinite(deviation).all()
    low, high = frames[observed].min(), frames[observed].max()
    assert low <= result.min() <= result.max() <= high


@pytest.mark.parametrize("method", ["motion", "dis-flow", "mean"])
def test_a_scene_at_rest_keeps_its_brightness(method):
    # As a camera on a tripod gives it: 8 bits, noise of two levels, every second image missing.
    scene = 20 + 200 * seen(texture(), shift(0), 96)[..., 0]
    frames = np.rint(scene + noise().normal(0, 2, (15, *scene.shape))).clip(0, 255).astype(np.uint8)
    observed = np.arange(15) % 2 == 0
    result = openstl_seqinterp.fill(frames, observed, method=method).astype(float)
    for missing in np.flatnonzero(~observed):
        neighbours = (result[missing - 1] + result[missing + 1]) / 2
        assert abs((result[missing] - neighbours).mean()) < 0.2
        assert np.abs(result[missing] - scene).mean() < 2


def test_images_without_any_value_are_filled_from_others():
    frames = np.stack([seen(texture(), shift(t))[..., 0] for t in range(9)])
    given = frames.copy()
    given[4] = np.nan
    given[3, :20] = np.nan  # a hole in a neighbour
    result = openstl_seqinterp.fill(given, OBSERVED)
    assert np.isfinite(result[4]).all()
    assert np.abs(result[4] - frames[4])[5:-5, 10:-10].mean() < 0.02
    np.testing.assert_array_equal(np.isnan(result[3]), np.isnan(given[3]))


@pytest.mark.parametrize("size", [(1080, 1920)])
def test_large_images(size):
    ramp = np.linspace(0, 255, size[1], dtype=np.float32)
    frames = np.stack([np.tile(np.roll(ramp, 3 * t), (size[0], 1)) for t in range(4)]).astype(np.uint8)
    result = openstl_seqinterp.fill(frames, np.array([1, 1, 0, 1], bool))
    middle = (slice(None), slice(100, -100))
    assert np.abs(result[2][middle].astype(int) - frames[2][middle]).max() <= 2
