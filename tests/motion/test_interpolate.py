"""Motion without training, on images whose motion is known: textures that move, turn, grow and hide each other."""

import numpy as np
import pytest
from textures import MOTIONS, SIDE, error, seen, shift, texture

from openstl_seqinterp.evaluation.baselines import BASELINES
from openstl_seqinterp.motion.extrapolate import extrapolate
from openstl_seqinterp.motion.flow import dis_flow, grey_levels, resized, warp
from openstl_seqinterp.motion.interpolate import interpolate
from openstl_seqinterp.motion.project import acceleration, back_along, quadratic


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("target", [0.0, 0.5, -0.25])
def test_a_moving_texture_is_seen_where_it_is(name, target):
    move, image = MOTIONS[name], texture()
    images = {t: seen(image, move(t)) for t in (-2.0, -1.0, 1.0, 2.0)}
    true = seen(image, move(target))
    found = error(interpolate(images, target), true)
    still = error((images[-1.0] + images[1.0]) / 2, true)
    # The range is 1; DIS finds these to within about a tenth of a pixel, and the texture's slope is some 0.1 a pixel.
    assert found < 0.012
    assert found < 0.25 * still or name == "rest"


def test_acceleration_is_used_where_four_images_show_it():
    move, image = (lambda t: shift(1.2 * t * t + 3 * t)), texture()
    images = {t: seen(image, move(t)) for t in (-2.0, -1.0, 1.0, 2.0)}
    near = {t: images[t] for t in (-1.0, 1.0)}
    true = seen(image, move(0.0))
    assert error(interpolate(images, 0.0), true) < 0.4 * error(interpolate(near, 0.0), true)


def test_what_a_square_hides_on_one_side_is_taken_from_the_other():
    ground, square = texture(seed=1), texture(seed=2)
    images = {}
    for t in (-2.0, -1.0, 0.0, 1.0, 2.0):
        image = seen(ground, shift(0))
        left = 40 + round(8 * t)
        image[40:80, left : left + 40] = square[:40, :40, None]
        images[t] = image
    true = images.pop(0.0)
    beside = np.zeros((SIDE, SIDE), bool)
    beside[42:78, 32:48] = beside[42:78, 72:88] = True  # around the edges of the square, hidden on one side
    error_of = {
        name: np.abs(found - true)[..., 0][beside].mean()
        for name, found in {"motion": interpolate(images, 0.0), "mean": (images[-1.0] + images[1.0]) / 2}.items()
    }
    assert error_of["motion"] < 0.65 * error_of["mean"]


@pytest.mark.parametrize("channels", [1, 3, 4, 7])
@pytest.mark.parametrize("size", [16, 37, 250])
def test_any_size_and_number_of_channels(size, channels):
    image = texture(size + 40)
    images = {
        t: np.repeat(seen(image, shift(1.5 * t), size), channels, axis=-1)
        * np.linspace(1, 0.5, channels, dtype=np.float32)
        for t in (-2.0, -1.0, 1.0, 2.0)
    }
    found = interpolate(images, 0.0)
    assert found.shape == (size, size, channels)
    inner = slice(4, -4)
    true = seen(image, shift(0), size) * np.linspace(1, 0.5, channels)
    assert np.abs(found - true)[inner, inner].mean() < 0.02
    assert extrapolate({t: images[t] for t in (-2.0, -1.0)}, 0.0).shape == (size, size, channels)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 3.0])
def test_flat_images_stay_flat(value):
    images = {float(t): np.full((40, 50, 1), value, np.float32) for t in (0, 1, 3, 4)}
    np.testing.assert_allclose(interpolate(images, 2.0), value, atol=1e-5)
    np.testing.assert_allclose(extrapolate({t: images[t] for t in (0.0, 1.0)}, 2.0), value, atol=1e-5)


