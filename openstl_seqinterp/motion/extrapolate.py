"""The image behind others on one side, by their motion and without training: semi-Lagrangian advection.

Motion is taken as constant along its path. How much of it can be trusted is learned from the images themselves: the
candidate is taken that continues the known images best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import cv2
import numpy as np

from .blending import Candidate
from .flow import continued_flow, grey_levels, resized, warp
from .project import back_along

_BLUR = 1.0  # pixels: standard deviation of a light blur, which noise and decay ask for
Mix = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # of near, carried, reversed, an image

CANDIDATES: dict[str, Mix] = {
    "carried": lambda near, carried, reversed_: carried,
    "copy": lambda near, carried, reversed_: near,
    "both": lambda near, carried, reversed_: (carried + reversed_) / 2,
    "all": lambda near, carried, reversed_: (carried + reversed_ + near) / 3,
    "blurred": lambda near, carried, reversed_: cv2.GaussianBlur(
        carried, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE
    ).reshape(carried.shape),
}


def _continued(
    images: Mapping[float, np.ndarray], greys: Mapping[float, np.ndarray], near: float, far: float, target: float
) -> tuple[np.ndarray, ...]:
    """The image ``near``, and what it becomes at ``target`` along the flow from ``far``, and along that back to it."""
    reach = (target - near) / (near - far)
    pair = greys[far], greys[near]
    # The flow from far to near is carried on: content at x was at x + u at the time of far, and at a share of it later.
    carried = back_along((1 + reach) * continued_flow(*pair, None, 1.0)) * np.float32(reach / (1 + reach))
    reversed_ = back_along(-reach * continued_flow(*pair[::-1], None, 1.0))
    image = images[near]
    height, width, _ = image.shape
    return image, *(warp(image, resized(u, height, width), cubic=True) for u in (carried, reversed_))


def candidates(images: Mapping[float, np.ndarray], target: float) -> Iterator[Candidate]:
    """The image at ``target`` by each of the ways to continue the nearest one, all with the same weight."""
    near, *others = sorted(images, key=lambda place: abs(place - target))
    one = np.ones((*images[near].shape[:2], 1), np.float32)
    if not others:
        yield Candidate(one, images[near])
        return
    greys = {place: grey_levels(image) for place, image in images.items()}
    for image in _continued(images, greys, near, others[0], target):
        yield Candidate(one, image)


def extrapolate(images: Mapping[float, np.ndarray], target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from those by their places, all on one side of it; most values in [0, 1].

    The nearest two give the motion; with a third one, the candidate is chosen that gives the nearest from the next two
    with the least squared error. A copy of the nearest where there is but one.
    """
    near, *others = sorted(images, key=lambda place: abs(place - target))
    if not others:
        return images[near].astype(np.float32)
    greys = {place: grey_levels(image) for place, image in images.items()}
    best = CANDIDATES[_best(images, greys, [near, *others])]
    return best(*_continued(images, greys, near, others[0], target))


def _best(images: Mapping[float, np.ndarray], greys: Mapping[float, np.ndarray], order: Sequence[float]) -> str:
    """The candidate that continues the known images best, each from the two behind it."""
    errors = dict.fromkeys(CANDIDATES, 0.0)
    for known, near, far in zip(order, order[1:], order[2:], strict=False):
        parts = _continued(images, greys, near, far, known)
        for name, candidate in CANDIDATES.items():
            errors[name] += float(np.square(candidate(*parts) - images[known]).mean())
    return min(errors, key=lambda name: errors[name])
