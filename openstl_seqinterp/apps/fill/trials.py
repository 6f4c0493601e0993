"""Known images that are hidden and filled like those that are missing: what they tell is true of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

HIDDEN = 8  # known images at most


class Trial(NamedTuple):
    """A known ``position``, and the known ones that are ``hidden`` for it: itself, and some beside it."""

    position: int
    hidden: list[int]


def trials(observed: np.ndarray, places: np.ndarray, targets: Sequence[float]) -> Iterator[Trial]:
    """At most `HIDDEN` of the ``observed`` (T,) positions, each to be hidden as far from others as a target is.

    ``places`` (T,) says when the positions are, ``targets`` are places that are filled. Trials are spread over the
    sequence, and over the targets.
    """
    known = np.flatnonzero(observed)
    if not len(known) or not len(targets):
        return
    some = known[np.unique(np.linspace(0, len(known) - 1, HIDDEN + 2).astype(int))[1:-1]]
    chosen = np.linspace(0, len(targets) - 1, max(1, len(some))).astype(int)
    for position, target in zip(some.tolist(), np.asarray(targets)[chosen].tolist(), strict=False):
        before, after = _distances(places[known], target)
        offset = places[known] - places[position]
        yield Trial(position, known[(offset > -before + 1e-6) & (offset < after - 1e-6)].tolist())


def _distances(known: np.ndarray, target: float) -> tuple[float, float]:
    """How far the nearest of the ``known`` places are before and after a target; infinite where there is none."""
    before, after = target - known[known < target], known[known > target] - target
    return float(before.min(initial=np.inf)), float(after.min(initial=np.inf))
