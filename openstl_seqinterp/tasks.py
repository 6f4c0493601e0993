"""A task is a pair of index lists: which frames a network is given, in which order, and which it must produce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import UserError


@dataclass(frozen=True)
class Task:
    """Positions in a sequence, counted from 0: the frames to read, in order, and the frames to predict, in order.

    ``Task((7, 6, 5, 4), (3,))`` interpolates image 4 of the paper backwards in time;
    ``Task((11, 12, 13, 14), (15,))`` extrapolates image 16. If a network is told which images are unobserved,
    ``context`` may include those too: ``Task((0, 1, 2, 3, 4, 5, 6, 7), (3,))`` reads both sides of image 4.
    """

    context: tuple[int, ...]
    targets: tuple[int, ...]


def shown(observed: Sequence[bool] | np.ndarray, positions: Sequence[int]) -> list[int]:
    """Those of the ``positions`` that are in the sequence and ``observed`` (T,)."""
    return [position for position in positions if 0 <= position < len(observed) and observed[position]]


def runs(observed: Sequence[bool] | np.ndarray) -> list[range]:
    """The maximal stretches of consecutive observed positions, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(observed, bool), [False]]).astype(int)))
    return [range(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def windows(observed: Sequence[bool] | np.ndarray, context: int, targets: int) -> list[Task]:
    """Every window of ``context + targets`` consecutive observed frames, forwards and then backwards in time.

    The paper's training set: images 5-15 observed, 4 in, 4 out, gives 4 windows in each direction.
    Raises UserError if no stretch is long enough.
    """
    length = context + targets
    forward = [
        tuple(run[start : start + length]) for run in runs(observed) for start in range(max(0, len(run) - length + 1))
    ]
    if not forward:
        longest = max((len(run) for run in runs(observed)), default=0)
        raise UserError(
            f"no {length} consecutive images are observed (at most {longest}), so there is nothing to train on"
        )
    both = forward + [window[::-1] for window in forward]
    return [Task(window[:context], window[context:]) for window in both]


def one_sided(observed: Sequence[bool] | np.ndarray, target: int, context: int) -> tuple[int, ...] | None:
    """The ``context`` observed frames next to the missing frame ``target`` on one side, in order towards it.

    Forwards in time if there are enough observed frames before it, else backwards from those after it
    (image 4 of the paper has only three before it, so it is predicted from 8, 7, 6, 5).
    None if neither side has enough.
    """
    known = np.asarray(observed, bool)
    for step in (-1, 1):
        side = range(target + step * context, target, -step)
        if all(0 <= position < len(known) and known[position] for position in side):
            return tuple(side)
    return None


def infill_windows(observed: Sequence[bool] | np.ndarray, slots: int) -> list[Task]:
    """Every window of ``slots`` consecutive observed frames with each of its frames as the target, in both directions.

    Targets at the ends of a window extrapolate, those inside it interpolate. The paper's images 5-15 with 8 slots give
    4 windows x 2 directions x 8 targets. Raises UserError if no stretch is long enough.
    """
    whole = windows(observed, slots, 0)
    return [Task(window.context, (target,)) for window in whole for target in window.context]


def around(observed: Sequence[bool] | np.ndarray, target: float, slots: int) -> tuple[int, ...]:
    """The ``slots`` consecutive positions near ``target`` of which most are observed, in time order.

    They include the target or, if it lies between two positions, the later of these. Stretches that show both sides of
    it come first. Of several that show as many, the one with the target nearest its middle is taken, where the later
    half is the shorter one: of 16 frames with 3 and 15 missing and 8 slots, frame 3 is read from 0-7 and frame 15 from
    8-15. Positions beyond the end of a sequence shorter than ``slots`` count as not observed.
    """
    length, place = len(observed), int(np.ceil(target))
    seen = np.append(np.asarray(observed, bool), np.zeros(slots, bool))
    starts = range(max(0, place - slots + 1), max(0, min(place, length - slots)) + 1)

    def worth(start: int) -> tuple[bool, int, int]:
        whole = seen[start : start + slots]
        both = bool(whole[: place - start].any() and seen[place + 1 : start + slots].any())
        return both, int(whole.sum()), -abs(start + slots // 2 - place)

    best = max(starts, key=worth)
    return tuple(range(best, best + slots))


def nearest(observed: Sequence[bool] | np.ndarray, target: float, slots: int, reach: int) -> tuple[int, ...]:
    """``slots`` positions: the target's and those of the observed frames nearest to it, in time order.

    As `around`, for what reads frames at any times: others that are missing take no slots but those that are left, so
    that both sides are seen however many are missing in a row, as far as ``reach`` positions away.
    """
    length, place = len(observed), int(np.ceil(target))
    near = range(place - reach, place + reach + 1)
    kept = [each for each in near if each == place or (0 <= each < length and observed[each])]
    first = max(0, min(kept.index(place) - slots // 2, len(kept) - slots))
    taken = kept[first : first + slots]
    others = set(range(max(length, place + 1) + slots)) - set(kept)
    left = sorted(others, key=lambda each: (each >= length, abs(each - place)))[: slots - len(taken)]
    return tuple(sorted([*taken, *left]))
