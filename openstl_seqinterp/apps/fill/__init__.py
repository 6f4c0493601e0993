"""The missing images of arrays, filled: `plan` says from which others, `fillers` predict them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from ..io.axes import View
from ..io.source import spread
from .arrays import Way, in_steps, understood
from .fillers import DEVICES
from .tiles import TILE


@overload
def fill(
    frames: np.ndarray, observed: np.ndarray | None = ..., *, return_std: Literal[False] = ..., **options: Any
) -> np.ndarray: ...
@overload
def fill(
    frames: np.ndarray, observed: np.ndarray | None = ..., *, return_std: Literal[True], **options: Any
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def fill(frames: Any, observed: Any = ..., **options: Any) -> Any: ...
def fill(  # type: ignore[misc]  # the options above are those below
    frames: Any,
    observed: Any = None,
    *,
    checkpoint: str | Path | None = None,
    method: str | None = None,
    axes: str | None = None,
    times: Sequence[float] | np.ndarray | None = None,
    range: tuple[float, float] | None = None,
    fill_value: float | None = None,
    labels: bool = False,
    cuts: bool = True,
    return_std: bool = False,
    device: str = DEVICES[0],
    tile: int = TILE,
) -> Any:
    """A copy of ``frames`` with the images that are not ``observed`` filled; the others stay bit for bit.

    ``frames`` is (T, H, W), (T, H, W, C) with C 1, 3 or 4, or of any other shape that ``axes`` names, a letter a
    dimension: T time, Y, X, C channels, any other for sequences of their own; of up to 32 bits, whole numbers or
    floating point. ``observed`` is bool (T,), or (N, T) for N sequences; without it, the images that have no value are
    filled. ``times`` (T,) are numbers or datetime64, rising; by default images are one step apart. NaN and
    ``fill_value`` are pixels without a value; ``labels`` says that values are names. Others are scaled by their
    ``range``, by default that of the observed images, so ``fill(a x + b) = a fill(x) + b`` for a > 0.

    An array of Dask gives one of Dask, of the same values, with nothing computed but which images have no value where
    ``observed`` is not given. A DataArray of xarray gives one, its names of dimensions and its times are understood,
    and it may hold either kind of array.

    No image is read across a cut between scenes where ``cuts`` are looked for. With ``return_std`` there is a second
    array float32 of the same shape: how far each filled value may be off, as a standard deviation in units of the
    values, calibrated on known images (`uncertainty`); 0 in those, NaN where nothing has a value. It takes longer.

    The images come from ``checkpoint``, a file of a trained run or "shipped" (`shipped`), or from a ``method``
    without training: "motion" (the default), "dis-flow", "mean" or "copy". Given both, each sequence is filled by the
    one with the smaller error on its known images, of which up to 8 are hidden for this (`choice`). ``device`` "cuda"
    takes a GPU where there is one. Raises UserError, in one line, for anything else.
    """
    limits = None if range is None else (float(range[0]), float(range[1]))
    way = Way(checkpoint, method, device, tile, limits, fill_value, labels, cuts, return_std)
    kind = type(frames).__module__.partition(".")[0]
    if kind in ("dask", "xarray"):
        from ..archive import lazy

        return getattr(lazy, f"fill_{kind}")(frames, observed, way, axes, times)
    return _fill(np.asarray(frames), observed, way, axes, times)


def _fill(frames: np.ndarray, observed: Any, way: Way, axes: str | None, times: Any) -> Any:
    view, known = understood(frames, observed, axes, way.fill_value)
    fillers = way.fillers()
    places = in_steps(times, view.count, fillers)
    scale = way.scale(frames.dtype)
    if way.range is None:
        seen = np.argwhere(known).tolist()
        scale = way.scale_of((view.frame(*seen[number]) for number in spread(len(seen))), frames.dtype)
    result, std = frames.copy(), np.zeros(frames.shape, np.float32) if way.return_std else None
    target, deviations = View(result, view.axes), None if std is None else View(std, view.axes)
    for number, mask in enumerate(known):
        ways = way.ways(fillers, scale, partial(view.frame, number), mask, places)
        for place, frame, deviation in way.fill(ways, np.flatnonzero(~mask).tolist()):
            target.store(number, place, frame)
            if deviations is not None and deviation is not None:
                deviations.store(number, place, np.broadcast_to(deviation, frame.shape))
    return result if std is None else (result, std)
