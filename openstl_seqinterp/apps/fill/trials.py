"""Known images that are hidden and filled like those that are missing: what they tell is true of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

HIDDEN = 8  # known images at most
_NEAR = 4  # of them for one target: others say less of it
_SAME = 1e-6  # of a step


class Trial(NamedTuple):
    """A known ``position``, and the known ones that are ``hidden`` for it: itself, and some beside it."""

    position: int
    hidden: list[int]


def trials(observed: np.ndarray, places: np.ndarray, targets: Sequence[float]) -> list[Trial]:
    """At most `HIDDEN` of the ``observed`` (T,) positions, each to be hidden as far from others as a target is.

    ``places`` (T,) says when the positions are, ``targets`` are places that are filled. Trials are in the order of
    their positions, the nearest ones of targets that are spread over all: what is near shows much the same, and has
    about as many others on each side. None is left with nothing on a side on which its target has something.
    """
    known = np.flatnonzero(observed)
    spread = np.unique(np.linspace(0, len(targets) - 1, HIDDEN).astype(int)) if len(targets) else np.array([], int)
    found: dict[int, Trial] = {}
    for target in np.asarray(targets)[spread].tolist():
        fit = (each for each in _near(known, places, target) if each.position not in found)
        found |= {each.position: each for each in islice(fit, min(_NEAR, HIDDEN // len(spread)))}
    return [found[position] for position in sorted(found)]


def _near(known: np.ndarray, places: np.ndarray, target: float) -> Iterator[Trial]:
    """What can be tried for a target, the nearest first."""
    at = places[known]
    before, after = _distances(at, target)
    for position in known[np.argsort(np.abs(at - target), kind="stable")].tolist():
        offset = at - places[position]
        past, future = offset <= _SAME - before, offset >= after - _SAME
        if (past.any() or np.isinf(before)) and (future.any() or np.isinf(after)):
            yield Trial(position, known[~(past | future)].tolist())


def _distances(known: np.ndarray, target: float) -> tuple[float, float]:
    """How far the nearest of the ``known`` places are before and after a target; infinite where there is none."""
    before, after = target - known[known < target], known[known > target] - target
    return float(before.min(initial=np.inf)), float(after.min(initial=np.inf))
