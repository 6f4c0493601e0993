"""Predictors that need no training: what a method must beat.

A baseline is a function and a row of `BASELINES`. The function maps the images that it may read, float (C, H, W) in
[0, 1] by their places in time, and the place to predict, to one image (C, H, W). Places count frames; they may be
fractions. The row says how far it reaches: it is handed those images and no others, so nothing else can matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import UserError
from ..motion.extrapolate import extrapolate
from ..motion.flow import dis_flow, grey_levels, resized, warp
from ..motion.holes import without_holes
from ..motion.interpolate import interpolate

Images = Mapping[float, np.ndarray]


class Baseline(NamedTuple):
    """A ``function`` of the ``reach`` nearest known images on each side of the target; all known ones for None.

    ``sees_holes`` says that it knows what to do with pixels that are NaN.
    """

    function: Callable[[Images, float], np.ndarray]
    reach: int | None = 1
    sees_holes: bool = False

    def predict(self, images: Images, target: float) -> np.ndarray:
        """The image (C, H, W) at ``target`` from those that are known, by their places. UserError where none is.

        A pixel that is NaN has no value.
        """
        near = {place: images[place] for place in self.sources(sorted(images), target)}
        if not self.sees_holes:
            whole, _ = without_holes({place: image.transpose(1, 2, 0) for place, image in near.items()})
            near = {place: image.transpose(2, 0, 1) for place, image in whole.items()}
        return self.function(near, target)

    def sources(self, known: Sequence[float] | np.ndarray, target: float) -> list[Any]:
        """Those of the ``known`` places, in order, that are read: on each side the nearest, or on one twice as many.

        Raises UserError where nothing is known beside the target.
        """
        before, after = known[: bisect_left(known, target)], known[bisect_right(known, target) :]
        if not len(before) and not len(after):
            raise UserError(f"no other image is known, so there is nothing to predict image {target + 1:g} from")
        if self.reach is None:
            return [*before, *after]
        count = self.reach if len(before) and len(after) else 2 * self.reach
        return [*before[-count:], *after[:count]]


def nearest_first(images: Images, target: float) -> list[float]:
    """Places by their distance from the target; the later one of two that are as near."""
    return sorted(images, key=lambda place: (abs(place - target), -place))


def copy_nearest(images: Images, target: float) -> np.ndarray:
    """The nearest known image; the later one of two that are as near."""
    return images[nearest_first(images, target)[0]]


def neighbour_mean(images: Images, target: float) -> np.ndarray:
    """The mean of the nearest known images on both sides, weighted by nearness in time; a copy if one side has none."""
    near, *others = nearest_first(images, target)
    if not others or (share := _share(near, others[0], target)) < 0:
        return images[near]
    return (1 - share) * images[near] + share * images[others[0]]


def _share(near: float, far: float, target: float) -> float:
    """How much of the way from ``near`` to ``far`` the target lies; below 0 where both are on the same side of it."""
    return (target - near) / (far - near)


def flow_blend(images: Images, target: float) -> np.ndarray:
    """Dense inverse search optical flow (`motion.flow`), motion taken as constant in time.

    With known images on both sides each is moved along its flow to the target's time, and both are blended.
    With one side alone the flow between the two nearest is continued. A copy where only one image is known.
    """
    near, *others = nearest_first(images, target)
    if not others:
        return images[near]
    share = _share(near, others[0], target)
    one, other = (images[place].transpose(1, 2, 0) for place in (near, others[0]))
    greys = grey_levels(one, reduce=False), grey_levels(other, reduce=False)

    def moved(image: np.ndarray, flow: np.ndarray, by: float) -> np.ndarray:
        return warp(image, resized(-by * flow, *image.shape[:2])).transpose(2, 0, 1)

    first = moved(one, dis_flow(*greys), share)
    if share < 0:
        return first
    return (1 - share) * first + share * moved(other, dis_flow(*greys[::-1]), 1 - share)


def motion(images: Images, target: float) -> np.ndarray:
    """Motion with acceleration and occlusion (`motion.interpolate`), or continued (`motion.extrapolate`)."""
    frames = {place: image.transpose(1, 2, 0) for place, image in images.items()}
    between = min(images) < target < max(images)
    return (interpolate if between else extrapolate)(frames, target).transpose(2, 0, 1)


BASELINES: dict[str, Baseline] = {
    "copy": Baseline(copy_nearest),
    "mean": Baseline(neighbour_mean),
    "dis-flow": Baseline(flow_blend),
    "motion": Baseline(motion, reach=2, sees_holes=True),
}
