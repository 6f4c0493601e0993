"""The missing images of arrays, filled: `plan` says from which others, `fillers` predict them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from ...errors import UserError
from ..io.axes import View, read_axes
from ..io.source import DTYPES, Levels, spread
from ..io.timeline import arrange
from .choice import Choice
from .fillers import DEVICES, make_fillers
from .plan import Filling
from .scale import Scale
from .tiles import TILE
from .uncertainty import Uncertainty


@overload
def fill(
    frames: np.ndarray, observed: np.ndarray, *, return_std: Literal[False] = ..., **options: Any
) -> np.ndarray: ...
@overload
def fill(
    frames: np.ndarray, observed: np.ndarray, *, return_std: Literal[True], **options: Any
) -> tuple[np.ndarray, np.ndarray]: ...
def fill(  # type: ignore[misc]  # the options above are those below
    frames: np.ndarray,
    observed: np.ndarray,
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
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """A copy of ``frames`` with the images that are not ``observed`` filled; the others stay bit for bit.

    ``frames`` is (T, H, W), (T, H, W, C) with C 1, 3 or 4, or of any other shape that ``axes`` names, a letter a
    dimension: T time, Y, X, C channels, any other for sequences of their own; of up to 32 bits, whole numbers or
    floating point. ``observed`` is bool (T,), or (N, T) for N sequences. ``times`` (T,) are numbers or datetime64,
    rising; by default images are one step apart. NaN and ``fill_value`` are pixels without a value; ``labels`` says
    that values are names. Others are scaled by their ``range``, by default that of the observed images, so
    ``fill(a x + b) = a fill(x) + b`` for a > 0.

    No image is read across a cut between scenes where ``cuts`` are looked for. With ``return_std`` there is a second
    array float32 of the same shape: how far each filled value may be off, as a standard deviation in units of the
    values, calibrated on known images (`uncertainty`); 0 in those, NaN where nothing has a value. It takes longer.

    The images come from ``checkpoint``, a file of a trained run or "shipped" (`shipped`), or from a ``method``
    without training: "motion" (the default), "dis-flow", "mean" or "copy". Given both, each sequence is filled by the
    one with the smaller error on its known images, of which up to 8 are hidden for this (`choice`). ``device`` "cuda"
    takes a GPU where there is one. Raises UserError, in one line, for anything else.
    """
    frames, known = np.asarray(frames), np.asarray(observed)
    if frames.dtype.name not in DTYPES or 0 in frames.shape:
        raise UserError(f"frames is {frames.dtype} {frames.shape}, expected one of {', '.join(DTYPES)}, none of it 0")
    view = View(frames, read_axes(frames.shape, axes or _axes(frames.shape, known.shape), "frames", "axes="))
    shape = (view.sequences, view.count)
    if known.dtype != bool or known.shape not in (shape[1:], shape):
        raise UserError(f"observed is {known.dtype} {known.shape}, expected bool {shape[1:]} or {shape}")
    known = np.broadcast_to(known, shape)
    places = None if times is None else _places(times, view.count)
    fillers = make_fillers(checkpoint, method, device, tile)
    strict = next((filler.name for filler in fillers if filler.regular), None)
    if places is not None and strict is not None and np.ptp(np.diff(places)) > 1e-6:
        raise UserError(f"{strict} reads images that are one step apart, and times= says that these are not")
    labels = labels or frames.dtype == bool
    scale = Scale(frames.dtype, *(range or (0.0, 1.0)), fill_value, labels)
    if range is None:
        seen = np.argwhere(known).tolist()
        sampled = (view.frame(*seen[number]) for number in spread(len(seen)))
        levels = (Levels.of(frame, scale.holes(frame)) for frame in sampled)
        scale = Scale.of(frames.dtype, filter(None, levels), fill_value, labels)
    result, std = frames.copy(), np.zeros(frames.shape, np.float32) if return_std else None
    target, deviation = View(result, view.axes), None if std is None else View(std, view.axes)
    for number, mask in enumerate(known):
        read = lambda place, n=number: scale.to_unit(view.frame(n, place))  # noqa: E731 - of this sequence
        fillings = [Filling(filler, scale, read, mask, places, cuts=cuts) for filler in fillers]
        missing = np.flatnonzero(~mask).tolist()
        targets = fillings[0].places[missing].tolist()
        filling = Choice(fillings, targets).filling
        uncertainty = None if deviation is None else Uncertainty(filling, targets)
        for place in missing:
            image = filling[place]
            target.store(number, place, scale.from_unit(image))
            if uncertainty is not None and deviation is not None:
                found = uncertainty.of(float(filling.places[place])) * scale.span
                found[np.isnan(image).any(axis=-1)] = np.nan
                deviation.store(number, place, np.repeat(found[..., None], view.frame(number, place).shape[-1], -1))
    return result if std is None else (result, std)


def _axes(shape: tuple[int, ...], observed: tuple[int, ...]) -> str | None:
    """The axes that the shape of ``observed`` tells; None where it does not."""
    if len(shape) == 4 and shape[-1] in (1, 3, 4) and observed == shape[:1]:
        return "TYXC"
    if len(shape) > 3 and observed in (shape[:2], shape[1:2]) and observed != shape[:1]:
        return "NTYX" if len(shape) == 4 else "NTYXC" if len(shape) == 5 else None
    return None


def _places(times: Sequence[float] | np.ndarray, length: int) -> np.ndarray:
    """When images at ``times`` are, in steps. UserError where these do not rise, or are not ``length``."""
    instants = np.asarray(times)
    if instants.shape != (length,):
        raise UserError(f"times is of {instants.shape}, expected ({length},): one for each image")
    if instants.dtype.kind == "M":
        instants = instants.astype("datetime64[us]").astype(np.float64) / 1e6
    elif instants.dtype.kind not in "iuf":
        raise UserError(f"times is {instants.dtype}, expected numbers or datetime64")
    timeline, index = arrange(instants, "number", "times")
    return timeline.places[index]
