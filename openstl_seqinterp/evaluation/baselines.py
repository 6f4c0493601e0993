"""Predictors that need no training: what a method must beat.

A baseline is a function and a row of `BASELINES`. The function maps the images that it may read, float (C, H, W) in
[0, 1] by position, and the position to predict, which may lie between two images, to one image (C, H, W). The row
sets its reach: it is given those images only, so its prediction depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from ..motion.flow import dis_flow, sample

Images = Mapping[int, np.ndarray]


class Baseline(NamedTuple):
    """A ``function`` of the ``reach`` nearest known images on each side of the target; None means all."""

    function: Callable[[Images, float], np.ndarray]
    reach: int | None = 1

    def predict(self, frames: np.ndarray | Images, observed: np.ndarray, target: float) -> np.ndarray:
        """The image (C, H, W) at ``target``, from the ``observed`` of ``frames`` (T, C, H, W), or by position.

        Raises UserError if no other image is known.
        """
        return self.function({place: frames[place] for place in self.sources(observed, target)}, target)

    def sources(self, observed: np.ndarray, target: float) -> list[int]:
        """The positions to read: the nearest known ones on each side, or twice as many if one side has none.

        Raises UserError if no other image is known.
        """
        known = np.flatnonzero(observed)
        before, after = known[known < target][::-1], known[known > target]
        if not len(before) and not len(after):
            raise UserError(f"no other image is known, so there is nothing to predict image {target + 1:g} from")
        count = None if self.reach is None else self.reach * (1 if len(before) and len(after) else 2)
        return sorted(map(int, [*before[:count], *after[:count]]))


def nearest_first(images: Images, target: float) -> list[int]:
    """Positions by distance from the target; of two equally near, the later first."""
    return sorted(images, key=lambda position: (abs(position - target), -position))


def copy_nearest(images: Images, target: float) -> np.ndarray:
    """The nearest known image; the later of two equally near."""
    return images[nearest_first(images, target)[0]]


def neighbour_mean(images: Images, target: float) -> np.ndarray:
    """The mean of the nearest known images on both sides, weighted by nearness; a copy if one side has none."""
    near, *others = nearest_first(images, target)
    if not others or (share := _share(near, others[0], target)) < 0:
        return images[near]
    return (1 - share) * images[near] + share * images[others[0]]


def _share(near: int, far: int, target: float) -> float:
    """The target's fraction of the way from ``near`` to ``far``; negative if both are on the same side of it."""
    return (target - near) / (far - near)


def flow_blend(images: Images, target: float) -> np.ndarray:
    """Dense inverse search optical flow (`motion.flow`), assuming constant motion.

    With known images on both sides, each is moved along its flow to the target's time, and both are blended.
    With one side only, the flow between the two nearest is continued. A copy if only one image is known.
    """
    near, *others = nearest_first(images, target)
    if not others:
        return images[near]
    far = others[0]
    share = _share(near, far, target)
    moved = sample(images[near], -share * dis_flow(images[near], images[far]))
    if share < 0:
        return moved
    return (1 - share) * moved + share * sample(images[far], -(1 - share) * dis_flow(images[far], images[near]))


BASELINES: dict[str, Baseline] = {
    "copy": Baseline(copy_nearest),
    "mean": Baseline(neighbour_mean),
    "dis-flow": Baseline(flow_blend),
}
