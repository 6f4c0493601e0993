"""SimVP_Motion: gSTA reads images on both sides of a missing one and says how each of them moves there.

Where SimVP draws the missing image anew, this network moves known pixels, so nothing of their sharpness is lost.
It need not learn to see motion from nothing: the local motion between the observed images, by least squares, is among
its inputs, and it learns how far to follow it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from .. import host
from ..data.loaders import INFILL
from .slots import Slots, neighbours, read_slots
from .warp import flow_grid, warp

_SPEED, _GAIN = 4.0, 0.05  # bounds for each step in time: pixels, log gain
_NEAR = 1.5  # what a step of distance takes off the logit of the blend before training
_WINDOW, _ROUNDS = 9, 3  # of the local motion: pixels, warps
_FAST = 10.0  # times the learning rate, for the one number that says how far to follow the local motion


def local_motion(slots: Slots) -> torch.Tensor:
    """The motion of a step (B, 2, H, W) in pixels at each pixel of the target, from the observed images alone.

    Lucas and Kanade's least squares (1981) in a window around each pixel, over all neighbouring pairs of images at
    once, each image moved to the target by the motion so far. Pairs near the target weigh more. Zero where there are
    no pairs or no slopes.
    """
    pairs, count = neighbours(slots), len(slots.images)
    steps = pairs.steps.view(-1, 1, 1, 1)
    distance = slots.offset.abs()[pairs.sequence[:, None], torch.stack([pairs.first, pairs.second], 1)].amin(1)
    weight = torch.exp(1 - distance).view(-1, 1, 1, 1)
    whole = pairs.sum(weight, count).clamp_min(1e-6)
    motion = slots.images.new_zeros(count, 2, *slots.images.shape[-2:])
    for _ in range(_ROUNDS):
        moved = _move(slots, slots.offset[..., None, None, None] * motion[:, None]).mean(dim=2, keepdim=True)
        first, second = moved[pairs.sequence, pairs.first], moved[pairs.sequence, pairs.second]
        error = second - first
        down, right = (slope * steps for slope in torch.gradient((first + second) / 2, dim=(2, 3)))
        products = torch.cat([right * right, right * down, down * down, right * error, down * error], dim=1)
        mean = pairs.sum(weight * products, count) / whole
        half = _WINDOW // 2
        mean = avg_pool2d(avg_pool2d(mean, (_WINDOW, 1), 1, (half, 0)), (1, _WINDOW), 1, (0, half))
        xx, xy, yy, xe, ye = mean.split(1, dim=1)
        xx, yy = xx + 2e-4, yy + 2e-4  # where there is nothing to see, nothing moves
        change = torch.cat([yy * xe - xy * ye, xx * ye - xy * xe], dim=1) / (xx * yy - xy * xy)
        motion = motion - change.clamp(-_SPEED / 2, _SPEED / 2)
    return motion


def _move(slots: Slots, flow: torch.Tensor) -> torch.Tensor:
    """Each image read at x + ``flow`` (B, S, 2, H, W)."""
    moved = warp(slots.images.flatten(0, 1), flow_grid(flow.flatten(0, 1)), "border")
    return moved.view_as(slots.images)


class SimVP_Motion_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W) to the image at offset 0 (B, 1, C, H, W).

    The host's SimVP_Model, unmodified, reads the slots. Of its output for each slot four channels are used: flow x, y
    from the target to that slot, log gain, and the logit of the blend. Flow and log gain are bounded by tanh and grow
    with the distance in time; unobserved slots have weight zero. Before training the flow is zero, an identity warp.
    """

    def __init__(self, in_shape: list[int], **args: Any) -> None:
        super().__init__()
        slots, planes, *size = in_shape
        self.network = host.SimVP_Model(in_shape=[slots, planes + 2, *size], **args)
        self.follow = nn.Parameter(torch.zeros(()))
        nn.init.zeros_(self.network.dec.readout.weight)
        nn.init.zeros_(self.network.dec.readout.bias)

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        slots = read_slots(x)
        with torch.no_grad():
            local = local_motion(slots)[:, None]
        size = slots.images.shape[-2:]
        planes = torch.stack([slots.observed.float(), slots.offset / 4], dim=2)[..., None, None]
        motion = local.expand(-1, planes.shape[1], -1, -1, -1)
        output = self.network(torch.cat([3 * slots.images, planes.expand(-1, -1, -1, *size), motion], dim=2))[
            :, :, :4
        ].float()
        steps = slots.offset[..., None, None, None]
        flow = steps * _SPEED * torch.tanh((_FAST * self.follow * local + output[:, :, :2] / 2) / _SPEED)
        gain = torch.exp(steps * _GAIN * torch.tanh(output[:, :, 2:3]))
        hidden = ~slots.observed[..., None, None, None]
        logit = 2 * output[:, :, 3:] - _NEAR * steps.abs()
        weight = torch.softmax(logit.masked_fill(hidden, -1e4), dim=1).masked_fill(hidden, 0)
        return (weight * gain * _move(slots, flow)).sum(dim=1, keepdim=True)


class SimVP_Motion(host.SimVP):
    """The host's SimVP, its training and its settings, with `SimVP_Motion_Model` as the network."""

    dataname = INFILL
    Model = host.SimVP_Model

    def _build_model(self, **args: Any) -> nn.Module:
        return SimVP_Motion_Model(**args)
