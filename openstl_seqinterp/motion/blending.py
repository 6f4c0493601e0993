"""Candidates for an image, blended into one, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np

_WINDOW = 9  # pixels a side of the window in which candidates are compared


class Candidate(NamedTuple):
    """An ``image`` float32 (H, W, C) that may be the right one, with the ``weight`` (H, W, 1) of each of its pixels."""

    weight: np.ndarray
    image: np.ndarray


def blend(candidates: Iterable[Candidate]) -> np.ndarray:
    """Their weighted mean (H, W, C)."""
    rest = iter(candidates)
    weight, image = next(rest)
    weights, total = weight.copy(), weight * image
    for weight, image in rest:
        weights += weight
        total += weight * image
    return np.divide(total, weights, out=total)


def spread(candidates: Iterable[Candidate]) -> np.ndarray:
    """Their weighted standard deviation (H, W), over the channels and a window of 9x9 pixels.

    Where all show the same they are probably right, where they differ some are wrong.
    """
    every = list(candidates)
    mean = blend(every)
    squares = blend(Candidate(weight, np.square(image - mean)) for weight, image in every)
    window = (_WINDOW, _WINDOW)
    variance = cv2.boxFilter(squares.mean(axis=-1), -1, window, borderType=cv2.BORDER_REPLICATE)
    return np.sqrt(np.maximum(variance, 0))  # its running sums leave a little less than 0
