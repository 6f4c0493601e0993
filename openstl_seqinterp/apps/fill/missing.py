"""Which images of a sequence are to be filled: those without values, and what a user asks for by a name of `KINDS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import UserError, nearest
from ..io import Source
from ..words import numbered
from .request import Request

_FROZEN = 0.1  # of the usual change from one image to the next: less is none
_BLOCK = 16  # pixels a side: damage is looked for in blocks
_DAMAGED = 4.0  # times as far from both neighbours as these are from each other
_VISIBLE = 0.1  # of the range of values: a smaller difference is no damage
_AREA = 0.02  # of the blocks of an image: less damage is none


def _present(source: Source, sequence: int) -> Iterator[tuple[int, np.ndarray]]:
    """The positions and images (H, W, C) of a sequence, float32, NaN where they have no value."""
    for position in source.present:
        frame = source.read(sequence, position)
        image = frame.astype(np.float32)
        holes = source.holes(frame)
        if holes is not None:
            image[holes] = np.nan
        yield position, image


def empty(source: Source, sequence: int) -> Iterator[int]:
    """Images that have no value at all."""
    if source.fill_value is None and source.dtype.kind != "f":
        return
    for position, image in _present(source, sequence):
        if np.isnan(image).all():
            yield position


def black(source: Source, sequence: int) -> Iterator[int]:
    """Images whose colours are all 0, whether they are opaque or not."""
    for position, image in _present(source, sequence):
        if not image[..., :3].any():
            yield position


def frozen(source: Source, sequence: int) -> Iterator[int]:
    """Images that repeat the one before while the sequence moves, as a camera leaves them that lost a frame."""
    changes: dict[int, float] = {}
    before = None
    for position, image in _present(source, sequence):
        if before is not None:
            difference = np.abs(image - before)
            changes[position] = float(np.nanmean(difference)) if not np.isnan(difference).all() else np.inf
        before = image
    usual = float(np.median([change for change in changes.values() if change > 0] or [0.0]))
    yield from (position for position, change in changes.items() if change < _FROZEN * usual)


def damaged(source: Source, sequence: int) -> Iterator[int]:
    """Images that differ in part from both neighbours much more than these differ from each other.

    Blocks of 16x16 pixels are compared by their mean difference. The first and last image cannot be judged.
    """
    limits = source.value_range
    visible = _VISIBLE * (limits[1] - limits[0]) if limits else 0.0
    window: list[tuple[int, np.ndarray]] = []
    for each in _present(source, sequence):
        window = [*window, each][-3:]
        if len(window) == 3:
            (_, before), (position, image), (_, after) = window
            near = np.minimum(_blocks(image - before), _blocks(image - after))
            strange = near > np.maximum(_DAMAGED * _blocks(after - before), visible)
            if strange.mean() >= _AREA:
                yield position


def _blocks(difference: np.ndarray) -> np.ndarray:
    """The mean absolute difference of each block of an image (H, W, C); pixels without a value count as equal."""
    height, width = difference.shape[:2]
    size = np.nan_to_num(np.abs(difference)).mean(axis=-1)
    rows, columns = (np.arange(0, side, _BLOCK) for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(size, rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    return np.asarray(sums / counts)


KINDS: dict[str, Callable[[Source, int], Iterator[int]]] = {
    "auto": empty,
    "black": black,
    "frozen": frozen,
    "damaged": damaged,
}


class Seen(NamedTuple):
    """What is ``missing`` of a source, and which known images have ``holes`` to fill, bool (N, T); and what to say."""

    missing: np.ndarray
    holes: np.ndarray
    found: list[str]


_HOLES = "holes"


def look(source: Source, sequence: int, request: Request) -> dict[str, list[int]]:
    """What must be looked for in a whole sequence: the positions of each kind of `KINDS` that is asked for, and holes.

    The sequence is read only where something is to be looked for.
    """
    kinds = [kind for kind in request.missing if kind in KINDS]
    found = {kind: list(KINDS[kind](source, sequence)) for kind in kinds}
    if request.holes == "fill":
        found[_HOLES] = [each for each in source.present if source.holes(source.read(sequence, each)) is not None]
    return found


def see(source: Source, request: Request) -> Seen:
    """What is asked for of a source, looked for in all of its sequences. UserError as of `looked_through`."""
    check_missing(source, request.missing)
    return looked_through(source, request, [look(source, sequence, request) for sequence in range(source.sequences)])


def looked_through(source: Source, request: Request, looks: Sequence[Mapping[str, list[int]]]) -> Seen:
    """What is to be filled, by what was found in each sequence (`look`) and by the numbers that are asked for.

    Positions without a frame always are. Numbers count from 1. UserError for those beyond the sequence, and for
    anything else.
    """
    numbers = check_missing(source, request.missing)
    missing, holes = np.zeros((2, source.sequences, source.length), bool)
    missing[:, [*source.absent, *numbers]] = True
    found = []
    for kind in request.missing:
        for sequence, each in enumerate(looks):
            if positions := each.get(kind):
                missing[sequence, positions] = True
                where = f" in sequence {sequence + 1}" if source.sequences > 1 else ""
                found.append(f"--missing {kind}{where}: {numbered(positions)}")
    for sequence, each in enumerate(looks):
        holes[sequence, each.get(_HOLES, [])] = True
    return Seen(missing, holes, found)


def check_missing(source: Source, requested: Sequence[str]) -> list[int]:
    """The positions whose numbers are requested. UserError for what is neither a number of an image nor a kind."""
    positions = []
    for request in requested:
        if request in KINDS:
            continue
        if re.fullmatch(r"-?[0-9]{19,}", request):  # Python does not read thousands of digits
            raise UserError(f"--missing {request:.40}: {source.path} has images 1 to {source.length}")
        if not re.fullmatch(r"-?[0-9]+", request):
            raise UserError(
                f"--missing {request!r} is neither a number nor one of {', '.join(KINDS)}{nearest(request, KINDS)}"
            )
        if not 1 <= int(request) <= source.length:
            raise UserError(f"--missing {request}: {source.path} has images 1 to {source.length}")
        positions.append(int(request) - 1)
    return positions
