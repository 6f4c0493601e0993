"""The image between others, by their motion and without training.

Flow between the two neighbours, in both directions, is carried to the target's time, with the acceleration that the
next two images show. Four hypotheses of the target are read from the images along it: two from both neighbours, and
one from each side alone, for what is hidden on the other. Where what should agree does not, a hypothesis counts less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from .extrapolate import extrapolate
from .flow import dis_flow, grey_levels, resized, warp
from .project import acceleration, back_along, quadratic

_WINDOW = 9  # pixels a side of the window in which errors are compared
_SOFTNESS = 8.0  # grey levels of error that make a hypothesis count less by a factor e
_ONE_SIDED = 19.0  # grey levels by which a hypothesis from one side has to be better than one from both
_CUT = 8.0  # times the residual of images of one scene: more is that of a cut
_EXPLAINED = 0.8  # of the difference of two images: motion that leaves more is none
_QUIET = 0.5  # grey levels of residual that any two images may have


@dataclass(frozen=True)
class Hypothesis:
    """An image as a sum of others, each with its ``displacement`` and share; ``cost`` (h, w) in grey levels."""

    parts: tuple[tuple[float, np.ndarray, float], ...]  # place, displacement (h, w, 2), share
    cost: np.ndarray


def residual(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """How two grey images uint8 (h, w) differ on average, in grey levels: along their motion, and as they are."""
    pair = one.astype(np.float32), other.astype(np.float32)
    moved = warp(pair[1], dis_flow(one, other))
    return float(np.abs(pair[0] - moved).mean()), float(np.abs(pair[0] - pair[1]).mean())


def one_scene(greys: Mapping[float, np.ndarray], target: float) -> list[float]:
    """The places of the grey images that are of one scene with the target, in order.

    At a cut, what is left along the motion is far above what other pairs leave, and motion explains next to nothing.
    True cuts of six sequences leave 15 to 62 times as much as usual, everything else at most 5.9. Where a cut lies
    between the neighbours of the target, it is taken to be of the scene of the nearer one: no image says more.
    """
    places = sorted(greys)
    left = {}
    for one, other in pairwise(places):
        # Seen from the target, as its own flows are, which are remembered.
        first, second = (other, one) if other <= target else (one, other)
        left[one, other] = residual(greys[first], greys[second])
    a_step = {(one, other): moved / (other - one) for (one, other), (moved, _) in left.items()}
    cuts = []
    for pair, (moved, still) in left.items():
        usual = min((each for other, each in a_step.items() if other != pair), default=np.inf)
        if moved > _CUT * max(usual, _QUIET) and moved > _EXPLAINED * still:
            cuts.append(pair)
    start, end = places[0], places[-1]
    for one, other in cuts:
        if target - one > other - target:
            start = max(start, other)
        else:
            end = min(end, one)
    return [place for place in places if start <= place <= end]


def _error(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    window = (_WINDOW, _WINDOW)
    return cv2.boxFilter(np.abs(one - other), -1, window, borderType=cv2.BORDER_REPLICATE)


def hypotheses(
    greys: Mapping[float, np.ndarray], before: Sequence[float], after: Sequence[float], target: float
) -> list[Hypothesis]:
    """Those of the image at ``target``, from grey images uint8 (h, w) by their places.

    ``before`` and ``after`` are one or two places each, the nearest first.
    """
    (b0, *past), (a0, *future) = before, after
    gap = a0 - b0
    t = (target - b0) / gap
    onward, backward = dis_flow(greys[b0], greys[a0]), dis_flow(greys[a0], greys[b0])
    to_b, to_a = back_along(t * onward), back_along((1 - t) * backward)
    bend = np.zeros_like(to_b)
    alone: list[tuple[float, float, np.ndarray, float]] = []  # near, far, displacement, and how much further that is
    if past and future:
        b1, a1 = past[0], future[0]
        earlier, later = dis_flow(greys[b0], greys[b1]), dis_flow(greys[a0], greys[a1])
        curved = (
            back_along(quadratic(onward, earlier, gap, b0 - b1, target - b0)),
            back_along(quadratic(backward, later, gap, a1 - a0, a0 - target)),
        )
        bend = acceleration((to_b, to_a), curved)
        for near, far, flow in ((b0, b1, earlier), (a0, a1, later)):
            reach = abs(target - near) / abs(near - far)
            alone.append((near, far, back_along(-reach * flow), 1 / reach))
    ratio = t / (1 - t)
    both = ((to_b + bend, -to_b / ratio + bend), (-to_a * ratio + bend, to_a + bend))
    values = {place: grey.astype(np.float32) for place, grey in greys.items()}
    found = [
        Hypothesis(((b0, first, 1 - t), (a0, second, t)), _error(warp(values[b0], first), warp(values[a0], second)))
        for first, second in both
    ]
    for near, far, u, further in alone:
        seen = warp(values[near], u), warp(values[far], u * np.float32(1 + further))
        found.append(Hypothesis(((near, u, 1.0),), _error(*seen) + _ONE_SIDED))
    return found


def interpolate(images: Mapping[float, np.ndarray], target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from those by their places, one or two on each side; most values in [0, 1].

    No cut is crossed: images of another scene take no part, and one side alone is continued up to a cut.
    """
    greys = {place: grey_levels(image) for place, image in images.items()}
    scene = one_scene(greys, target)
    if not scene[0] < target < scene[-1]:
        return extrapolate({place: images[place] for place in scene}, target)
    images = {place: images[place] for place in scene}
    before = sorted((place for place in images if place < target), reverse=True)
    after = sorted(place for place in images if place > target)
    found = hypotheses(greys, before, after, target)
    logits = -np.stack([each.cost for each in found]) / _SOFTNESS
    weights = np.exp(logits - logits.max(axis=0))
    weights /= weights.sum(axis=0)
    like = images[before[0]]
    (height, width, _), total = like.shape, np.zeros(like.shape, np.float32)
    for weight, each in zip(weights, found, strict=True):
        large = cv2.resize(weight, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
        for place, u, share in each.parts:
            total += np.float32(share) * large * warp(images[place], resized(u, height, width), cubic=True)
    return total
