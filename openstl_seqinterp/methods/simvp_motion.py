"""SimVP_Motion: gSTA reads images on both sides of a missing one and predicts how each of them moves there.

SimVP draws the missing image from scratch; this network moves known pixels, so their sharpness is kept.
It need not learn motion from nothing: the local motion between the observed images, by least squares, is among its
inputs, with the images moved by it, and the network learns how far to follow it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from .. import host
from ..motion.least_squares import PARAMETERS, motion_left
from ..motion.slots import Slots, neighbours, read_slots
from ..motion.warp import flow_grid, rigid_flow, warp
from ..protocols import INFILL, Abilities
from .photometry import BlendLogits, Tone, blend_weights, noise_level
from .upstream import SimVPSettings

_SPEED, _GAIN = 4.0, 0.05  # bounds of what the network adds per step in time: pixels, log gain
_WINDOWS = (24, 12)  # of the local motion, in pixels, after the motion of the whole image
_COARSE = 32  # pixels: images are halved for the first estimate as long as both sides keep this many
_TURN, _FADE = 0.6, 0.3  # bounds of the local motion per step: radians, log gain; for shifts, a quarter of the image
_FLOW = 2  # planes of flow, x and y, that the network reads besides those of a slot
_NEAR = 1.5  # subtracted from the blend's logit per step of distance, before training
_FAST = 10.0  # times the learning rate, for the number that scales the local motion


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
            moved = move(slots._replace(images=images), *follow(slots, motion))
            first, second = moved[pairs.sequence, pairs.first], moved[pairs.sequence, pairs.second]
            rest = motion_left(pairs, first, second, count, window=window, weight=torch.exp(1 - distance))
            bound = motion.new_tensor([_TURN, max(size) / 4, max(size) / 4, _FADE]).view(-1, 1, 1)
            motion = (motion + interpolate(rest, size, mode="bilinear")).clamp(-bound, bound)
    return motion


def follow(slots: Slots, motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Flow (B, S, 2, H, W) from the target to each slot, and log gain (B, S, 1, H, W) from there, of a local motion."""
    flow = rigid_flow(motion[:, None, :3].expand(-1, slots.offset.shape[1], -1, -1, -1), slots.offset)
    return flow, -slots.offset[..., None, None, None] * motion[:, None, 3:]


def move(slots: Slots, flow: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Each image read at x + ``flow`` (B, S, 2, H, W), times the exponential of ``gain`` (B, S, 1, H, W)."""
    moved = warp(slots.images.flatten(0, 1), flow_grid(flow.flatten(0, 1)))
    return torch.exp(gain) * moved.view_as(slots.images)


class SimVP_Motion_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W) to the image at offset 0 (B, 1, C, H, W).

    The host's SimVP_Model, unmodified, reads the slots as moved to the target by the local motion. Four channels of its
    output per slot are used: flow x, y from the target to that slot, log gain, and the blend's logit. What it adds to
    the local motion is bounded by tanh and grows with the distance in time; unobserved slots have zero weight.
    Before training the flow is zero, an identity warp.
    """

    def __init__(self, in_shape: list[int], **args: Any) -> None:
        super().__init__()
        slots, planes, *size = in_shape
        self.network = host.SimVP_Model(in_shape=[slots, planes + _FLOW, *size], **args)
        self.follow = nn.Parameter(torch.zeros(()))
        self.weigh, self.tone = BlendLogits(), Tone()
        nn.init.zeros_(self.network.dec.readout.weight)
        nn.init.zeros_(self.network.dec.readout.bias)

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        slots = read_slots(x)
        with torch.no_grad():
            flow, gain = follow(slots, local_motion(slots))
            planes = torch.stack([slots.observed.float(), slots.offset / 4], dim=2)[..., None, None]
            noise = noise_level(slots.images.flatten(0, 1)).view_as(slots.offset)
            size = slots.images.shape[-2:]
            inputs = torch.cat([3 * move(slots, flow, gain), planes.expand(-1, -1, -1, *size), flow], dim=2)
        output = self.network(inputs)[:, :, :4].float()
        steps = slots.offset[..., None, None, None]
        flow = _FAST * self.follow * flow + steps * _SPEED * torch.tanh(output[:, :, :2] / (2 * _SPEED))
        gain = _FAST * self.follow * gain + steps * _GAIN * torch.tanh(output[:, :, 2:3])
        by_slot = self.weigh(slots, noise) - _NEAR * slots.offset.abs()
        logits = by_slot[..., None, None, None] + 2 * output[:, :, 3:]
        weights = blend_weights(logits, slots.observed[..., None, None, None])
        blend = (weights * move(slots, flow, gain)).sum(dim=1)
        return self.tone(blend, (weights.mean(dim=(2, 3, 4)) * noise).sum(dim=1))[:, None]


class SimVP_Motion(host.SimVP):
    """The host's SimVP, its training and its settings, with `SimVP_Motion_Model` as the network."""

    abilities = Abilities(INFILL, SimVPSettings, any_size=True, compiles=True)

    def _build_model(self, **args: Any) -> nn.Module:
        return SimVP_Motion_Model(**args)
