"""Image noise and its effect on a blend: how much each image counts, and the bias added by clipping."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import max_pool2d

from ..motion.least_squares import DARK
from ..motion.slots import Slots

_CLIPPED = 0.2  # share of dark pixels, and twice that: from no clipped noise to some that is certain


def noise_level(images: torch.Tensor) -> torch.Tensor:
    """The standard deviation (N,) of the noise in images (N, C, H, W).

    The filter, second differences across and down, is Immerkaer's ("Fast noise variance estimation", 1996), which
    ignores planes and ramps; the median of its magnitude, not the mean, ignores the strokes.
    """
    filtered = images.diff(n=2, dim=-1).diff(n=2, dim=-2)
    return filtered.flatten(1).abs().median(dim=1).values / (6 * 0.6745)  # the filter's norm; the median of |N(0, 1)|


def clipped_noise(images: torch.Tensor, observed: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Whether the noise of sequences (B, S, C, H, W) is clipped at zero: (B,), 0 for no, 1 for yes.

    By the share, among pixels as dark as ``noise`` (B, S), of those that are zero beside others that are not: a half
    where the noise of black is clipped, next to none where black is black or has an offset.
    """
    known = observed[:, :, None, None, None]
    beside = max_pool2d(images.flatten(0, 1), 3, 1, 1).view_as(images)
    dark = (images <= 3 * noise[..., None, None, None]) & known
    zero = (images == 0) & (beside > 0) & known
    share = zero.flatten(1).sum(dim=1) / dark.flatten(1).sum(dim=1).clamp(min=1)
    return ((share - _CLIPPED) / _CLIPPED).clamp(0, 1)


def decibel(noise: torch.Tensor) -> torch.Tensor:
    """A standard deviation on a scale for networks: 0 for one of about 0.03, +-1 for a factor of 1.6."""
    return 2 * torch.log(noise + DARK) + 7


def _readout(hidden: int) -> nn.Linear:
    layer = nn.Linear(hidden, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class BlendLogits(nn.Module):
    """How much each slot counts, by its noise ``level`` (B, S) and distance from the target: logits (B, S).

    All are zero before training, so observed images count equally.
    """

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(6, hidden), nn.SiLU(), _readout(hidden))

    def forward(self, slots: Slots, noise: torch.Tensor) -> torch.Tensor:
        level, seen = decibel(noise), slots.observed.float()
        mean = (level * seen).sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp_min(1)
        offset = slots.offset / 8
        features = [level, mean.expand_as(level), offset, offset.abs(), (offset > 0).float(), level - mean]
        return self.network(torch.stack(features, dim=-1))[..., 0].float()


class Tone(nn.Module):
    """Removes the bias that noise clipped at zero adds to a blend (B, C, H, W), pixel by pixel.

    It depends on the pixel's value and the ``noise`` of the blended images, (B,) or (B, 1, H, W) pixel by pixel, and is
    as strong as the noise is ``clipped`` (B,), see `clipped_noise`. Identity before training.
    """

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(2, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), _readout(hidden)
        )

    def forward(self, blend: torch.Tensor, noise: torch.Tensor, clipped: torch.Tensor) -> torch.Tensor:
        level = decibel(noise if noise.ndim == 4 else noise.view(-1, 1, 1, 1)).expand_as(blend)
        return (
            blend
            + 0.1 * clipped.view(-1, 1, 1, 1) * self.network(torch.stack([4 * blend, level], dim=-1))[..., 0].float()
        )


def blend_weights(logits: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
    """Weights over the slots (dim 1) that sum to one, zero where not ``observed`` (all zero if none is)."""
    return torch.softmax(logits.masked_fill(~observed, -1e4), dim=1) * observed
