"""The image behind others on one side, by their motion and without training.

Four predictions, along the motion taken as constant: the nearest image carried on by the flow that led to it; read
along the flow from it; moved with a smooth velocity of the latest images (semi-Lagrangian); and as it is. They are
mixed band by band, with the weights that continue the known images best, and details that do not last are damped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from .advect import semi_lagrangian, smooth_velocity
from .bands import count, mixed, weights
from .blending import Candidate
from .flow import continued_flow, grey_levels, resized, warp
from .holes import without_holes
from .project import back_along

_SMOOTH = 10.0  # pixels of the images in which flows are searched
_PAIRS = 3  # the latest ones, for the smooth velocity
_TRIALS = 2  # known images that are predicted to learn the weights, in times as near to that asked for as there are
Images = Mapping[float, np.ndarray]


def _flow(greys: Images, source: float, destination: float) -> np.ndarray:
    return continued_flow(greys[source], greys[destination], None, 1.0)


def _carried(greys: Images, order: Sequence[float], lead: float) -> np.ndarray:
    """The flow from the image before carried on: content at x was at x + u then, and at a share of it later."""
    near, far = order[:2]
    reach = lead / abs(near - far)
    return back_along((1 + reach) * _flow(greys, far, near)) * np.float32(reach / (1 + reach))


def _reversed(greys: Images, order: Sequence[float], lead: float) -> np.ndarray:
    near, far = order[:2]
    return back_along(-lead / abs(near - far) * _flow(greys, near, far))


def _smooth(greys: Images, order: Sequence[float], lead: float) -> np.ndarray:
    pairs = list(pairwise(order[: _PAIRS + 1]))
    a_step = abs(order[0] - order[1])
    flows = [_flow(greys, near, far) * np.float32(-a_step / abs(near - far)) for near, far in pairs]
    velocity = smooth_velocity(flows, [greys[near] for near, _ in pairs], _SMOOTH)
    return semi_lagrangian(velocity, lead / a_step)


# Displacements back to the nearest image, from grey images, their places, the nearest first, and the time to go.
Path = Callable[[Images, Sequence[float], float], np.ndarray]
_PATHS: tuple[Path, ...] = (_carried, _reversed, _smooth)
_EXPECTED = np.array([0.5, 0.5, 0.0, 0.0])  # weights where there is nothing to learn from; the last is the copy's


def _predictions(images: Images, greys: Images, order: Sequence[float], lead: float) -> list[np.ndarray]:
    image = images[order[0]]
    height, width, _ = image.shape
    moved = [warp(image, resized(path(greys, order, lead), height, width), cubic=True) for path in _PATHS]
    return [*moved, image]


def _prepared(images: Images, target: float) -> tuple[dict[float, np.ndarray], dict[float, np.ndarray], list[float]]:
    """The images float32 without holes, in grey levels, and their places, the nearest first."""
    whole, _ = without_holes({place: image.astype(np.float32, copy=False) for place, image in images.items()})
    greys = {place: grey_levels(image) for place, image in whole.items()}
    return whole, greys, sorted(whole, key=lambda place: abs(place - target))


def candidates(images: Images, target: float) -> Iterator[Candidate]:
    """The image at ``target`` by each of the ways to continue the nearest one, all with the same weight."""
    whole, greys, order = _prepared(images, target)
    near = whole[order[0]]
    one = np.ones((*near.shape[:2], 1), np.float32)
    found = [near] if len(order) == 1 else _predictions(whole, greys, order, abs(target - order[0]))
    for image in found:
        yield Candidate(one, image)


def extrapolate(images: Images, target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from those by their places, all on one side of it; most values in [0, 1].

    From three images on the weights are learned: those with which known images would have been had from earlier ones.
    A copy of the nearest where there is but one. A pixel that is NaN has no value; all have one in the result.
    """
    whole, greys, order = _prepared(images, target)
    near = order[0]
    if len(order) == 1:
        return whole[near]
    lead = abs(target - near)
    shares = [_EXPECTED] * count(*whole[near].shape[:2])
    if len(order) > 2:
        shares = _learned(whole, greys, order, lead)
    return mixed(_predictions(whole, greys, order, lead), shares)


def _learned(images: Images, greys: Images, order: Sequence[float], lead: float) -> list[np.ndarray]:
    """The weights of each band for a time of ``lead`` to go, by how known images are had from earlier ones."""
    pairs = [(later, earlier) for earlier in range(1, len(order) - 1) for later in range(earlier)]
    pairs.sort(key=lambda pair: (abs(abs(order[pair[0]] - order[pair[1]]) - lead), pair))
    total: list[np.ndarray] = []
    for later, earlier in pairs[:_TRIALS]:
        tried = abs(order[later] - order[earlier])
        found = weights(_predictions(images, greys, order[earlier:], tried), images[order[later]], _EXPECTED)
        # What lasts for a time decays alike in the next one, so a longer lead takes a power of it.
        found = [share * share.sum() ** (lead / tried - 1) if share.any() else share for share in found]
        total = [one + other for one, other in zip(total, found, strict=True)] if total else found
    return [share / len(pairs[:_TRIALS]) for share in total]
