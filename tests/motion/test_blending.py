"""Candidates and holes, by hand."""

import numpy as np
import pytest
from textures import MOTIONS, SIDE, error, seen, shift, texture

from openstl_seqinterp.motion import interpolate as module
from openstl_seqinterp.motion.blending import Candidate, blend, spread
from openstl_seqinterp.motion.flow import continued_flow, grey_levels
from openstl_seqinterp.motion.holes import without_holes
from openstl_seqinterp.motion.interpolate import interpolate


def flat(value, size=20):
    return np.full((size, size, 2), value, np.float32)


def test_a_blend_is_the_weighted_mean_and_its_spread_the_standard_deviation():
    weights, values = np.array([0.2, 0.5, 0.3]), np.array([0.1, 0.4, 0.9])
    candidates = [
        Candidate(np.full((20, 20, 1), weight, np.float32), flat(value))
        for weight, value in zip(weights, values, strict=True)
    ]
    mean = np.average(values, weights=weights)
    np.testing.assert_allclose(blend(candidates), mean, rtol=1e-6)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    np.testing.assert_allclose(spread(candidates), deviation, rtol=1e-4)


def test_candidates_that_agree_have_no_spread():
    assert spread([Candidate(np.ones((20, 20, 1), np.float32), flat(0.3))] * 3).max() < 1e-6


def test_a_hole_is_filled_from_the_image_nearest_in_time_and_counts_next_to_nothing():
    images = {0.0: flat(0.1), 1.0: flat(0.5), 3.0: flat(0.9)}
    images[1.0][:4] = np.nan
    images[0.0][:2] = np.nan
    whole, weight = without_holes(images)
    assert not np.isnan(np.stack([*whole.values()])).any()
    np.testing.assert_array_equal(whole[1.0][2:4], images[0.0][2:4])
    np.testing.assert_array_equal(whole[1.0][:2], images[3.0][:2])
    assert set(weight) == {0.0, 1.0}
    assert (weight[1.0][:4] < 0.01).all()
    assert (weight[1.0][4:] == 1).all()
    assert whole[3.0] is images[3.0]


@pytest.mark.parametrize("name", ["rest", "shift", "rotation"])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_what_one_image_lacks_comes_from_those_that_show_it(name, side):
    image = texture()
    images = {t: seen(image, MOTIONS[name](t)) for t in (-2.0, -1.0, 1.0, 2.0)}
    true = seen(image, MOTIONS[name](0))
    images[side][40:70, 30:80] = np.nan
    found = interpolate(images, 0.0)
    assert not np.isnan(found).any()
    assert error(found, true) < 0.015
    inside = slice(44, 66), slice(36, 74)
    assert np.abs(found - true)[inside].mean() < 0.02


@pytest.mark.parametrize("speed", [6.0, 14.0])
def test_fast_motion_is_found_from_the_motion_on_the_other_side(speed):
    # A small square on a scene at rest: a search from rest loses it once it moves further than its own size.
    def at(t):
        frame = seen(0.3 * texture(), shift(0)).copy()
        left = round(20 + speed * (t + 2))
        frame[50:64, left : left + 14] = seen(0.5 + 0.5 * texture(seed=7, sigma=1.5), shift(0))[50:64, 20:34]
        return frame

    greys = {t: grey_levels(at(t)) for t in (-1, 0, 1)}
    factor = greys[0].shape[1] / SIDE
    flow = continued_flow(greys[0], greys[1], greys[-1], 1.0) / factor
    left = round(20 + speed * 2)
    rows, columns = (slice(round((start + 3) * factor), round((start + 11) * factor)) for start in (50, left))
    found = np.median(flow[rows, columns, 0])
    assert abs(found - speed) < 0.15 * speed


def test_a_flow_from_rest_needs_no_other_image():
    image = texture()
    one, other = (grey_levels(seen(image, shift(x))) for x in (0, 2.5))
    flow = continued_flow(one, other, None, 1.0) / (one.shape[1] / SIDE)
    assert abs(np.median(flow[..., 0]) - 2.5) < 0.1


def test_weights_of_candidates_add_up_to_one():
    images = {t: seen(texture(), shift(2 * t)) for t in (-2.0, -1.0, 1.0, 2.0)}
    total = sum(weight for weight, _ in module.candidates(images, 0.25))
    np.testing.assert_allclose(total, 1, atol=1e-5)
