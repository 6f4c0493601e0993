"""The local motion between all observed images, by least squares, and the images moved by it to the target's time."""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from ..motion.least_squares import PARAMETERS, motion_left
from ..motion.slots import Slots, neighbours
from ..motion.warp import flow_grid, rigid_flow, warp

_WINDOWS = (24, 12)  # of the local motion, in pixels, after the motion of the whole image
_COARSE = 32  # pixels: images are halved for the first estimate as long as both sides keep this many
_TURN, _FADE = 0.6, 0.3  # bounds of the local motion per step: radians, log gain; for shifts, a quarter of the image


def local_motion(slots: Slots) -> torch.Tensor:
    """The motion per step (B, 4, H, W) at each pixel of the target, from the observed images alone.

    Rotation in radians (about the image's centre), shift x and y in pixels, log gain: first one motion of the whole
    image, then of ever smaller windows (`motion_left`), each estimated on images moved to the target by the previous
    estimate; large images start at a fraction of their size (pyramids: Bouguet, 2000). Pairs near the target weigh
    more. Zero where there are no pairs or no slopes.
    """
    pairs, count = neighbours(slots), len(slots.images)
    distance = slots.offset.abs()[pairs.sequence[:, None], torch.stack([pairs.first, pairs.second], 1)].amin(1)
    pyramid = [slots.images]
    while min(pyramid[0].shape[-2:]) // 2 >= _COARSE:
        pyramid.insert(0, avg_pool2d(pyramid[0].flatten(0, 1), 2).unflatten(0, slots.offset.shape))
    motion, unit = slots.images.new_zeros(count, PARAMETERS, 1, 1), slots.images.new_tensor([1, 2, 2, 1]).view(-1, 1, 1)
    for level, images in enumerate(pyramid):
        size = images.shape[-2:]
        motion = unit * interpolate(motion, size, mode="bilinear")  # a pixel is half as long
        for window in (None, None, *_WINDOWS) if level == 0 else _WINDOWS:
            moved = move(images, *follow(slots.offset, motion))
            first, second = moved[pairs.sequence, pairs.first], moved[pairs.sequence, pairs.second]
            rest = motion_left(pairs, first, second, count, window=window, weight=torch.exp(1 - distance))
            bound = motion.new_tensor([_TURN, max(size) / 4, max(size) / 4, _FADE]).view(-1, 1, 1)
            motion = (motion + interpolate(rest, size, mode="bilinear")).clamp(-bound, bound)
    return motion


def follow(offset: torch.Tensor, motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Flow (B, S, 2, H, W) from the target to the slots at ``offset`` (B, S), and log gain (B, S, 1, H, W) from there.

    ``motion`` (B, 4, H, W) is that per step of `local_motion`.
    """
    flow = rigid_flow(motion[:, None, :3].expand(-1, offset.shape[1], -1, -1, -1), offset)
    return flow, -offset[..., None, None, None] * motion[:, None, 3:]


def move(images: torch.Tensor, flow: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Images (B, S, C, H, W) read at x + ``flow`` (B, S, 2, H, W), times e to the ``gain`` (B, S, 1, H, W)."""
    moved = warp(images.flatten(0, 1), flow_grid(flow.flatten(0, 1)))
    return torch.exp(gain) * moved.view_as(images)
