"""The missing images of arrays, filled: `plan` says from which others, `fillers` predict them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import device as devices
from ...errors import UserError
from ..io.readers.arrays import DTYPES, with_all_axes
from .fillers import make_filler
from .plan import Filling
from .scale import Scale
from .tiles import TILE


def fill(
    frames: np.ndarray,
    observed: np.ndarray,
    *,
    checkpoint: str | Path | None = None,
    method: str | None = None,
    device: str = devices.CUDA,
    tile: int = TILE,
) -> np.ndarray:
    """A copy of ``frames`` with the images that are not ``observed`` filled; the others stay bit for bit.

    ``frames`` is (T, H, W), (T, H, W, C), (N, T, H, W) or (N, T, H, W, C), of 8 or 16 bits or floating point; a last of
    four dimensions of 1, 3 or 4 is taken for C. ``observed`` is bool (T,) or (N, T). The images come from
    ``checkpoint``, a file of a trained run, or from a baseline ``method``: "copy", "mean" or "dis-flow". ``device``
    "cuda" takes a GPU where there is one. Raises UserError, in one line, for anything else.
    """
    frames, known = np.asarray(frames), np.asarray(observed)
    if frames.dtype.name not in DTYPES or not 3 <= frames.ndim <= 5 or 0 in frames.shape:
        raise UserError(
            f"frames is {frames.dtype} {frames.shape}, expected uint8, uint16, float32 or float64, (T, H, W[, C]) or "
            "(N, T, H, W[, C])"
        )
    whole = with_all_axes(frames)
    if known.dtype != bool or known.shape not in (whole.shape[1:2], whole.shape[:2]):
        expected = f"bool {whole.shape[1:2]} or {whole.shape[:2]}"
        raise UserError(f"observed is {known.dtype} {known.shape}, expected {expected}")
    known = np.broadcast_to(known, whole.shape[:2])
    filler = make_filler(checkpoint, method, device, tile)
    scale = Scale.of(whole.dtype, (whole[number, place] for number, place in np.argwhere(known)))
    result = whole.copy()
    fillings = [
        Filling(filler, lambda place, sequence=sequence: scale.to_unit(sequence[place]), mask)  # type: ignore[misc]
        for sequence, mask in zip(whole, known, strict=True)
    ]
    for number, filling in enumerate(fillings):
        for place in np.flatnonzero(~known[number]):
            result[number, place] = scale.from_unit(filling[int(place)])
    return result.reshape(frames.shape)
