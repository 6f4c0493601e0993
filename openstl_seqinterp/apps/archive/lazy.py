"""`fill` of arrays of Dask and xarray: the same values as of an array in memory, each block when it is asked for.

A block of the result is some images of one sequence, as many as the array has in a chunk. It is read from the images
around it, as far as a method and the look for cuts may reach. The range of values is taken from the same images as in
memory, once; where methods are chosen or the uncertainty is fitted, a sequence is read as a whole for it, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import UserError
from ..fill.arrays import Way, in_steps, understood
from ..fill.fillers import Filler
from ..fill.plan import Reading, plan
from ..fill.scale import Scale
from ..fill.uncertainty import Fit
from ..fill.ways import Ways
from ..io.axes import View, named_axes
from ..io.extras import DASK, extra
from ..io.source import spread

_BESIDE = 8  # known images beyond those that are read, which the look for cuts and flashes may take


def fill_xarray(frames: Any, observed: Any, way: Way, axes: str | None, times: Any) -> Any:
    """`fill` of a DataArray: one with the same coordinates and attributes. Its times are those of the coordinate."""
    from ..fill import fill

    if not hasattr(frames, "dims") or not hasattr(frames, "data"):
        raise UserError(f"frames is a {type(frames).__name__} of xarray, expected a DataArray: name a variable of it")
    axes = axes or named_axes([str(name) for name in frames.dims], frames.shape)
    if times is None and axes is not None:
        coordinate = frames.coords.get(frames.dims[axes.upper().index("T")])
        if coordinate is not None and coordinate.dtype.kind in "iufM":
            times = coordinate.values
    found = fill(frames.data, observed, axes=axes, times=times, **vars(way))
    if not way.return_std:
        return frames.copy(data=found)
    return tuple(frames.copy(data=each) for each in found)


def fill_dask(frames: Any, observed: Any, way: Way, axes: str | None, times: Any) -> Any:
    """`fill` of an array of Dask."""
    with extra(DASK, "an array of Dask"):
        import dask.array as da
        from dask import delayed

    view, known = understood(frames, observed, axes, way.fill_value)
    fillers = _fillers(way)
    places = in_steps(times, view.count, fillers)
    scale: Any = way.scale(frames.dtype)
    if way.range is None:
        seen = np.argwhere(known).tolist()
        sampled = [_stretch(view, seen[number][0], seen[number][1], 1) for number in spread(len(seen))]
        scale = delayed(_scale_of)(sampled, _inner(view.axes), way, np.dtype(frames.dtype))
    own = np.arange(float(view.count)) if places is None else places
    chunks = frames.chunks[view.axes.index("T")]

    def sequence(number: int) -> list[Any]:
        """The blocks of a sequence, along T: of the values, and of how far they may be off."""
        mask = known[number]
        common = (_inner(view.axes), mask, places, scale, way)
        readings = [plan(filler, mask, own) for filler in fillers]
        measured: Any = (None, None)
        if not mask.all() and (len(fillers) > 1 or way.return_std):
            measured = delayed(_measured)(_stretch(view, number, 0, view.count), *common)
        results: list[list[Any]] = [[], []]
        for start, size in zip(np.cumsum([0, *chunks]).tolist(), chunks, strict=False):
            block, positions = _stretch(view, number, start, size), range(start, start + size)
            if mask[start : start + size].all():
                results[0].append(block)
                results[1].append(da.zeros(block.shape, dtype=np.float32, chunks=block.shape))
                continue
            first, stop = _reach(readings, mask, positions)
            stretch = _stretch(view, number, first, stop - first)
            found = delayed(_filled, nout=2)(stretch, first, positions, *common, measured)
            for result, each, dtype in zip(results, found, (frames.dtype, np.float32), strict=True):
                result.append(da.from_delayed(each, block.shape, dtype))
        return [da.concatenate(each, axis=_inner(view.axes).index("T")) for each in results]

    both = [sequence(number) for number in range(view.sequences)]
    result, std = (_stacked(da.stack, view, [each[place] for each in both]) for place in (0, 1))
    return (result, std) if way.return_std else result


@lru_cache(4)
def _fillers(way: Way) -> list[Filler]:
    return way.fillers()


def _inner(axes: str) -> str:
    """The axes of one sequence."""
    return "".join(letter for letter in axes if letter in "TYXCS")


def _stretch(view: View, sequence: int, first: int, count: int) -> Any:
    """``count`` images of a sequence from the ``first`` on, in its own axes."""
    return view.array[view.index(sequence, slice(first, first + count))]


def _stacked(stack: Callable[..., Any], view: View, sequences: list[Any]) -> Any:
    """The sequences in the axes that they came from, the last of the others first."""
    axes = view.axes
    for letter in reversed([each for each in axes if each not in "TYXCS"]):
        size, place = view.array.shape[axes.index(letter)], sum(each in "TYXCS" for each in axes[: axes.index(letter)])
        sequences = [stack(sequences[start : start + size], axis=place) for start in range(0, len(sequences), size)]
    return sequences[0]


def _reach(readings: Sequence[dict[int, Reading]], mask: np.ndarray, positions: range) -> tuple[int, int]:
    """The first position, and that after the last, of what may be read to fill those of ``positions``."""
    known = np.flatnonzero(mask)
    sources, most, done = {*positions}, 0, set[tuple[int, int]]()
    waiting = [(number, each) for number in range(len(readings)) for each in positions if not mask[each]]
    while waiting:
        number, target = waiting.pop()
        done.add((number, target))
        found = readings[number][target].sources
        sources |= {*found}
        most = max(most, len(found))
        waiting += {(number, each) for each in found if not mask[each]} - done
    first, last = np.searchsorted(known, [min(sources), max(sources)]).tolist()
    beside = _BESIDE + most
    return (
        min(int(known[max(0, first - beside)]), min(sources)),
        1 + max(int(known[min(len(known) - 1, last + beside)]), max(sources)),
    )


def _scale_of(sampled: Sequence[np.ndarray], axes: str, way: Way, dtype: np.dtype) -> Scale:
    return way.scale_of((View(each, axes).frame(0, 0) for each in sampled), dtype)


def _ways(
    stretch: np.ndarray,
    first: int,
    axes: str,
    mask: np.ndarray,
    places: np.ndarray | None,
    scale: Scale,
    way: Way,
    number: int | None = None,
    fit: Fit | None = None,
) -> Ways:
    """`Ways` of a sequence of which there is a ``stretch``, from the position ``first`` on."""
    view = View(stretch, axes)

    def read(position: int) -> np.ndarray:
        if not first <= position < first + view.count:
            raise UserError(f"image {position + 1} is far from those that are filled; make the chunks in time longer")
        return view.frame(0, position - first)

    return way.ways(_fillers(way), scale, read, mask, places, number, fit)


def _measured(
    sequence: np.ndarray, axes: str, mask: np.ndarray, places: np.ndarray | None, scale: Scale, way: Way
) -> tuple[int, Fit | None]:
    """The number of the filler of a sequence, and the fit of its uncertainty."""
    ways = _ways(sequence, 0, axes, mask, places, scale, way)
    return ways.choice.number, ways.uncertainty.fit if way.return_std else None


def _filled(
    stretch: np.ndarray,
    first: int,
    positions: range,
    axes: str,
    mask: np.ndarray,
    places: np.ndarray | None,
    scale: Scale,
    way: Way,
    measured: tuple[int | None, Fit | None],
) -> tuple[np.ndarray, np.ndarray]:
    """The images at ``positions``, and how far they may be off."""
    ways, time = _ways(stretch, first, axes, mask, places, scale, way, *measured), axes.index("T")
    result = stretch.take(np.arange(positions.start, positions.stop) - first, axis=time)
    std = np.zeros(result.shape, np.float32)
    frames, deviations = View(result, axes), View(std, axes)
    for place, frame, deviation in way.fill(ways, [each for each in positions if not mask[each]]):
        frames.store(0, place - positions.start, frame)
        if deviation is not None:
            deviations.store(0, place - positions.start, np.broadcast_to(deviation, frame.shape))
    return result, std
