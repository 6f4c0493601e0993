"""Continuing a sequence: bands and their weights, paths along a velocity, and images whose future is known."""

import cv2
import numpy as np
import pytest

from openstl_seqinterp.motion.advect import semi_lagrangian, smooth_velocity
from openstl_seqinterp.motion.bands import count, mixed, weights
from openstl_seqinterp.motion.extrapolate import extrapolate
from openstl_seqinterp.motion.flow import dis_flow, warp

SIDE = 160
INNER = slice(40, -40)  # away from the border, from beyond which anything may come


def texture(seed=0, sigma=3.0, size=300):
    blurred = cv2.GaussianBlur(np.random.default_rng(seed).random((size, size)).astype(np.float32), (0, 0), sigma)
    return (blurred - blurred.min()) / np.ptp(blurred)


def seen(image, matrix):
    """A window (SIDE, SIDE, 1) of a texture, moved by an affine map (2, 3) about its centre."""
    middle, half = (len(image) - 1) / 2, (SIDE - 1) / 2
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) - half
    (a, b, c), (d, e, f) = cv2.invertAffineTransform(np.array(matrix, float))
    at = [(part + middle).astype(np.float32) for part in (a * x + b * y + c, d * x + e * y + f)]
    return cv2.remap(image, *at, cv2.INTER_CUBIC)[..., None]


def shift(x, y=0.0):
    return [[1, 0, x], [0, 1, y]]


MOTIONS = {
    "shift": lambda t: shift(2.6 * t, -1.2 * t),
    "rotation": lambda t: cv2.getRotationMatrix2D((0, 0), 2 * t, 1.0),
    "zoom": lambda t: [[1.02**t, 0, 0], [0, 1.02**t, 0]],
}


def error(found, true):
    return float(np.abs(found - true)[INNER, INNER].mean())


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("lead", [1.0, 2.5, 4.0])
def test_a_steady_motion_goes_on(name, lead):
    move, image = MOTIONS[name], texture()
    images = {t: seen(image, move(t)) for t in (-3.0, -2.0, -1.0, 0.0)}
    true = seen(image, move(lead))
    # A tenth of a pixel a step, as DIS finds it, on a texture whose slope is some 0.1 a pixel.
    assert error(extrapolate(images, lead), true) < 0.01 * (1 + lead)
    assert error(extrapolate(images, lead), true) < 0.3 * error(images[0.0], true)


def test_steps_need_not_be_even():
    image = texture()
    images = {t: seen(image, shift(1.5 * t)) for t in (-5.0, -3.0, -2.5, 0.0)}
    true = seen(image, shift(1.5 * 3))
    assert error(extrapolate(images, 3.0), true) < 0.1 * error(images[0.0], true)


def test_both_directions_of_time_are_alike():
    images = {t: seen(texture(), shift(2 * t)) for t in (-3.0, -2.0, -1.0, 0.0)}
    mirrored = {-t: image for t, image in images.items()}
    np.testing.assert_array_equal(extrapolate(mirrored, -2.0), extrapolate(images, 2.0))


def test_detail_that_does_not_last_is_damped():
    rng, still = np.random.default_rng(0), texture(sigma=8.0)[:SIDE, :SIDE, None]
    images = {float(t): still + rng.normal(0, 0.05, still.shape).astype(np.float32) for t in range(4)}
    for lead in (1, 2, 3):
        # Of independent noise nothing is to be kept; the four predictions of it, averaged, would keep half and more.
        assert float((extrapolate(images, 3.0 + lead) - still)[INNER, INNER].std()) < 0.4 * 0.05


def test_what_decays_goes_on_decaying():
    image, places = texture(sigma=2.0)[:SIDE, :SIDE, None], (0.0, 1.0, 2.0)
    level = image.mean()
    images = {t: level + 0.8**t * (image - level) for t in places}  # contrast that fades by a fifth a step
    for lead in (1.0, 2.0, 4.0):
        true = level + 0.8 ** (2 + lead) * (image - level)
        found = extrapolate(images, 2 + lead)
        # The coarsest band is kept, and the ridge of a hundredth is repeated in each step.
        assert error(found, true) < 0.25 * error(images[2.0], true)


def test_values_on_another_scale_give_the_same_image():
    images = {float(t): seen(texture(), shift(2 * t)) for t in range(4)}
    doubled = {t: image * 2 for t, image in images.items()}
    # Flows are searched in 255 levels of the range [0, 1] that is declared, so both are on one half of it.
    half = {t: image / 2 for t, image in images.items()}
    one, other = (extrapolate(each, 5.0) for each in (images, half))
    assert error(one, 2 * other) < 0.01
    assert extrapolate(doubled, 5.0).max() < 2.2


