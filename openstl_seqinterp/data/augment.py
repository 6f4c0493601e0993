"""What else a training case could have shown: images mirrored and cropped, and other images missing beside the target.

For sequences of one's own, of which there are few; a network that trains on two dozen images as they are learns them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .degrade import AUGMENT

SIDE = 208  # pixels of a crop
_GAPS = {"one": 0.5, "three": 0.25, "second": 0.25}  # what is missing beside the target: how often


class Augmentation(NamedTuple):
    """Draws for the case of a ``key``; ``crop`` says to cut images to `SIDE`, which not every network takes."""

    key: tuple[int, ...]
    crop: bool

    def kept(self, offset: np.ndarray) -> np.ndarray:
        """Bool (K,): which images a case shows, by their time ``offset`` (K,) from the target.

        All of them, those that are not of a run of three with the target in it, or every second one.
        """
        rng = np.random.default_rng([*self.key, AUGMENT, 0])
        kind = rng.choice([*_GAPS], p=[*_GAPS.values()])
        if kind == "three":
            first = -int(rng.integers(3))
            return (offset < first) | (offset > first + 2)
        return offset % 2 == 1 if kind == "second" else np.ones(len(offset), bool)

    def images(self, images: np.ndarray) -> np.ndarray:
        """Planes (T, C, H, W), mirrored and cut; those of another array of a case in the same way."""
        rng = np.random.default_rng([*self.key, AUGMENT, 1])
        for axis in (-2, -1):
            if rng.random() < 0.5:
                images = np.flip(images, axis)
        if self.crop:
            top, left = (int(rng.integers(max(0, side - SIDE) + 1)) for side in images.shape[-2:])
            images = images[..., top : top + SIDE, left : left + SIDE]
        return np.ascontiguousarray(images)
