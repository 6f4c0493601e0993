"""The motion of all observed images, by least squares, and the images moved by it to the target's time."""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from ..motion.least_squares import PARAMETERS, motion_left
from ..motion.slots import Slots, neighbours
from ..motion.warp import flow_grid, rigid_flow, warp

_WINDOWS = (24, 12)  # of the local motion, in pixels, after the motion of the whole image
_STEPS = 3  # of the motion of the whole image, at first
_COARSE = 32  # pixels: images are halved for the first estimate as long as both sides keep this many
_TURN, _FADE = 0.6, 0.3  # bounds of the local motion per step: radians, log gain; for shifts, a quarter of the image


def motions(slots: Slots) -> tuple[torch.Tensor, torch.Tensor]:
    """The motion per step (B, 4, H, W) at each pixel of the target, from the observed images alone: rigid, and local.

    Rotation in radians (about the image's centre), shift x and y in pixels, log gain. The first is one motion of the
    whole image, the second starts from it and goes on with ever smaller windows (`motion_left`), each time estimated on
    images that the previous estimate has moved to the target; large images start at a fraction of their size (pyramids:
    Bouguet, 2000). Pairs near the target weigh more. Zero where there are no pairs or no slopes.
    """
    pairs, count = neighbours(slots), len(slots.images)
    distance = slots.offset.abs()[pairs.sequence[:, None], torch.stack([pairs.first, pairs.second], 1)].amin(1)
    weight = torch.exp(1 - distance)
    pyramid = [slots.images]
    while min(pyramid[0].shape[-2:]) // 2 >= _COARSE:
        pyramid.insert(0, avg_pool2d(pyramid[0].flatten(0, 1), 2).unflatten(0, slots.offset.shape))

    def improved(motion: torch.Tensor, images: torch.Tensor, window: int | None) -> torch.Tensor:
        size = images.shape[-2:]
        moved = move(images, *follow(slots.offset, motion))
        first, second = moved[pairs.sequence, pairs.first], moved[pairs.sequence, pairs.second]
        rest = motion_left(pairs, first, second, count, window=window, weight=weight)
        bound = motion.new_tensor([_TURN, max(size) / 4, max(size) / 4, _FADE]).view(-1, 1, 1)
        return (motion + interpolate(rest, size, mode="bilinear")).clamp(-bound, bound)

    unit = slots.images.new_tensor([1, 2, 2, 1]).view(-1, 1, 1)  # a pixel of the next level is half as long
    rigid = local = slots.images.new_zeros(count, PARAMETERS, 1, 1)
    for level, images in enumerate(pyramid):
        rigid, local = (unit * interpolate(motion, images.shape[-2:], mode="bilinear") for motion in (rigid, local))
        for _ in range(1 if level else _STEPS):
            rigid = improved(rigid, images, None)
        local = local if level else rigid
        for window in _WINDOWS:
            local = improved(local, images, window)
    return rigid, local


def follow(offset: torch.Tensor, motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Flow (B, S, 2, H, W) from the target to the slots at ``offset`` (B, S), and log gain (B, S, 1, H, W) from there.

    ``motion`` (B, 4, H, W) is that per step of `motions`.
    """
    flow = rigid_flow(motion[:, None, :3].expand(-1, offset.shape[1], -1, -1, -1), offset)
    return flow, -offset[..., None, None, None] * motion[:, None, 3:]


def move(images: torch.Tensor, flow: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Images (B, S, C, H, W) read at x + ``flow`` (B, S, 2, H, W), times e to the ``gain`` (B, S, 1, H, W)."""
    moved = warp(images.flatten(0, 1), flow_grid(flow.flatten(0, 1)))
    return torch.exp(gain) * moved.view_as(images)
