"""Images too large for a network, in overlapping parts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

TILE = 256  # pixels a side: larger images are read in parts
_OVERLAP = 64


def in_tiles(
    function: Callable[[np.ndarray], np.ndarray], images: np.ndarray, tile: int, multiple: int = 1
) -> np.ndarray:
    """``function``, from (..., h, w) to (B, C, h, w), applied to ``images`` (..., H, W) in overlapping tiles.

    No side of a tile is longer than ``tile``; all are multiples of ``multiple``, for which images are padded by
    reflection. Where tiles overlap, they fade into each other, so there are no seams.
    """
    size = images.shape[-2:]
    extra = [-side % multiple for side in size]
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(0, e) for e in extra], mode="symmetric")
    parts = [_parts(side, tile, multiple) for side in padded.shape[-2:]]
    total: np.ndarray | None = None
    for (top, bottom, down), (left, right, across) in product(*parts):
        result = function(padded[..., top:bottom, left:right])
        if total is None:
            total = np.zeros((*result.shape[:2], *padded.shape[-2:]), np.float32)
        total[..., top:bottom, left:right] += result * down[:, None] * across
    assert total is not None
    return total[..., : size[0], : size[1]]


def _parts(side: int, tile: int, multiple: int) -> list[tuple[int, int, np.ndarray]]:
    """Start, stop and weights of each tile along a side; the weights of all tiles sum to one everywhere."""
    if side <= tile:
        return [(0, side, np.ones(side, np.float32))]
    overlap = min(_OVERLAP, tile // 2)
    number = -(-(side - overlap) // (tile - overlap))
    starts = np.linspace(0, side - tile, number) // multiple * multiple
    places = np.arange(side)
    # A hat over each tile, flat at the image's own borders.
    hats = []
    for start in starts.astype(int):
        rise = np.full(side, 1.0) if start == 0 else (places - start + 1) / (overlap + 1)
        fall = np.full(side, 1.0) if start + tile >= side else (start + tile - places) / (overlap + 1)
        hats.append(np.clip(np.minimum(rise, fall), 0, 1))
    total = np.sum(hats, axis=0)
    return [
        (int(start), min(int(start) + tile, side), (hat / total)[int(start) : int(start) + tile].astype(np.float32))
        for start, hat in zip(starts, hats, strict=True)
    ]