@pytest.mark.parametrize("known", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0, 4.0])
def test_flat_images_stay_as_they_are_however_many_are_known(known, value):
    images = {float(t): np.full((20, 33, 3), value, np.float32) for t in range(known)}
    found = extrapolate(images, known + 1.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, value, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("size", [(16, 16), (17, 43), (250, 205)])
def test_any_size_and_number_of_channels(size, channels):
    image = np.random.default_rng(0).random((*size, channels)).astype(np.float32)
    images = {float(t): np.roll(image, t, axis=1) for t in range(4)}
    found = extrapolate(images, 4.0)
    assert found.shape == image.shape
    assert np.isfinite(found).all()


@pytest.mark.parametrize("size", [(16, 16), (33, 50), (200, 130)])
def test_the_bands_of_an_image_add_up_to_it(size):
    image = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    whole = [np.array([0.25, 0.75])] * count(*size)
    # Each band is a difference that is added again, both rounded to 2**-24 of values below 2, some six times.
    np.testing.assert_allclose(mixed([image, image], whole), image, atol=2e-6)


def test_weights_of_a_known_mixture_are_found():
    one, other = (texture(seed)[:128, :128, None] + 0.1 * texture(seed, 1.0)[:128, :128, None] for seed in (1, 2))
    expected = np.array([1.0, 0.0])
    found = weights([one, other], 0.3 * one + 0.7 * other, expected)
    for share in found:  # drawn by a hundredth of the energy to what is expected
        np.testing.assert_allclose(share, [0.3, 0.7], atol=0.03)
    damped = weights([one, other], 0.5 * one, expected)
    np.testing.assert_allclose(damped[0], [0.5, 0], atol=0.03)
    assert damped[-1].sum() == pytest.approx(1)  # the level of the values is never damped


def test_weights_are_never_negative_nor_more_than_the_whole():
    rng = np.random.default_rng(3)
    images = [rng.normal(0, 1, (64, 64, 1)).astype(np.float32) for _ in range(4)]
    for truth in (-images[0], 3 * images[1], images[2] + images[3], images[0] - images[1]):
        for share in weights(images, truth, np.full(4, 0.25)):
            assert share.min() >= 0
            assert share.sum() <= 1 + 1e-6


def test_weights_are_those_of_a_brute_search():
    rng = np.random.default_rng(5)
    images = [rng.normal(0, 1, (16, 16, 1)).astype(np.float32) for _ in range(3)]
    truth = 0.5 * images[0] + 0.2 * images[1] + rng.normal(0, 0.5, (16, 16, 1)).astype(np.float32)
    (fine, *_) = weights(images, truth, np.zeros(3))

    def detail(image):
        return image - cv2.pyrUp(cv2.pyrDown(image), dstsize=(16, 16)).reshape(16, 16, 1)

    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 41)] * 3, indexing="ij"), -1).reshape(-1, 3)
    grid = grid[grid.sum(axis=1) <= 1]
    bands = np.stack([detail(image).ravel() for image in images])
    best = grid[np.square(grid @ bands - detail(truth).ravel()).mean(axis=1).argmin()]
    np.testing.assert_allclose(fine, best, atol=0.04)  # a step of the grid is 0.025, and the ridge a hundredth


def test_a_path_follows_a_rotation():
    y, x = np.mgrid[:101, :101].astype(np.float32) - 50
    angle = 0.05  # radians a step
    velocity = np.stack([-angle * y, angle * x], axis=-1)
    for steps in (1.0, 6.0, 2.5):
        u = semi_lagrangian(velocity, steps)
        back = -angle * steps
        true = np.stack([np.cos(back) * x - np.sin(back) * y - x, np.sin(back) * x + np.cos(back) * y - y], axis=-1)
        inner = slice(25, -25)  # paths from there stay inside
        # The midpoint rule errs by 0.05 ** 3 / 6 of the radius a step, OpenCV's rounding by 0.05 / 32.
        np.testing.assert_allclose(u[inner, inner], true[inner, inner], atol=0.01 * steps)


def test_a_smooth_velocity_is_that_of_what_can_be_seen():
    image = np.zeros((120, 160), np.uint8)
    image[40:80, 50:100] = 255 * texture()[:40, :50]
    moved = warp(image, np.broadcast_to(np.float32([-3, 2]), (120, 160, 2)))
    flow = dis_flow(image, moved)
    velocity = smooth_velocity([flow, flow], [image, image], 10.0)
    np.testing.assert_allclose(velocity[40:80, 50:100].mean(axis=(0, 1)), [3, -2], atol=0.3)
    np.testing.assert_allclose(velocity[60, 120], [3, -2], atol=0.6)  # nothing is there, but it is near
    assert np.isfinite(smooth_velocity([0 * flow], [0 * image], 10.0)).all()