def test_a_camera_that_pans_drags_no_edge_into_the_picture():
    image = texture() + 0.5
    images = {t: seen(image, shift(6 * t)) for t in (-2.0, -1.0, 1.0, 2.0)}
    assert interpolate(images, 0.0).min() > 0.4
    assert extrapolate({t: images[t] for t in (-2.0, -1.0)}, 2.0).min() > 0.4


@pytest.mark.parametrize("lead", [1.0, 2.0])
def test_motion_goes_on(lead):
    image = texture()
    images = {t: seen(image, shift(2.5 * t, 1.0 * t)) for t in (-3.0, -2.0, -1.0, 0.0)}
    true = seen(image, shift(2.5 * lead, lead))
    assert error(extrapolate(images, lead), true) < 0.012 * (1 + lead)
    assert error(extrapolate(images, lead), true) < 0.2 * error(images[0.0], true)
    backwards = {-t: each for t, each in images.items()}
    np.testing.assert_array_equal(extrapolate(backwards, -lead), extrapolate(images, lead))


def test_noise_without_motion_is_not_carried_on():
    rng = np.random.default_rng(0)
    still = seen(texture(), shift(0))
    images = {float(t): (still + rng.normal(0, 0.1, still.shape)).astype(np.float32) for t in range(4)}
    assert error(extrapolate(images, 4.0), still) <= error(images[3.0], still)


def test_one_known_image_is_copied():
    image = seen(texture(), shift(0))
    np.testing.assert_array_equal(extrapolate({2.0: image}, 5.0), image)


def test_a_displacement_back_is_the_inverse():
    y, x = np.mgrid[:60, :60].astype(np.float32)
    moved = np.stack([2 + np.sin(y / 9), np.cos(x / 9)], axis=-1).astype(np.float32)
    u = back_along(moved)
    # Content that was at x + u(x) goes to x again. OpenCV may round positions to 1/32, which the slope, 1/9, makes
    # 0.0035; four fixed-point steps shrink the first error, of 2 * 1/9, by 1/9 each.
    np.testing.assert_allclose((u + warp(moved, u))[5:-5, 5:-5], 0, atol=2 / 32 / 9)


def test_quadratic_motion_is_that_of_a_constant_acceleration():
    flat = np.ones((4, 4, 2), np.float32)
    for gap, far, near in [(2.0, 1.0, 1.0), (1.0, 3.0, 0.25), (4.0, 2.0, 3.0)]:
        place = lambda t: 1.5 * t + 0.35 * t * t  # noqa: E731
        moved = quadratic(place(gap) * flat, place(-far) * flat, gap, far, near)
        np.testing.assert_allclose(moved, place(near) * flat, rtol=1e-5)


def test_an_acceleration_counts_where_both_sides_agree():
    zero, one = np.zeros((30, 30, 2), np.float32), np.ones((30, 30, 2), np.float32)
    np.testing.assert_allclose(acceleration((zero, zero), (one, one)), 1, atol=1e-5)
    assert np.abs(acceleration((zero, zero), (3 * one, -3 * one))).max() < 1e-5


def test_a_flow_is_measured_in_the_pixels_of_the_image():
    image = texture(700)
    for size in (40, 260):  # searched in an enlarged image, and in one of half the size
        pair = [seen(image, shift(t), size) for t in (0, 2)]
        flow = resized(dis_flow(*map(grey_levels, pair)), size, size)
        assert np.abs(np.median(flow[8:-8, 8:-8], axis=(0, 1)) - [2, 0]).max() < 0.15


@pytest.mark.parametrize("name", ["motion", "dis-flow"])
def test_the_baseline_reads_channels_first(name):
    image = texture()
    images = {t: seen(image, shift(2 * t)).transpose(2, 0, 1) for t in (0, 1, 3, 4)}
    found = BASELINES[name].predict(images, 2)
    assert found.shape == (1, SIDE, SIDE)
    assert error(found.transpose(1, 2, 0), seen(image, shift(4))) < 0.02
