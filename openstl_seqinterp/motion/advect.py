"""Large, slow flows, such as that of weather: one smooth velocity from several pairs of images, and paths along it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .flow import warp

_GRADIENT = 3.0  # pixels: standard deviation of the window in which structure is looked for
_LEAST = 1e-3  # of the mean weight: that of a pixel where nothing is to be seen
_FINE = 4.0  # pixels: a wider blur is computed on a smaller image
_MOST_STEPS = 24


def smooth_velocity(flows: Sequence[np.ndarray], greys: Sequence[np.ndarray], sigma: float) -> np.ndarray:
    """The mean (h, w, 2) of ``flows`` in a Gaussian window of ``sigma`` pixels, by what there is to see in ``greys``.

    A pixel counts by the squared gradient of its grey image uint8 (h, w): a flow is known where there is structure, as
    Lucas and Kanade (1981) track only what has some. Elsewhere that of the nearest structure is taken.
    """
    total = np.zeros_like(flows[0])
    seen = np.zeros(total.shape[:2], np.float32)
    for flow, grey in zip(flows, greys, strict=True):
        across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        weight = _blurred(across**2 + down**2, _GRADIENT)
        weight += _LEAST * weight.mean() + 1e-6
        total += flow * weight[..., None]
        seen += weight
    return _blurred(total, sigma) / _blurred(seen, sigma)[..., None]


def _blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    height, width = values.shape[:2]
    factor = max(1, min(round(sigma / _FINE), min(height, width) // 8))
    if factor > 1:
        small = max(1, round(width / factor)), max(1, round(height / factor))
        values = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    values = cv2.GaussianBlur(values, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    return values if factor == 1 else cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)


def semi_lagrangian(velocity: np.ndarray, steps: float) -> np.ndarray:
    """The displacement (h, w, 2) back to where content was ``steps`` ago, along a velocity that stays where it is.

    Paths are followed in parts of at most a step by the midpoint rule: after Germann and Zawadzki, "Scale-dependence of
    the predictability of precipitation from continental radar images", 2002.
    """
    count = int(np.clip(np.ceil(steps), 1, _MOST_STEPS))
    part = np.float32(steps / count)
    u = np.zeros_like(velocity)
    for _ in range(count):
        middle = u - part / 2 * warp(velocity, u)
        u = u - part * warp(velocity, middle)
    return u
