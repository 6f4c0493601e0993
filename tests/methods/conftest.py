"""Sequences of a smooth blob pattern under a known constant motion, as batches of ``seqinterp_infill``."""

import pytest
import torch

from openstl_seqinterp.motion.warp import motion_grid, rigid_motion, warp


def _pattern(count: int, size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    centres = size * (0.3 + 0.4 * torch.rand(count, 5, 2, generator=generator))
    distance = (x - centres[..., 0, None, None]) ** 2 + (y - centres[..., 1, None, None]) ** 2
    return torch.exp(-distance / 8).sum(dim=1, keepdim=True).clamp(0, 1)


@pytest.fixture
def moving():
    """A function (velocity (B, 3), gain, target, missing) to a batch (B, S, 3, H, W) and targets (B, 1, 1, H, W).

    Image t is the first one moved by t steps; missing images are zeroed and marked.
    """

    def build(velocity, gain=1.0, target=3, missing=(), length=8, size=36):
        velocity = torch.as_tensor(velocity)
        first = _pattern(len(velocity), size)
        frames = [
            gain**time * warp(first, motion_grid(rigid_motion(velocity, float(time)), (size, size)))
            for time in range(length)
        ]
        images = torch.stack(frames, dim=1)
        observed = torch.ones(len(velocity), length)
        observed[:, [target, *missing]] = 0
        offset = torch.arange(length).float().expand_as(observed) - target
        planes = torch.stack([observed, offset], dim=2)[..., None, None].expand(-1, -1, -1, size, size)
        x = torch.cat([images * observed[..., None, None, None], planes], dim=2)
        return x, images[:, target : target + 1]

    return build
