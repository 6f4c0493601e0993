"""Draw training sequences so that slow and fast motion count equally.

The paper's idea: the speed of a motion shows in the centroid of each image and in the means of its four quarters.
"""

from __future__ import annotations

import numpy as np

from .sequences import SequenceSet

_BINS = 10


def speed(sequences: SequenceSet) -> np.ndarray:
    """The speed of each sequence (N,), without a unit: centroid and quarters, each relative to its mean over the set.

    The first is the distance in pixels that the intensity centroid moves from one observed image to the next, the
    second the change of the means of the four quarters of the image, relative to the image's mean (L1). Both are
    averaged over all neighbouring observed images; where there are none, the speed is that of a sequence at rest, 0.
    """
    frames = sequences.frames.mean(axis=2, dtype=np.float64)
    height, width = frames.shape[2:]
    mass = np.maximum(frames.sum(axis=(2, 3)), 1e-9)
    rows, columns = np.arange(height), np.arange(width)
    centroid = np.stack([frames.sum(axis=3) @ rows, frames.sum(axis=2) @ columns], axis=-1) / mass[..., None]
    middle, centre = height // 2, width // 2
    quarters = [
        frames[:, :, vertical, horizontal].sum(axis=(2, 3))
        for vertical in (slice(middle), slice(middle, None))
        for horizontal in (slice(centre), slice(centre, None))
    ]
    shares = np.stack(quarters, axis=-1) / mass[..., None]
    pairs = sequences.observed[:, 1:] & sequences.observed[:, :-1]
    count = np.maximum(pairs.sum(axis=1), 1)
    total = np.zeros(len(frames))
    for change in (np.linalg.norm(np.diff(centroid, axis=1), axis=-1), np.abs(np.diff(shares, axis=1)).sum(axis=-1)):
        mean = (change * pairs).sum(axis=1) / count
        total += mean / max(mean.mean(), 1e-9)
    return total / 2


def balanced(speeds: np.ndarray) -> np.ndarray:
    """Weights (N,) that give ten equally wide ranges of speed, those that are not empty, the same weight in all."""
    edges = np.linspace(speeds.min(), speeds.max(), _BINS + 1)
    members = np.clip(np.digitize(speeds, edges) - 1, 0, _BINS - 1)
    return 1 / np.bincount(members, minlength=_BINS)[members]
