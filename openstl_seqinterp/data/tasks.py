"""A task is a pair of index lists: which frames a network is given, in which order, and which it must produce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UserError


@dataclass(frozen=True)
class Task:
    """Positions in a sequence, counted from 0: the frames to read, in order, and the frames to predict, in order.

    ``Task((7, 6, 5, 4), (3,))`` interpolates image 4 of the paper backwards in time;
    ``Task((11, 12, 13, 14), (15,))`` extrapolates image 16. Where a network is told which images are unobserved,
    ``context`` may name those too: ``Task((0, 1, 2, 3, 4, 5, 6, 7), (3,))`` reads both sides of image 4.
    """

    context: tuple[int, ...]
    targets: tuple[int, ...]


def runs(observed: Sequence[bool] | np.ndarray) -> list[range]:
    """The maximal stretches of consecutive observed positions, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(observed, bool), [False]]).astype(int)))
    return [range(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def windows(observed: Sequence[bool] | np.ndarray, context: int, targets: int) -> list[Task]:
    """Every window of ``context + targets`` consecutive observed frames, forwards and then backwards in time.

    The paper's training set: images 5-15 observed, 4 in, 4 out, gives 4 windows in each direction.
    Raises UserError where no stretch is long enough.
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


def one_sided(observed: Sequence[bool] | np.ndarray, target: int, context: int) -> Task:
    """The task that predicts the missing frame ``target`` from the ``context`` frames next to it on one side.

    Forwards in time where there are enough observed frames before it, else backwards from those after it
    (image 4 of the paper has only three before it, so it is predicted from 8, 7, 6, 5).
    Raises UserError where neither side has enough.
    """
    known = np.asarray(observed, bool)
    for step in (-1, 1):
        side = range(target + step * context, target, -step)
        if all(0 <= position < len(known) and known[position] for position in side):
            return Task(tuple(side), (target,))
    raise UserError(f"image {target + 1} has fewer than {context} observed images in a row on either side of it")


def infill_windows(observed: Sequence[bool] | np.ndarray, slots: int) -> list[Task]:
    """Every window of ``slots`` consecutive observed frames with each of its frames as the target, in both directions.

    Targets at the ends of a window extrapolate, those inside it interpolate. The paper's images 5-15 with 8 slots give
    4 windows x 2 directions x 8 targets. Raises UserError where no stretch is long enough.
    """
    whole = windows(observed, slots, 0)
    return [Task(window.context, (target,)) for window in whole for target in window.context]


def around(length: int, target: int, slots: int) -> Task:
    """The task that predicts ``target`` from the ``slots`` frames around it, itself among them, in time order.

    The window is centred on the target, the later half the shorter one, and shifted where it would leave the sequence:
    of 16 frames and 8 slots, frame 3 is predicted from 0-7 and frame 15 from 8-15.
    Raises UserError where the sequence has fewer frames than slots.
    """
    if slots > length:
        raise UserError(f"a sequence of {length} images is shorter than the {slots} that the network reads")
    start = min(max(target - slots // 2, 0), length - slots)
    return Task(tuple(range(start, start + slots)), (target,))
