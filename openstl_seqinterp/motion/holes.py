"""Pixels without a value, which are NaN: what stands in for them where something must, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

_STAND_IN = 1e-3  # of the weight of a value that was seen


def holes_of(image: np.ndarray) -> np.ndarray | None:
    """Bool (H, W): the pixels of an image (H, W, C) without a value in some channel; None where all have one."""
    if np.isfinite(image.sum()):  # fast, and the rule
        return None
    empty: np.ndarray = np.isnan(image).any(axis=-1)
    return empty if empty.any() else None


def without_holes(
    images: Mapping[float, np.ndarray],
) -> tuple[dict[float, np.ndarray], dict[float, np.ndarray]]:
    """Images (H, W, C) by their places without a hole, and the weight (H, W) of each pixel of those that had some.

    A hole is given the value of the image nearest in time that has one there, or that of the nearest pixel. It counts
    next to nothing, so a blend comes from values that were seen wherever there is one.
    """
    holes = {place: empty for place, image in images.items() if (empty := holes_of(image)) is not None}
    if not holes:
        return dict(images), {}
    whole = {place: _filled(place, images, holes) if place in holes else image for place, image in images.items()}
    return whole, {place: np.where(empty, np.float32(_STAND_IN), np.float32(1)) for place, empty in holes.items()}


def _filled(place: float, images: Mapping[float, np.ndarray], holes: Mapping[float, np.ndarray]) -> np.ndarray:
    image, left = images[place].copy(), holes[place].copy()
    for other in sorted(images, key=lambda other: abs(other - place)):
        found = left & ~holes[other] if other in holes else left.copy()
        image[found] = images[other][found]
        left &= ~found
    return nearest_values(np.nan_to_num(image), left)


def nearest_values(values: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """``values`` (H, W, C), those that are ``lost`` (H, W) replaced by those of the nearest pixel; 0 where all are."""
    if not lost.any() or lost.all():
        return values * np.float32(not lost.any())
    _, zones = cv2.distanceTransformWithLabels(
        lost.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    known = np.zeros((zones.max() + 1, values.shape[-1]), values.dtype)
    known[zones[~lost]] = values[~lost]
    return np.where(lost[..., None], known[zones], values)
