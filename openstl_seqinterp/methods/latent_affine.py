"""LatentAffine: the latent motion of a sequence, estimated from its observed images, carries them to any time.

The method that the paper gave up: an encoder whose latent variables feed a transformation matrix that warps the image.
Its loss did not reach the encoder, for a warp that rounds positions to pixels has a derivative of zero almost
everywhere. Here the warp is bilinear (`warp`), and its derivative by the motion is the slope of the image at each
pixel. A slope says nothing of what lies further away than the width of a stroke, so the motion is found in passes:
move one image of a pair by the estimate so far, and estimate what is left, which is less every time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d, mse_loss

from .. import host
from ..data.loaders import INFILL
from .slots import Neighbours, Slots, neighbours, read_slots
from .warp import motion_grid, rigid_motion, warp

_GRID = 5  # the encoder's last map, whatever the size of the images
_BOUNDS = (0.6, 4.0, 4.0, 0.3)  # of what a pass adds: rotation in radians, shift x and y in pixels, log gain
_DARK = 1e-3  # a standard deviation of noise that does not matter


def move(images: torch.Tensor, motion: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Images (N, C, H, W) after ``steps`` (N,) steps of ``motion`` (N, 4): rotation, shift x and y, log gain."""
    gain = torch.exp(motion[:, 3] * steps).view(-1, 1, 1, 1)
    return gain * warp(images, motion_grid(rigid_motion(motion[:, :3], steps), images.shape[-2:]))


def noise_level(images: torch.Tensor) -> torch.Tensor:
    """The standard deviation (N,) of the noise in images (N, C, H, W).

    The filter is Immerkaer's ("Fast noise variance estimation", 1996), which sees neither planes nor ramps; the median
    of its magnitude, not the mean, keeps out the strokes.
    """
    row = images.new_tensor([1.0, -2.0, 1.0])
    filtered = conv2d(images.flatten(0, 1)[:, None], torch.outer(row, row)[None, None]).reshape(len(images), -1)
    return filtered.abs().median(dim=1).values / (6 * 0.6745)  # the filter's norm; the median of |N(0, 1)|


