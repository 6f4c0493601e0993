"""How the sequences of an array are filled, whatever holds the array: what `fill` and its lazy form share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ..io.axes import View, read_axes
from ..io.source import DTYPES, Levels
from ..io.timeline import arrange
from .fillers import Filler, make_fillers
from .scale import Scale
from .uncertainty import Fit
from .ways import Ways


@dataclass(frozen=True)
class Way:
    """How an array is filled: the options of `fill` of the same names."""

    checkpoint: str | Path | None
    method: str | None
    device: str
    tile: int
    range: tuple[float, float] | None
    fill_value: float | None
    labels: bool
    cuts: bool
    return_std: bool

    def fillers(self) -> list[Filler]:
        """The fillers that are asked for."""
        return make_fillers(self.checkpoint, self.method, self.device, self.tile)

    def scale(self, dtype: np.dtype) -> Scale:
        """The scale of values before their range is known."""
        return Scale(dtype, *(self.range or (0.0, 1.0)), self.fill_value, self.labels or dtype.kind == "b")

    def scale_of(self, frames: Iterable[np.ndarray], dtype: np.dtype) -> Scale:
        """The scale of values whose range is that of ``frames``, each (H, W, C)."""
        kind = self.scale(dtype)
        levels = (Levels.of(frame, kind.holes(frame)) for frame in frames)
        return Scale.of(dtype, filter(None, levels), self.fill_value, kind.labels)

    def ways(
        self,
        fillers: Sequence[Filler],
        scale: Scale,
        read: Callable[[int], np.ndarray],
        mask: np.ndarray,
        places: np.ndarray | None,
        number: int | None = None,
        fit: Fit | None = None,
    ) -> Ways:
        """`Ways` of one sequence, of which ``read`` gives an image (H, W, C) in the array's own values."""
        unit = lambda place: scale.to_unit(read(place))  # noqa: E731 - of this sequence
        return Ways(fillers, scale, unit, mask, places, cuts=self.cuts, number=number, fit=fit)

    def fill(self, ways: Ways, missing: Sequence[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """The places that are ``missing``, what fills each (H, W, C), and how far that may be off (H, W, 1)."""
        filling = ways.choice.filling
        for place in missing:
            image = filling[place]
            deviation = ways.deviation(float(filling.places[place]), image)[..., None] if self.return_std else None
            yield place, filling.scale.from_unit(image), deviation


def understood(frames: Any, observed: Any, axes: str | None, fill_value: float | None) -> tuple[View, np.ndarray]:
    """An array by its sequences, and which images are observed, bool (N, T). UserError where they don't fit.

    Without ``observed``, an image is missing where no pixel has a value.
    """
    if np.dtype(frames.dtype).name not in DTYPES or 0 in frames.shape:
        raise UserError(f"frames is {frames.dtype} {frames.shape}, expected one of {', '.join(DTYPES)}, none of it 0")
    known = None if observed is None else np.asarray(observed)
    axes = axes or (None if known is None else _axes(frames.shape, known.shape))
    view = View(frames, read_axes(frames.shape, axes, "frames", "axes="))
    shape = (view.sequences, view.count)
    if known is None:
        known = _with_values(frames, view.axes, fill_value).reshape(shape)
    if known.dtype != bool or known.shape not in (shape[1:], shape):
        raise UserError(f"observed is {known.dtype} {known.shape}, expected bool {shape[1:]} or {shape}")
    return view, np.broadcast_to(known, shape)


def _with_values(frames: Any, axes: str, fill_value: float | None) -> np.ndarray:
    """Bool (..., T): the images in which some pixel has a value. An array of Dask is read once for this."""
    if frames.dtype.kind != "f" and fill_value is None:
        raise UserError(f"frames is {frames.dtype}, which has no NaN: say which images are there with observed")
    channels, image = ([axes.index(each) for each in axes if each in group] for group in ("CS", "YX"))
    empty = (~np.isfinite(frames)).any(axis=tuple(channels), keepdims=True)
    if fill_value is not None:
        empty = empty | (frames == fill_value).all(axis=tuple(channels), keepdims=True)
    absent = np.asarray(empty.all(axis=tuple(image), keepdims=True))
    order = [place for place, letter in enumerate(axes) if letter != "T"]
    return ~absent.transpose(*order, axes.index("T"))


def _axes(shape: tuple[int, ...], observed: tuple[int, ...]) -> str | None:
    """The axes that the shape of ``observed`` tells; None where it does not."""
    if len(shape) == 4 and shape[-1] in (1, 3, 4) and observed == shape[:1]:
        return "TYXC"
    if len(shape) > 3 and observed in (shape[:2], shape[1:2]) and observed != shape[:1]:
        return "NTYX" if len(shape) == 4 else "NTYXC" if len(shape) == 5 else None
    return None


def in_steps(times: Any, length: int, fillers: Sequence[Filler]) -> np.ndarray | None:
    """When images at ``times`` are, in steps; None where nothing says it.

    UserError where times do not rise, are not ``length``, or are not as one of the fillers needs them.
    """
    if times is None:
        return None
    instants = np.asarray(times)
    if instants.shape != (length,):
        raise UserError(f"times is of {instants.shape}, expected ({length},): one for each image")
    if instants.dtype.kind == "M":
        instants = instants.astype("datetime64[us]").astype(np.float64) / 1e6
    elif instants.dtype.kind not in "iuf":
        raise UserError(f"times is {instants.dtype}, expected numbers or datetime64")
    timeline, index = arrange(instants, "number", "times")
    places = timeline.places[index]
    strict = next((filler.name for filler in fillers if filler.regular), None)
    if strict is not None and np.ptp(np.diff(places)) > 1e-6:
        raise UserError(f"{strict} reads images that are one step apart, and times= says that these are not")
    return places
