import numpy as np
import pytest
import torch

from openstl_seqinterp.methods.photometry import BlendLogits, Tone, blend_weights, clipped_noise, noise_level
from openstl_seqinterp.motion.slots import read_slots


def test_weights_sum_to_one_over_what_is_observed():
    logits = torch.tensor([[0.0, 5.0, 0.0], [1.0, 2.0, 3.0]])
    observed = torch.tensor([[True, False, True], [False, False, False]])
    torch.testing.assert_close(blend_weights(logits, observed), torch.tensor([[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]))


def test_before_training_slots_count_equally_and_tones_stay(moving):
    x, y = moving([[0.1, 0.0, 0.0]])
    assert not BlendLogits()(read_slots(x), torch.rand(1, 8)).any()
    assert torch.equal(Tone()(y[:, 0], torch.rand(1), torch.ones(1)), y[:, 0])


def test_a_noisy_image_can_be_taught_to_count_less(moving):
    x, _ = moving([[0.0, 0.0, 0.0]] * 16)
    torch.manual_seed(0)
    slots, blend = read_slots(x), BlendLogits()
    optimizer = torch.optim.Adam(blend.parameters(), 0.02)
    for _ in range(150):
        noise = torch.where(torch.rand(16, 8) < 0.5, 0.08, 0.02)
        weights = blend_weights(blend(slots, noise), slots.observed)
        optimizer.zero_grad()
        (weights.square() * noise.square()).sum(dim=1).mean().backward()  # the variance of the blend
        optimizer.step()
    best = blend_weights(-2 * noise.log(), slots.observed)  # inverse variances
    assert (best - 1 / 7).abs().max() > 0.3  # what equal weights are off by
    torch.testing.assert_close(weights, best, atol=0.1, rtol=0)


def test_the_noise_level_is_that_of_the_noise_whatever_the_slope():
    # The median of 3844 magnitudes, correlated among neighbours, has a standard deviation of about 3 %.
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(0.3, 0.7, 64), np.linspace(-0.2, 0.2, 64))
    for sigma in (0.01, 0.05, 0.1):
        noisy = x + y + rng.normal(0, sigma, x.shape)
        assert noise_level(torch.from_numpy(noisy)[None, None]).item() == pytest.approx(sigma, rel=0.1)


def test_a_trained_curve_of_tones_changes_nothing_where_no_noise_is_clipped():
    tone, blend = Tone(), torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        tone.network[-1].bias += 1
        changed = tone(blend, torch.full((2,), 0.02), torch.tensor([0.0, 1.0]))
    assert torch.equal(changed[0], blend[0])
    torch.testing.assert_close(changed[1], blend[1] + 0.1)


def _sequences(offset, sigma, background=0.0):
    """Sequences (1, 4, 1, 64, 64) of a square on a background, with noise, in 8 bits."""
    rng = np.random.default_rng(0)
    frames = np.full((1, 4, 1, 64, 64), background)
    frames[..., 20:40, 20:40] = 0.8
    noisy = np.clip(frames + offset + rng.normal(0, sigma, frames.shape), 0, 1)
    return torch.from_numpy(np.rint(noisy * 255) / 255).float()


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (_sequences(0, 4.5 / 255), 1),  # as the simulated sequences
        (_sequences(0, 17 / 255), 1),
        (_sequences(0.2, 4.5 / 255), 0),  # black has an offset
        (_sequences(0, 0), 0),  # no noise
        (_sequences(0, 0.03, background=0.5), 0),  # nothing is black
    ],
    ids=["clipped", "much", "offset", "none", "bright"],
)
def test_clipped_noise_is_told_from_black_and_from_noise_that_is_not_clipped(images, expected):
    observed = torch.ones(1, 4, dtype=torch.bool)
    noise = noise_level(images.flatten(0, 1)).view(1, 4)
    assert clipped_noise(images, observed, noise).item() == expected
