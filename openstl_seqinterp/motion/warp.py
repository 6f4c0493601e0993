"""Differentiable warps of images (N, C, H, W). Distances are in pixels, x to the right and y down.

All in fp32, even under autocast: half precision resolves position 36 to only 1/8 of a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch.nn.functional import affine_grid, grid_sample


def _turn_and_shift(velocity: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Cosine, sine and shift x, y (...) of the maps of `rigid_motion` for ``velocity`` (3, ...)."""
    rotation, x, y = velocity.float() * steps
    # sin(a) / a and (1 - cos(a)) / a, without a division by zero
    along, across = torch.sinc(rotation / pi), torch.sin(rotation / 2) * torch.sinc(rotation / (2 * pi))
    return torch.cos(rotation), torch.sin(rotation), along * x - across * y, across * x + along * y


def rigid_motion(velocity: torch.Tensor, steps: torch.Tensor | float = 1.0) -> torch.Tensor:
    """The maps (N, 3, 3) of ``steps`` (N,) steps of a constant motion: the exponential map of SE(2).

    ``velocity`` (N, 3) is rotation in radians and shift x, y in pixels, each per step. A map takes homogeneous
    coordinates (x, y, 1) about the image's centre to where the content moves. Steps may be negative or fractions:
    ``rigid_motion(v, a) @ rigid_motion(v, b)`` equals ``rigid_motion(v, a + b)``.
    """
    cos, sin, x, y = _turn_and_shift(velocity.movedim(-1, 0), torch.as_tensor(steps, device=velocity.device))
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    return torch.stack([cos, -sin, x, sin, cos, y, zero, zero, one], -1).unflatten(-1, (3, 3))


def motion_grid(motion: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Where each pixel of an image of ``size`` (H, W) comes from under ``motion`` (N, 3, 3): a grid for `warp`."""
    height, width = size
    scale = motion.new_tensor([width / 2, height / 2, 1.0])  # affine_grid measures in half-images
    inverse = torch.linalg.inv(motion) * scale / scale[:, None]
    with torch.autocast(motion.device.type, enabled=False):
        return affine_grid(inverse[:, :2], [len(motion), 1, height, width], align_corners=False)


def flow_grid(flow: torch.Tensor) -> torch.Tensor:
    """The grid for `warp` that reads each pixel at its own position plus ``flow`` (N, 2, H, W)."""
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    size = torch.tensor([width, height], device=flow.device).view(2, 1, 1)
    return ((2 * (torch.stack([x, y]) + flow) + 1) / size - 1).movedim(1, -1)


def rigid_flow(velocity: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """The displacement (..., 2, H, W) of each pixel after ``steps`` (...) of its own ``velocity`` (..., 3, H, W).

    See `rigid_motion`; rotation is about the image's centre. From the position at zero steps.
    """
    height, width = velocity.shape[-2:]
    y = torch.arange(height, device=velocity.device).view(-1, 1) - (height - 1) / 2
    x = torch.arange(width, device=velocity.device) - (width - 1) / 2
    cos, sin, right, down = _turn_and_shift(velocity.movedim(-3, 0), steps[..., None, None])
    return torch.stack([(cos - 1) * x - sin * y + right, sin * x + (cos - 1) * y + down], dim=-3)


def warp(images: torch.Tensor, grid: torch.Tensor, beyond: str = "border") -> torch.Tensor:
    """Sample ``images`` (N, C, H, W) bilinearly at ``grid``; ``beyond`` them is the "border" or "zeros".

    Zeros are for weighted sums that carry their weights along, where unseen pixels must not count.
    """
    # On a CPU the derivative of grid_sample reads out of bounds where a position is NaN (seen in torch 2.15).
    grid = grid.float().nan_to_num()
    with torch.autocast(images.device.type, enabled=False):
        return grid_sample(images.float(), grid, padding_mode=beyond, align_corners=False)