class PairEncoder(nn.Module):
    """What moves an image to another: two images (N, C, H, W) to motion (N, 4) and the logit of its weight (N,).

    Motion is rotation in radians, shift x, y in pixels, log gain, within +-`_BOUNDS`; zero before training.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2 * channels, hidden, 5, stride=2, padding=2),
            nn.SiLU(),
            nn.Conv2d(hidden, 2 * hidden, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(2 * hidden, 2 * hidden, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(_GRID),
            nn.Flatten(),
            nn.Linear(2 * hidden * _GRID**2, 4 * hidden),
            nn.SiLU(),
        )
        self.readout = nn.Linear(4 * hidden, len(_BOUNDS) + 1)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, source: torch.Tensor, destination: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values = self.readout(self.features(torch.cat([source, destination], dim=1))).float()
        return values.new_tensor(_BOUNDS) * torch.tanh(values[:, :-1]), values[:, -1]


def gauss_newton(pairs: Neighbours, moved: torch.Tensor, destination: torch.Tensor, count: int) -> torch.Tensor:
    """The motion of a step (count, 4) that is left between the images ``moved`` and ``destination`` (P, C, H, W).

    One step of Lucas and Kanade (1981), least squares, for all pairs of a sequence at once. The slopes are those of
    both images, as in efficient second-order minimisation (Benhimane and Malis, 2004). A noisy pair weighs less, by
    its error.
    """
    height, width = moved.shape[-2:]
    mean, error = (moved + destination) / 2, destination - moved
    down, right = torch.gradient(mean, dim=(2, 3))
    y = torch.arange(height, device=moved.device).view(-1, 1) - (height - 1) / 2
    x = torch.arange(width, device=moved.device) - (width - 1) / 2
    slopes = torch.stack([right * y - down * x, -right, -down, mean], dim=-1).flatten(1, -2)  # by each of the four
    slopes = slopes * pairs.steps.view(-1, 1, 1)
    weight = 1 / (error.square().mean(dim=(1, 2, 3)) + _DARK**2).view(-1, 1, 1)
    normal = pairs.sum(weight * (slopes.mT @ slopes), count)
    right_side = pairs.sum(weight * (slopes.mT @ error.reshape(len(error), -1, 1)), count)
    ridge = torch.eye(len(_BOUNDS), device=moved.device)  # where there is nothing to see, nothing moves
    return torch.linalg.solve(normal + ridge, right_side)[..., 0]


class LatentAffine_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W), any S, to the image at offset 0 (B, 1, C, H, W).

    The slots are one image apart. ``passes`` of the encoder find the motion of a step, ``refinements`` by Gauss-Newton
    make it precise. The observed images are moved to the target and blended, with weights that depend on their distance
    and noise. What noise that was clipped at zero has added to the blend is taken off pixel by pixel.
    Where fewer than two images are observed nothing is known of the motion, and the prediction is that of a
    sequence at rest.
    """

    def __init__(
        self, in_shape: list[int], hidden: int = 16, passes: int = 3, refinements: int = 2, **unused: Any
    ) -> None:
        super().__init__()
        self.passes, self.refinements = passes, refinements
        self.encoder = PairEncoder(in_shape[1] - 2, hidden)
        self.weigh = nn.Sequential(nn.Linear(6, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        self.tone = nn.Sequential(
            nn.Linear(2, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 1)
        )
        for network in (self.weigh, self.tone):
            for parameter in network[-1].parameters():
                nn.init.zeros_(parameter)

    def motion(self, slots: Slots) -> tuple[torch.Tensor, torch.Tensor]:
        """The motion of a step (B, 4), and the mean squared error of the pairs after the encoder's passes.

        The error, a mean over the passes, is what the encoder learns from; Gauss-Newton's part has no gradient.
        """
        pairs, count = neighbours(slots), len(slots.images)
        source, destination = (slots.images[pairs.sequence, place] for place in (pairs.first, pairs.second))
        motion, moved = source.new_zeros(count, len(_BOUNDS)), source
        total = motion.sum()
        if not len(source):
            return motion, total
        for _ in range(self.passes):
            rest, logit = self.encoder(moved.detach(), destination)
            weight = torch.sigmoid(logit)[:, None]
            pooled = pairs.sum(weight * rest / pairs.steps[:, None], count) / (pairs.sum(weight, count) + 1e-6)
            motion = motion + pooled
            moved = move(source, motion[pairs.sequence], pairs.steps)
            total = total + mse_loss(moved, destination)
        with torch.no_grad():
            for _ in range(self.refinements):
                motion = motion + gauss_newton(pairs, moved, destination, count)
                moved = move(source, motion[pairs.sequence], pairs.steps)
        return motion, total / max(self.passes, 1)

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        return self.predict(x)[0]

    def predict(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The image at offset 0 (B, 1, C, H, W), and the error of the pairs that the encoder learns from."""
        slots = read_slots(x)
        count, length = slots.observed.shape
        motion, error = self.motion(slots)
        noise = noise_level(slots.images.flatten(0, 1)).view(count, length)
        weights = self._weights(slots, noise)
        weighted = slots.images * weights[..., None, None, None]
        # Both sides in one batch: what comes after the target lies before it when time runs backwards.
        both = torch.cat([weighted, weighted.flip(1)])
        before = torch.cat([slots.offset, -slots.offset.flip(1)]) < 0
        blend = self._gather(both, before, torch.cat([motion, -motion])).unflatten(0, (2, count)).sum(dim=0)
        level = _decibel((weights * noise).sum(dim=1)).view(-1, 1, 1, 1).expand_as(blend)
        return (blend + 0.1 * self.tone(torch.stack([4 * blend, level], dim=-1))[..., 0].float())[:, None], error

    def _weights(self, slots: Slots, noise: torch.Tensor) -> torch.Tensor:
        """Weights (B, S) of the observed images, which sum to one (to zero where none is observed)."""
        level, seen = _decibel(noise), slots.observed.float()
        mean = (level * seen).sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp_min(1)
        offset = slots.offset / 8
        features = [level, mean.expand_as(level), offset, offset.abs(), (offset > 0).float(), level - mean]
        logit = self.weigh(torch.stack(features, dim=-1))[..., 0].float()
        return torch.softmax(logit.masked_fill(~slots.observed, -1e4), dim=1) * seen

    def _gather(self, images: torch.Tensor, before: torch.Tensor, motion: torch.Tensor) -> torch.Tensor:
        """The sum of the ``images`` (B, S, C, H, W) ``before`` (B, S) the target, each moved there.

        By Horner's rule, w(a + w(b + w(c))): one warp a slot, and an image is warped again for every step, as the
        sequence itself came about.
        """
        gain = torch.exp(motion[:, 3]).view(-1, 1, 1, 1)
        grid = motion_grid(rigid_motion(motion[:, :3]), images.shape[-2:])
        total = torch.zeros_like(images[:, 0])
        for slot in range(images.shape[1]):
            moved = gain * warp(total + images[:, slot], grid)
            total = torch.where(before[:, slot].view(-1, 1, 1, 1), moved, total)
        return total


def _decibel(noise: torch.Tensor) -> torch.Tensor:
    """A standard deviation on a scale for networks: 0 for one of about 0.03, +-1 for a factor of 1.6."""
    return 2 * torch.log(noise + _DARK) + 7


class LatentAffine(host.SimVP):
    """The host's SimVP, its training and its settings, with `LatentAffine_Model` in place of the network.

    It is trained on the loss of the host plus the error of the pairs, which is what tells the encoder the motion.
    """

    dataname = INFILL
    whole_sequence = True  # reads any number of slots: all images when tested
    Model = LatentAffine_Model

    def _build_model(self, **args: Any) -> nn.Module:
        return LatentAffine_Model(**args)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        x, y = batch
        prediction, error = self.model.predict(x)
        loss = self.criterion(prediction, y) + error
        self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        return loss
