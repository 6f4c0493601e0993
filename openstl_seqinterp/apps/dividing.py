"""Which images of a user's are for training, validation and tests, and how long the sequences can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data.sequences import TEST, TRAIN, VALIDATION
from ..data.store import tested, windows
from ..errors import UserError
from .io.source import Source
from .scenes import NO_EDGES, Edges

PARTS = {"training": TRAIN, "validation": VALIDATION, "tests": TEST}
_SHARE = 0.15  # of the sources, or of the time of a source, for validation, and as much for tests
_FEWEST = 12  # images: four of a sequence for each part
_SHORTEST, _LONGEST = 4, 16  # images of a sequence, where nobody says how many


class Unit(NamedTuple):
    """One sequence of a source: ``known`` (F,) are its positions with an image, ``gap`` (F,) rises at each gap or cut.

    ``cuts`` are the positions with which a new scene begins, ``flashes`` those that are left out of ``known`` as
    unlike the images on both sides.
    """

    source: Source
    sequence: int
    known: np.ndarray
    gap: np.ndarray
    cuts: Sequence[int]
    flashes: Sequence[int]

    @classmethod
    def of(cls, source: Source, sequence: int, known: np.ndarray, edges: Edges = NO_EDGES) -> Unit:
        known, cuts = np.setdiff1d(known, edges.flashes), [after for _, after in edges.cuts]
        steps = np.ones(len(known) - 1) if source.timeline.regular else np.diff(source.timeline.places)[known[:-1]]
        jumps = (np.diff(known) > 1) | (steps > 1.5) | np.isin(known[1:], np.array(cuts, int))
        return cls(source, sequence, known, np.concatenate([[0], np.cumsum(jumps)]), cuts, edges.flashes)

    def scenes(self) -> dict[str, Any]:
        """Before which images a scene begins, and which are flashes, in numbers from 1."""
        before, flashes = ([position + 1 for position in each] for each in (self.cuts, self.flashes))
        return {"input": str(self.source.path), "sequence": self.sequence + 1, "before": before, "flashes": flashes}

    def cut(self, stop: int, length: int) -> int:
        """Where the part of the data that ends before ``stop`` begins, so that it has its share and a window."""
        start = stop - max(length, round(_SHARE * len(self.known)))
        while start > 0 and not len(windows(self.gap[start:stop], length, 1)):
            start -= 1
        return max(0, start)


def divide(units: Sequence[Unit], length: int, seed: int) -> list[np.ndarray]:
    """The part (F,) of each frame of each unit. Units are drawn at random; fewer than 3 are cut in time."""
    parts = [np.full(len(unit.known), TRAIN, np.uint8) for unit in units]
    if len(units) < 3:
        for unit, part in zip(units, parts, strict=True):
            last = unit.cut(len(part), length)
            part[unit.cut(last, length) : last], part[last:] = VALIDATION, TEST
        return parts
    able = np.array([number for number, unit in enumerate(units) if len(windows(unit.gap, length, 1))], int)
    few = max(1, round(_SHARE * len(able)))
    order = np.random.default_rng(seed).permutation(len(able))
    for value, chosen in ((VALIDATION, order[:few]), (TEST, order[few : 2 * few])):
        for number in able[chosen]:
            parts[number][:] = value
    return parts


def _table(units: Sequence[Unit], parts: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """What the store holds of each frame (F,), in order."""
    part = np.concatenate(parts)
    unit = np.repeat(np.arange(len(units)), [len(each) for each in parts])
    keys = np.stack([unit, np.concatenate([each.gap for each in units]), part])
    sources = list({id(each.source): each.source for each in units}.values())
    numbers = {id(source): number for number, source in enumerate(sources)}
    return {
        "part": part,
        "stretch": np.concatenate([[0], np.cumsum((np.diff(keys) != 0).any(axis=0))]),
        "source": np.array([numbers[id(each.source)] for each in units])[unit],
        "sequence": np.array([each.sequence for each in units])[unit],
        "instant": np.concatenate([each.source.timeline.instants[each.known] for each in units]),
    }


def counts(table: dict[str, np.ndarray], length: int, stride: int) -> dict[str, int]:
    every = windows(table["stretch"], length, stride)
    found = {name: int((table["part"][every[:, 0]] == part).sum()) for name, part in PARTS.items()}
    return {**found, "tests": len(tested(table["part"], table["stretch"], length))}


def plan(units: Sequence[Unit], length: int | None, stride: int, seed: int) -> tuple[dict[str, np.ndarray], int]:
    """Which frame is in which part, and how many images a sequence has: ``length``, or the most that leaves half of the
    images, or else any, for training. UserError where there are too few.
    """
    total = sum(len(unit.known) for unit in units)
    if total < _FEWEST:
        raise UserError(f"there are {total} images, expected at least {_FEWEST}: 4 for each part; give more images")
    tried = [length] if length else range(_LONGEST, _SHORTEST - 1, -1)
    tables = {each: _table(units, divide(units, each, seed)) for each in tried}
    fit = [each for each, table in tables.items() if all(counts(table, each, stride).values())]
    for each in [*(each for each in fit if (tables[each]["part"] == TRAIN).mean() >= 0.5), *fit]:
        return tables[each], each
    found = ", ".join(f"{count} for {part}" for part, count in counts(tables[tried[-1]], tried[-1], stride).items())
    raise UserError(
        f"{total} images give {found} of {tried[-1]} in a row, expected at least one of each; give more images"
        + (", or a smaller --length" if length else "")
        + (", or --cuts none, since there are cuts between scenes" if any(unit.cuts for unit in units) else "")
    )
