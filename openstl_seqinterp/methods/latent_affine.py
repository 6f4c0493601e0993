"""LatentAffine: the latent motion of a sequence, estimated from its observed images, moves them to any time.

The paper abandoned this method: an encoder whose latent variables feed a transformation matrix that warps the image.
Its loss did not reach the encoder, because a warp that rounds positions to pixels has zero gradient almost
everywhere. Here the warp is bilinear (`warp`), and its gradient with respect to the motion is the slope of the image,
which gives the motion by least squares, without an encoder that would have to be trained for each kind of image.
A slope says nothing about content further away than the width of a stroke, so the motion is found in steps: move one
image of a pair by the current estimate, and estimate what remains, which shrinks every time; coarse images first.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import avg_pool2d, pad

from .. import host
from ..motion.least_squares import PARAMETERS, motion_left
from ..motion.slots import Slots, in_time, neighbours, read_slots
from ..motion.warp import motion_grid, rigid_motion, warp
from ..protocols import INFILL, Abilities
from ..settings import Settings
from .photometry import BlendLogits, Tone, blend_weights, clipped_noise, noise_level

_COARSE = 32  # pixels: images are halved for the first estimate as long as both sides keep this many
_INSIDE = 0.5  # of a pixel, times the gain
_UNSEEN = 0.05  # weight of the nearest image's border where no image shows what moves in; zero where all show it
_SMOOTH = 5  # pixels: side of the window over which that border is averaged


def move(images: torch.Tensor, motion: torch.Tensor, steps: torch.Tensor, beyond: str = "border") -> torch.Tensor:
    """Images (N, C, H, W) after ``steps`` (N,) steps of ``motion`` (N, 4): rotation, shift x and y, log gain."""
    gain = torch.exp(motion[:, 3] * steps).view(-1, 1, 1, 1)
    return gain * warp(images, motion_grid(rigid_motion(motion[:, :3], steps), images.shape[-2:]), beyond)


class LatentAffine_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W), any S, to the image at offset 0 (B, 1, C, H, W).

    Gauss-Newton ``refinements`` find the motion per step, on large images at a fraction of their size first. The
    observed images are moved to the target and blended, with weights that depend on their distance and noise. The bias
    that noise clipped at zero adds to the blend is removed pixel by pixel. If fewer than two images are observed, the
    motion is unknown and the prediction is that of a sequence at rest.
    """

    def __init__(self, in_shape: list[int], hidden: int = 16, refinements: int = 5, **unused: Any) -> None:
        super().__init__()
        self.refinements = refinements
        # The share of noise that the mean of all images but the target has in training; more images would have less.
        self.least = max(1, in_shape[0] - 1) ** -0.5
        self.weigh, self.tone = BlendLogits(hidden), Tone(hidden)

    @torch.no_grad()
    def motion(self, slots: Slots) -> torch.Tensor:
        """The motion per step (B, 4) between the observed images: rotation, shift x and y in pixels, log gain."""
        pairs, count = neighbours(slots), len(slots.images)
        motion = slots.images.new_zeros(count, PARAMETERS)
        if not len(pairs.sequence):
            return motion
        pyramid = [slots.images]
        while min(pyramid[0].shape[-2:]) // 2 >= _COARSE:
            pyramid.insert(0, avg_pool2d(pyramid[0].flatten(0, 1), 2).unflatten(0, slots.offset.shape))
        for number, images in enumerate(pyramid):
            if number:
                motion = motion * motion.new_tensor([1, 2, 2, 1])  # a pixel is half as long
            source, destination = (images[pairs.sequence, place] for place in (pairs.first, pairs.second))
            for _ in range(self.refinements):
                each = motion[pairs.sequence]
                # What moves in from beyond the border is not known.
                inside = move(torch.ones_like(source[:, :1]), each, pairs.steps, "zeros") > _INSIDE
                moved = move(source, each, pairs.steps)
                motion = motion + motion_left(pairs, moved, destination, count, inside=inside.float())[..., 0, 0]
        return motion

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        slots = in_time(read_slots(x))
        count, length = slots.observed.shape
        motion = self.motion(slots)
        noise = noise_level(slots.images.flatten(0, 1)).view(count, length)
        weights = blend_weights(self.weigh(slots, noise), slots.observed)
        # The weights are an extra channel that moves with the images: where one image does not show a region, only
        # those that do count, and no image is extended beyond its border. So do their squares, which say how much noise
        # the mean of those that count has left.
        each = weights[..., None, None, None]
        one = torch.ones_like(slots.images[:, :, :1])
        weighted = torch.cat([each * slots.images, each * one, each**2 * one], dim=2)
        # Both sides in one batch: what follows the target precedes it when time runs backwards.
        both = torch.cat([weighted, weighted.flip(1)])
        before = torch.cat([slots.offset, -slots.offset.flip(1)]) < 0
        steps = slots.offset.abs().clamp(max=1)  # the last step to the target may be shorter than one image
        both_steps = torch.cat([steps, steps.flip(1)])
        blend = self._gather(both, before, both_steps, torch.cat([motion, -motion]))
        blend = blend.unflatten(0, (2, count)).sum(dim=0)
        blend, seen, squares = blend[:, :-2], blend[:, -2:-1], blend[:, -1:]
        unseen = _UNSEEN * (1 - seen).clamp(min=0)
        blend = (blend + unseen * self._nearest(slots, motion)) / (seen + unseen)
        share = ((squares + unseen**2).sqrt() / (seen + unseen)).clamp(min=self.least)
        left = share * (weights * noise).sum(dim=1).view(-1, 1, 1, 1)
        return self.tone(blend, left, clipped_noise(slots.images, slots.observed, noise))[:, None]

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
            weight = moved[:, -2:] / torch.exp(motion[:, 3] * steps[:, slot]).view(-1, 1, 1, 1)
            moved = torch.cat([moved[:, :-2], weight], dim=1)
            total = torch.where(before[:, slot].view(-1, 1, 1, 1), moved, total)
        return total


class LatentAffineSettings(Settings):
    """What a config may set."""

    hidden: int = Field(16, ge=1)
    refinements: int = Field(5, ge=0, le=100)


class LatentAffine(host.SimVP):
    """The host's SimVP, its training and its settings, with `LatentAffine_Model` in place of the network."""

    abilities = Abilities(INFILL, LatentAffineSettings, any_size=True, any_slots=True)

    def _build_model(self, **args: Any) -> nn.Module:
        return LatentAffine_Model(**args)
