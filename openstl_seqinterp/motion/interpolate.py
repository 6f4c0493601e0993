"""The image between others, by their motion and without training.

Flow between the two neighbours, in both directions, is carried to the target's time, with the acceleration that the
next two images show. Four hypotheses of the target are read from the images along it: two from both neighbours, and
one from each side alone, for what is hidden on the other. Where what should agree does not, a hypothesis counts less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .blending import Candidate, blend
from .flow import continued_flow, grey_levels, resized, warp
from .holes import nearest_values, without_holes
from .project import acceleration, back_along, quadratic

_WINDOW = 9  # pixels a side of the window in which errors are compared
SOFTNESS = 8.0  # grey levels of error that make a hypothesis count less by a factor e
_SEEN = 0.5  # of a pixel: motion is found where as much was seen
_LEAST = 1e-6  # weight of a window in which nothing was seen
_ONE_SIDED = 19.0  # grey levels by which a hypothesis from one side has to be better than one from both


@dataclass(frozen=True)
class Hypothesis:
    """An image as a sum of others, each with its ``displacement`` and share; ``cost`` (h, w) in grey levels."""

    parts: tuple[tuple[float, np.ndarray, float], ...]  # place, displacement (h, w, 2), share
    cost: np.ndarray


def _box(values: np.ndarray) -> np.ndarray:
    return cv2.boxFilter(values, -1, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REPLICATE)


def hypotheses(
    greys: Mapping[float, np.ndarray],
    before: Sequence[float],
    after: Sequence[float],
    target: float,
    seen: Mapping[float, np.ndarray] | None = None,
) -> list[Hypothesis]:
    """Those of the image at ``target``, from grey images uint8 (h, w) by their places.

    ``before`` and ``after`` are one or two places each, the nearest first. ``seen`` (h, w) of some places weighs their
    pixels: where next to nothing was seen there is neither motion nor an error, and the motion beside it goes on.
    """
    seen = seen or {}
    values = {place: grey.astype(np.float32) for place, grey in greys.items()}
    (b0, *past), (a0, *future) = before, after
    b1, a1 = (next(iter(further), None) for further in (past, future))
    gap, known = a0 - b0, [place for place in (b1, b0, a0, a1) if place is not None]

    def flow(source: float, destination: float) -> np.ndarray:
        """Between neighbours, from what the neighbour on the other side of the source shows."""
        at, step = known.index(source), 1 if destination > source else -1
        behind = known[at - step] if 0 <= at - step < len(known) else None
        times = 1.0 if behind is None else abs((destination - source) / (behind - source))
        third = None if behind is None else greys[behind]
        found = continued_flow(greys[source], greys[destination], third, times)
        trust = [seen[each] for each in (source, destination) if each in seen]
        if destination in seen:
            trust.append(warp(seen[destination], found))
        return nearest_values(found, np.minimum.reduce(trust) < _SEEN) if trust else found

    def cost(one: tuple[float, np.ndarray], other: tuple[float, np.ndarray]) -> np.ndarray:
        """How much two images differ, each read along a displacement."""
        difference = np.abs(warp(values[one[0]], one[1]) - warp(values[other[0]], other[1]))
        counted = [warp(seen[place], u) for place, u in (one, other) if place in seen]
        if not counted:
            return _box(difference)
        weight = np.multiply.reduce(counted)
        return _box(weight * difference) / np.maximum(_box(weight), _LEAST)

    t = (target - b0) / gap
    onward, backward = flow(b0, a0), flow(a0, b0)
    to_b, to_a = back_along(t * onward), back_along((1 - t) * backward)
    bend = np.zeros_like(to_b)
    alone: list[tuple[float, float, np.ndarray, float]] = []  # near, far, displacement, and how much further that is
    if b1 is not None and a1 is not None:
        earlier, later = flow(b0, b1), flow(a0, a1)
        curved = (
            back_along(quadratic(onward, earlier, gap, b0 - b1, target - b0)),
            back_along(quadratic(backward, later, gap, a1 - a0, a0 - target)),
        )
        bend = acceleration((to_b, to_a), curved)
        for near, far, moved in ((b0, b1, earlier), (a0, a1, later)):
            reach = abs(target - near) / abs(near - far)
            alone.append((near, far, back_along(-reach * moved), 1 / reach))
    ratio = t / (1 - t)
    both = ((to_b + bend, -to_b / ratio + bend), (-to_a * ratio + bend, to_a + bend))
    found = [
        Hypothesis(((b0, first, 1 - t), (a0, second, t)), cost((b0, first), (a0, second))) for first, second in both
    ]
    for near, far, u, further in alone:
        apart = cost((near, u), (far, u * np.float32(1 + further)))
        found.append(Hypothesis(((near, u, 1.0),), apart + _ONE_SIDED))
    return found


def candidates(images: Mapping[float, np.ndarray], target: float) -> Iterator[Candidate]:
    """What `interpolate` blends, in parts that are each read from one image. The weights of all add up to one."""
    whole, seen = without_holes(images)
    greys = {place: grey_levels(image) for place, image in whole.items()}
    before = sorted((place for place in images if place < target), reverse=True)
    after = sorted(place for place in images if place > target)
    size = greys[before[0]].shape[::-1]
    small = {place: cv2.resize(weight, size, interpolation=cv2.INTER_AREA) for place, weight in seen.items()}
    found = hypotheses(greys, before, after, target, small)
    logits = -np.stack([each.cost for each in found]) / SOFTNESS
    weights = np.exp(logits - logits.max(axis=0))
    weights /= weights.sum(axis=0)
    height, width, _ = whole[before[0]].shape
    for weight, each in zip(weights, found, strict=True):
        large = cv2.resize(weight, (width, height), interpolation=cv2.INTER_LINEAR)
        for place, u, share in each.parts:
            way = resized(u, height, width)
            counts = np.float32(share) * large
            if seen:
                counts *= warp(seen[place], way) if place in seen else 1
            yield Candidate(counts[..., None], warp(whole[place], way, cubic=True))


def interpolate(images: Mapping[float, np.ndarray], target: float) -> np.ndarray:
    """The image float32 (H, W, C) at ``target`` from those by their places; most values are in [0, 1].

    One or two are on each side. A pixel that is NaN has no value: it takes no part where another image shows what
    belongs there. All have a value in the result.
    """
    return blend(candidates(images, target))
