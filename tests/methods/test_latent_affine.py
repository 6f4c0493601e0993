import numpy as np
import pytest
import torch
from textures import seen, shift, texture

from openstl_seqinterp.methods.latent_affine import LatentAffine_Model
from openstl_seqinterp.motion.slots import neighbours, read_slots
from openstl_seqinterp.protocols import INFILL

SHAPE = [8, 3, 36, 36]
VELOCITY = [[0.12, 0.5, -0.4], [-0.2, -0.6, 0.1], [0.0, 0.7, 0.7], [0.15, 0.0, 0.0]]


def test_pairs_are_neighbouring_observed_images_and_the_time_between_them(moving):
    x, _ = moving([[0.1, 0.0, 0.0]], target=3, missing=(4, 6))
    pairs = neighbours(read_slots(x))
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.steps.tolist(), strict=True)) == [
        (0, 1, 1),
        (1, 2, 1),
        (2, 5, 3),
        (5, 7, 2),
    ]


@pytest.mark.parametrize("missing", [(), (0, 5), (2, 4)])
def test_gauss_newton_finds_a_known_motion_with_no_training(moving, missing):
    x, _ = moving(VELOCITY, gain=0.9, missing=missing)
    model = LatentAffine_Model(SHAPE, refinements=8)
    found = model.motion(read_slots(x))
    np.testing.assert_allclose(found[:, 0], [row[0] for row in VELOCITY], atol=2e-3)
    np.testing.assert_allclose(found[:, 1:3], [row[1:] for row in VELOCITY], atol=0.03)
    # A warp adds up to 1/4 of a square pixel to the variance of a blob, which is 4: up to 6 % of its height, more in
    # one image than in another, which looks like gain.
    np.testing.assert_allclose(found[:, 3], np.log(0.9), atol=0.02)


@pytest.mark.parametrize("speed", [3.0, 8.0, 15.0])
def test_fast_motion_of_large_images_is_found_at_a_fraction_of_their_size(speed):
    image = texture(600, sigma=4)
    frames = np.stack([seen(image, shift(speed * t, -speed * t / 2), 160)[..., 0] for t in range(-2, 3)])
    observed = np.arange(5) != 2
    x = INFILL.inputs(frames[None, :, None], observed[None], np.arange(-2.0, 3.0)[None])
    model = LatentAffine_Model([5, 3, 160, 160])
    found = model.motion(read_slots(torch.from_numpy(x)))[0]
    np.testing.assert_allclose(found, [0, speed, -speed / 2, 0], atol=0.05)
    with torch.no_grad():
        predicted = model(torch.from_numpy(x))[0, 0, 0].numpy()
    assert np.abs(predicted - frames[2])[20:-20, 20:-20].mean() < 0.02


def test_gradients_reach_every_weight(moving):
    x, y = moving(VELOCITY)
    x = x + 0.05 * torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) * (x[:, :, 1:2] > 0)
    x[:, :, :1] = (x[:, :, :1] - 0.03).clamp(min=0)  # its noise is clipped
    x[:, :, 1:] = moving(VELOCITY)[0][:, :, 1:]
    model = LatentAffine_Model(SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():  # readouts are zero at the start
            parameter += 0.1
    (model(x) - y).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in model.parameters())


@pytest.mark.parametrize("target", [0, 3, 7])
def test_any_frame_is_predicted_from_either_side(moving, target):
    x, y = moving(VELOCITY, target=target)
    with torch.no_grad():
        predicted = LatentAffine_Model(SHAPE, refinements=8)(x)
    assert predicted.shape == y.shape
    copied = x[:, [1 if target == 0 else target - 1], :1]
    # Every warp blurs, and before training far images weigh as much as near ones: seven steps away, seven blurs.
    assert (predicted - y).square().mean() < 0.3 * (copied - y).square().mean()


def test_the_content_of_unobserved_slots_does_not_matter(moving):
    x, _ = moving(VELOCITY, missing=(1, 6))
    other = x.clone()
    generator = torch.Generator().manual_seed(0)
    other[:, [1, 3, 6], 0] = torch.rand(4, 3, 36, 36, generator=generator)
    model = LatentAffine_Model(SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():  # at the start readouts are zero, and much makes no difference
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        torch.testing.assert_close(model(x), model(other))


def test_the_order_in_which_slots_are_read_does_not_matter(moving):
    x, _ = moving(VELOCITY)
    model = LatentAffine_Model(SHAPE)
    with torch.no_grad():
        torch.testing.assert_close(model(x), model(x.flip(1)))


def test_one_observed_image_is_taken_for_a_sequence_at_rest(moving):
    x, _ = moving([[0.3, 0.0, 0.0]], target=3, missing=(0, 1, 4, 5, 6, 7))
    with torch.no_grad():
        torch.testing.assert_close(
            LatentAffine_Model(SHAPE)(x)[:, 0], x[:, 2, :1], atol=3e-5, rtol=0
        )  # see motion/test_warp.py


def test_a_blend_of_more_images_has_less_noise(moving):
    x, y = moving([[0.0, 0.0, 0.0]] * 4)
    noisy = x.clone()
    observed = x[:, :, 1:2] > 0
    noisy[:, :, :1] += 0.05 * torch.randn(x[:, :, :1].shape, generator=torch.Generator().manual_seed(0)) * observed
    with torch.no_grad():
        error = (LatentAffine_Model(SHAPE)(noisy) - y).square().mean()
    assert error < 0.05**2 / 3  # seven images; the weights before training are equal
