"""The frames of `motion_frames` in full resolution, blended: all that touches it is a warp."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import grid_sample, interpolate

from ..motion.flow import warp as warp_array
from ..motion.warp import flow_grid
from .motion_frames import HYPOTHESES, Frames, resized


def blend(frames: Frames, weights: torch.Tensor, added: torch.Tensor | None = None) -> torch.Tensor:
    """The frames' sum (B, C, H, W) with ``weights`` (B, K, H, W).

    ``added`` (B, K, 4, h, w) are pixels of (H, W) by which displacements change, x and y, and by which they do for each
    step in time.
    """
    full: tuple[int, int] = (weights.shape[-2], weights.shape[-1])
    grid = min(full, (frames.prior.shape[-2], frames.prior.shape[-1]))  # where it costs less
    total, read = torch.zeros_like(frames.sources[:, 0]), _Reader(frames.sources)
    for frame in range(weights.shape[1]):
        if not weights[:, frame].any():
            continue
        if added is not None:
            unit = added.new_tensor([grid[1] / full[1], grid[0] / full[0]]).view(2, 1, 1)
            more = unit * interpolate(added[:, frame], grid, mode="bilinear").unflatten(1, (2, 2))
        for part in range(frames.source.shape[2]):
            share, offset = (each[:, frame, part].view(-1, 1, 1, 1) for each in (frames.share, frames.offset))
            if share.any():
                way = resized(frames.displacement[:, frame, part], grid)
                if added is not None:
                    way = way + more[:, 0] + offset * more[:, 1]
                moved = read(frames.source[:, frame, part], resized(way, full) if way.any() else None)
                total = torch.addcmul(total, share * weights[:, frame, None], moved)
    return total


def as_motion_has_it(frames: Frames) -> torch.Tensor:
    """The image (B, 1, C, H, W) of `motion`, from the same frames."""
    size = frames.sources.shape[-2:]
    weights = interpolate(frames.prior[:, :HYPOTHESES].exp(), (size[0], size[1]), mode="bilinear")
    return blend(frames, weights)[:, None]


class _Reader:
    """Reads images of ``sources`` (B, N, C, H, W), bicubic, borders replicated."""

    def __init__(self, sources: torch.Tensor) -> None:
        self.sources = sources
        self._arrays: dict[tuple[int, int], np.ndarray] = {}
        self.row = torch.arange(len(sources), device=sources.device)

    def __call__(self, number: torch.Tensor, way: torch.Tensor | None) -> torch.Tensor:
        """The images ``number`` (B,) of each case, read at x + ``way`` (B, 2, H, W), or as they are."""
        if way is None:
            return self.sources[self.row, number]
        if way.requires_grad or self.sources.device.type != "cpu":
            images = self.sources[self.row, number]
            with torch.autocast(images.device.type, enabled=False):
                grid = flow_grid(way.float())
                return grid_sample(images, grid, mode="bicubic", padding_mode="border", align_corners=False)
        # OpenCV's is three times as fast, and tells positions apart to 1/32 of a pixel.
        ways = way.permute(0, 2, 3, 1).contiguous().numpy()
        read = [
            warp_array(self._array(*case), u, cubic=True)
            for case, u in zip(enumerate(number.tolist()), ways, strict=True)
        ]
        return torch.from_numpy(read[0][None] if len(read) == 1 else np.stack(read)).permute(0, 3, 1, 2)

    def _array(self, case: int, number: int) -> np.ndarray:
        """An image (H, W, C), as OpenCV wants it; several frames are read from each."""
        key = case, number
        if key not in self._arrays:
            self._arrays[key] = np.ascontiguousarray(self.sources[key].permute(1, 2, 0).numpy())
        return self._arrays[key]
