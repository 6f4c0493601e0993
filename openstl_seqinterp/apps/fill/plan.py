"""Missing images of any sequence, by a trained method or by a baseline: which images each is read from, and reading it.

A sequence is anything with images (H, W, C) at positions 0, 1, ... of which some are observed. Images are planned
before the first is computed, so a mistake is found early; and they are computed one at a time in the order in which
they are asked for, so a sequence may be longer than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UserError
from ...tasks import Task
from .fillers import Filler

_REMEMBERED = 32  # filled images kept for others that are read from them


@dataclass(frozen=True)
class Plan:
    """How the missing images of a sequence are read: the `Task` of each, and the observed positions at that time."""

    tasks: dict[int, Task]
    known: dict[int, np.ndarray]


def plan(filler: Filler, observed: np.ndarray) -> Plan:
    """A task for every image that is not ``observed`` (T,). UserError where there are too few to begin with.

    Images are read from observed ones where there are enough of these, else from images that were filled before.
    """
    known, tasks, then = np.array(observed, bool), {}, {}
    while not known.all():
        found = {int(t): filler.context(known, int(t)) for t in np.flatnonzero(~known)}
        ready = {target: context for target, context in found.items() if context is not None}
        if not ready:
            missing = ", ".join(str(target + 1) for target in list(found)[:5])
            raise UserError(
                f"image {missing} cannot be filled: {filler.needs} are needed beside it, and of {len(observed)} images "
                f"{int(np.sum(observed))} are observed"
            )
        now = known.copy()
        for target, context in ready.items():
            tasks[target], then[target] = Task(context, (target,)), now
        known[list(ready)] = True
    return Plan(tasks, then)


class Filling:
    """The images of a sequence (H, W, C) in [0, 1] by position, the missing ones filled when they are asked for.

    ``read`` gives an observed one. Ask in rising order.
    """

    def __init__(self, filler: Filler, read: Callable[[int], np.ndarray], observed: np.ndarray) -> None:
        self.filler, self.read, self.observed = filler, read, np.asarray(observed, bool)
        self.plan = plan(filler, self.observed)
        self._filled: dict[int, np.ndarray] = {}

    def __getitem__(self, position: int) -> np.ndarray:
        if self.observed[position]:
            return self.read(position)
        waiting = [position]
        while waiting:  # those that this one is read from come first
            target = waiting[-1]
            needed = {place for place in self.sources(target) if not self.observed[place]} - self._filled.keys()
            if needed:
                waiting += needed
            else:
                self._filled[waiting.pop()] = self._predict(target)
        for old in [place for place in self._filled if place < position - _REMEMBERED]:
            del self._filled[old]
        return self._filled[position]

    def sources(self, target: int) -> list[int]:
        """The positions that a missing image is read from."""
        known = self.plan.known[target]
        return [place for place in self.plan.tasks[target].context if 0 <= place < len(known) and known[place]]

    def _predict(self, target: int) -> np.ndarray:
        context, sources = self.plan.tasks[target].context, self.sources(target)
        images = {place: self.read(place) if self.observed[place] else self._filled[place] for place in sources}
        return _predict(self.filler, context, images, target)

    def between(self, position: int, share: float) -> np.ndarray:
        """The image at ``position + share``, between two images, all of which count as observed."""
        everything = np.ones(len(self.observed), bool)
        context = self.filler.context(everything, position + share)
        if context is None:
            raise UserError(f"no image can be put between others: {self.filler.needs} are needed on one side")
        images = {place: self[place] for place in context if place < len(everything)}
        return _predict(self.filler, context, images, position + share)


def _predict(filler: Filler, context: Sequence[int], images: dict[int, np.ndarray], target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from ``images`` by position; others of ``context`` are not observed."""
    observed = np.array([place in images for place in context])
    shape = next(iter(images.values())).shape
    frames = np.stack([images[place] if place in images else np.zeros(shape, np.float32) for place in context])
    offset = np.array(context, float) - target
    return filler.predict(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)), observed, offset).transpose(1, 2, 0)
