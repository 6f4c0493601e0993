"""LatentAffine: the latent motion of a sequence, estimated from its observed images, moves them to any time.

The paper abandoned this method: an encoder whose latent variables feed a transformation matrix that warps the image.
Its loss did not reach the encoder, because a warp that rounds positions to pixels has zero gradient almost
everywhere. Here the warp is bilinear (`warp`), and its gradient with respect to the motion is the slope of the image.
A slope says nothing about content further away than the width of a stroke, so the motion is found in passes:
move one image of a pair by the current estimate, and estimate what remains, which shrinks every time.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import avg_pool2d, mse_loss, pad

from .. import host
from ..motion.least_squares import motion_left
from ..motion.slots import Slots, in_time, neighbours, read_slots
from ..motion.warp import motion_grid, rigid_motion, warp
from ..protocols import INFILL, Abilities
from ..settings import Settings
from .photometry import BlendLogits, Tone, blend_weights, clipped_noise, noise_level

_GRID = 5  # side of the encoder's last feature map, for any image size
_BOUNDS = (0.6, 4.0, 4.0, 0.3)  # of one pass: rotation in radians, shift x and y in pixels, log gain


_UNSEEN = 0.05  # weight of the nearest image's border where no image shows what moves in; zero where all show it

_SMOOTH = 5  # pixels: side of the window over which that border is averaged


def move(images: torch.Tensor, motion: torch.Tensor, steps: torch.Tensor, beyond: str = "border") -> torch.Tensor:
    """Images (N, C, H, W) after ``steps`` (N,) steps of ``motion`` (N, 4): rotation, shift x and y, log gain."""
    gain = torch.exp(motion[:, 3] * steps).view(-1, 1, 1, 1)
    return gain * warp(images, motion_grid(rigid_motion(motion[:, :3], steps), images.shape[-2:]), beyond)


class PairEncoder(nn.Module):
    """The motion from one image to another: two images (N, C, H, W) to motion (N, 4) and weight logit (N,).

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


class LatentAffine_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W), any S, to the image at offset 0 (B, 1, C, H, W).

    The slots are one image apart. ``passes`` of the encoder estimate the motion per step, and Gauss-Newton
    ``refinements`` make it precise. The observed images are moved to the target and blended, with weights that depend
    on their distance and noise. The bias that noise clipped at zero adds to the blend is removed pixel by pixel.
    If fewer than two images are observed, the motion is unknown and the prediction is that of a sequence at rest.
    """

    def __init__(
        self, in_shape: list[int], hidden: int = 16, passes: int = 3, refinements: int = 2, **unused: Any
    ) -> None:
        super().__init__()
        self.passes, self.refinements = passes, refinements
        self.encoder = PairEncoder(in_shape[1] - INFILL.planes, hidden)
        self.weigh, self.tone = BlendLogits(hidden), Tone(hidden)

    def motion(self, slots: Slots) -> tuple[torch.Tensor, torch.Tensor]:
        """The motion per step (B, 4), and the mean squared error of the pairs after the encoder's passes.

        The encoder learns from the error, a mean over the passes; the Gauss-Newton part has no gradient.
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
                motion = motion + motion_left(pairs, moved, destination, count)[..., 0, 0]
                moved = move(source, motion[pairs.sequence], pairs.steps)
        return motion, total / max(self.passes, 1)

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        return self.predict(x)[0]

    def predict(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The image at offset 0 (B, 1, C, H, W), and the pairs' error from which the encoder learns."""
        slots = in_time(read_slots(x))
        count, length = slots.observed.shape
        motion, error = self.motion(slots)
        noise = noise_level(slots.images.flatten(0, 1)).view(count, length)
        weights = blend_weights(self.weigh(slots, noise), slots.observed)
        # The weights are an extra channel that moves with the images: where one image does not show a region, only
        # those that do count, and no image is extended beyond its border.
        weighted = torch.cat([slots.images, torch.ones_like(slots.images[:, :, :1])], dim=2)
        weighted = weighted * weights[..., None, None, None]
        # Both sides in one batch: what follows the target precedes it when time runs backwards.
        both = torch.cat([weighted, weighted.flip(1)])
        before = torch.cat([slots.offset, -slots.offset.flip(1)]) < 0
        steps = slots.offset.abs().clamp(max=1)  # the last step to the target may be shorter than one image
        both_steps = torch.cat([steps, steps.flip(1)])
        blend = self._gather(both, before, both_steps, torch.cat([motion, -motion]))
        blend = blend.unflatten(0, (2, count)).sum(dim=0)
        seen = blend[:, -1:]
        unseen = _UNSEEN * (1 - seen).clamp(min=0)
        blend = (blend[:, :-1] + unseen * self._nearest(slots, motion)) / (seen + unseen)
        clipped = clipped_noise(slots.images, slots.observed, noise)
        return self.tone(blend, (weights * noise).sum(dim=1), clipped)[:, None], error

    def _nearest(self, slots: Slots, motion: torch.Tensor) -> torch.Tensor:
        """The observed image (B, C, H, W) nearest to the target, moved there, with its border extended.

        It is smoothed, so that the colour at the border is extended without its noise, which would draw streaks.
        """
        distance = slots.offset.abs().masked_fill(~slots.observed, torch.inf)
        row, place = torch.arange(len(distance), device=distance.device), distance.argmin(dim=1)
        smooth = avg_pool2d(pad(slots.images[row, place], (_SMOOTH // 2,) * 4, mode="replicate"), _SMOOTH, 1)
        return move(smooth, motion, -slots.offset[row, place])

    def _gather(
        self, images: torch.Tensor, before: torch.Tensor, steps: torch.Tensor, motion: torch.Tensor
    ) -> torch.Tensor:
        """The sum of the ``images`` (B, S, C, H, W) ``before`` (B, S) the target, each moved there.

        By Horner's rule, w(a + w(b + w(c))): one warp per slot by its ``steps`` (B, S). An image is warped again for
        every step, just as the sequence evolved.
        """
        total = torch.zeros_like(images[:, 0])
        for slot in range(images.shape[1]):
            # Gain applies to the images, not to their weights.
            moved = move(total + images[:, slot], motion, steps[:, slot], "zeros")
            weight = moved[:, -1:] / torch.exp(motion[:, 3] * steps[:, slot]).view(-1, 1, 1, 1)
            moved = torch.cat([moved[:, :-1], weight], dim=1)
            total = torch.where(before[:, slot].view(-1, 1, 1, 1), moved, total)
        return total


class LatentAffineSettings(Settings):
    """What a config may set."""

    hidden: int = Field(16, ge=1)
    passes: int = Field(3, ge=0, le=100)
    refinements: int = Field(2, ge=0, le=100)


class LatentAffine(host.SimVP):
    """The host's SimVP, its training and its settings, with `LatentAffine_Model` in place of the network.

    It is trained on the host's loss plus the error of the pairs, which teaches the encoder the motion.
    """

    abilities = Abilities(INFILL, LatentAffineSettings, any_size=True, any_slots=True)

    def _build_model(self, **args: Any) -> nn.Module:
        return LatentAffine_Model(**args)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        x, y = batch
        prediction, error = self.model.predict(x)
        loss = self.criterion(prediction, y) + error
        self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        return loss
