"""Flows carried to another time. Distances are in pixels; displacements are float32 (H, W, 2), (x, y)."""

from __future__ import annotations

import cv2
import numpy as np

from .flow import warp

_STEPS = 4  # of a fixed-point iteration
_SURE = 0.3  # pixels that the accelerations of both sides may always differ
_AGREEMENT = 7  # pixels a side: of the window in which they are compared
_SMOOTH = 2.0  # pixels: standard deviation of the blur of an acceleration


def back_along(moved: np.ndarray) -> np.ndarray:
    """The displacement u back to where content was that ``moved``: u(x) = -moved(x + u(x)), by fixed-point steps.

    ``moved`` says of each pixel, at its first time, how far it has gone at another.
    """
    u = -moved
    for _ in range(_STEPS):
        u = -warp(moved, u)
    return u


def quadratic(onward: np.ndarray, backward: np.ndarray, gap: float, far: float, near: float) -> np.ndarray:
    """How far a pixel of an image has moved after ``near`` steps, with constant acceleration.

    ``onward`` is its flow to the image ``gap`` steps away, ``backward`` that to the one ``far`` steps behind. After Xu
    et al., "Quadratic video interpolation", NeurIPS 2019, for uneven steps.
    """
    bend = 2 * (onward / gap + backward / far) / (gap + far)
    return near * (onward / gap - bend * gap / 2) + near**2 / 2 * bend


def acceleration(linear: tuple[np.ndarray, np.ndarray], curved: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """What the displacements ``linear`` to both sides lack, by what is ``curved`` there, where both sides agree on it.

    The mean of the two differences, smoothed, and damped by a Gaussian of how much they differ.
    """
    one, other = (bent - straight for straight, bent in zip(linear, curved, strict=True))
    shift = cv2.GaussianBlur((one + other) / 2, (0, 0), _SMOOTH, borderType=cv2.BORDER_REPLICATE)
    window = (_AGREEMENT, _AGREEMENT)
    spread = cv2.boxFilter(((one - other) ** 2).sum(axis=-1), -1, window, borderType=cv2.BORDER_REPLICATE)
    size = np.sqrt((shift**2).sum(axis=-1))
    return shift * np.exp(-spread / (2 * (_SURE + size) ** 2))[..., None]
