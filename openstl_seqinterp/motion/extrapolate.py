"""The image behind others on one side, by their motion and without training.

Four predictions, along the motion taken as constant: the nearest image carried on by the flow that led to it; read
along the flow from it; moved with a smooth velocity of the latest images (semi-Lagrangian); and as it is. They are
mixed band by band, with the weights that continue the known images best, and details that do not last are damped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np

from .advect import semi_lagrangian, smooth_velocity
from .bands import count, mixed, weights
from .blending import Candidate
from .flow import continued_flow, grey_levels, resized, warp
from .holes import nearest_values, without_holes
from .project import back_along

_SMOOTH = 10.0  # pixels of the images in which flows are searched
_PAIRS = 3  # the latest ones, for the smooth velocity
_TRIALS = 2  # known images that are predicted to learn the weights, in times as near to that asked for as there are
_SEEN = 0.5  # the weight from which a pixel counts as seen
Images = Mapping[float, np.ndarray]


class _Known:
    """Images float32 (H, W, C) by their places, without holes: a pixel that is NaN has no value."""

    def __init__(self, images: Images) -> None:
        self.images, self.seen = without_holes({place: image.astype(np.float32) for place, image in images.items()})
        self.greys = {place: grey_levels(image) for place, image in self.images.items()}

    def flow(self, source: float, destination: float) -> np.ndarray:
        """Between two of them; where next to nothing was seen, that of the nearest pixel."""
        found = continued_flow(self.greys[source], self.greys[destination], None, 1.0)
        size = found.shape[1::-1]
        trust = [
            cv2.resize(self.seen[each], size, interpolation=cv2.INTER_AREA)
            for each in (source, destination)
            if each in self.seen
        ]
        if destination in self.seen:
            trust.append(warp(trust[-1], found))
        return nearest_values(found, np.minimum.reduce(trust) < _SEEN) if trust else found


def _carried(known: _Known, order: Sequence[float], lead: float) -> np.ndarray:
    """The flow from the image before carried on: content at x was at x + u then, and at a share of it later."""
    near, far = order[:2]
    reach = lead / abs(near - far)
    return back_along((1 + reach) * known.flow(far, near)) * np.float32(reach / (1 + reach))


def _reversed(known: _Known, order: Sequence[float], lead: float) -> np.ndarray:
    near, far = order[:2]
    return back_along(-lead / abs(near - far) * known.flow(near, far))


def _smooth(known: _Known, order: Sequence[float], lead: float) -> np.ndarray:
    pairs = list(pairwise(order[: _PAIRS + 1]))
    a_step = abs(order[0] - order[1])
    flows = [known.flow(near, far) * np.float32(-a_step / abs(near - far)) for near, far in pairs]
    velocity = smooth_velocity(flows, [known.greys[near] for near, _ in pairs], _SMOOTH)
    return semi_lagrangian(velocity, lead / a_step)


# Displacements back to the nearest image, from known ones, their places, the nearest first, and the time to go.
Path = Callable[[_Known, Sequence[float], float], np.ndarray]
_PATHS: tuple[Path, ...] = (_carried, _reversed, _smooth)
_EXPECTED = np.array([0.5, 0.5, 0.0, 0.0])  # weights where there is nothing to learn from; the last is the copy's


def _predictions(
    known: _Known, order: Sequence[float], lead: float, seen: np.ndarray | None = None
) -> list[np.ndarray]:
    """The predictions from images at the places ``order``; in ``seen`` (H, W), pixels that are no values become 0."""
    near = order[0]
    image = known.images[near]
    found = []
    for path in _PATHS:
        u = resized(path(known, order, lead), *image.shape[:2])
        found.append(warp(image, u, cubic=True))
        if seen is not None and near in known.seen:
            np.minimum(seen, warp(known.seen[near], u), out=seen)
    return [*found, image]


def candidates(images: Images, target: float) -> Iterator[Candidate]:
    """The image at ``target`` by each of the ways to continue the nearest one, all with the same weight."""
    known, order = _Known(images), _nearest_first(images, target)
    near = known.images[order[0]]
    one = np.ones((*near.shape[:2], 1), np.float32)
    for image in [near] if len(order) == 1 else _predictions(known, order, abs(target - order[0])):
        yield Candidate(one, image)


def extrapolate(images: Images, target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from those by their places, all on one side of it; most values in [0, 1].

    From three images on the weights are learned: those with which known images would have been had from earlier ones.
    A copy of the nearest where there is but one. A pixel that is NaN has no value; all have one in the result.
    """
    known, order = _Known(images), _nearest_first(images, target)
    near = known.images[order[0]]
    if len(order) == 1:
        return near
    lead = abs(target - order[0])
    shares = _learned(known, order, lead) if len(order) > 2 else [_EXPECTED] * count(*near.shape[:2])
    return mixed(_predictions(known, order, lead), shares)


def _nearest_first(images: Images, target: float) -> list[float]:
    return sorted(images, key=lambda place: abs(place - target))


def _learned(known: _Known, order: Sequence[float], lead: float) -> list[np.ndarray]:
    """The weights of each band for a time of ``lead`` to go, by how known images are had from earlier ones."""
    pairs = [(later, earlier) for earlier in range(1, len(order) - 1) for later in range(earlier)]
    pairs.sort(key=lambda pair: (abs(abs(order[pair[0]] - order[pair[1]]) - lead), pair))
    total: list[np.ndarray] = []
    for later, earlier in pairs[:_TRIALS]:
        truth, tried = order[later], abs(order[later] - order[earlier])
        seen = None
        if known.seen:
            seen = known.seen.get(truth, np.ones(known.images[truth].shape[:2], np.float32)).copy()
        predicted = _predictions(known, order[earlier:], tried, seen)
        found = weights(predicted, known.images[truth], _EXPECTED, seen)
        # What lasts for a time decays alike in the next one, so a longer lead takes a power of it.
        found = [share * share.sum() ** (lead / tried - 1) if share.any() else share for share in found]
        total = [one + other for one, other in zip(total, found, strict=True)] if total else found
    return [share / len(pairs[:_TRIALS]) for share in total]
