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
    used, numbers = np.unique(sequences.index, return_inverse=True)  # -1, a missing image, gives what no pair uses
    centroid, shares = (
        np.stack(each)[numbers.reshape(sequences.index.shape)]
        for each in zip(*(_features(sequences, number) for number in used), strict=True)
    )
    pairs = sequences.observed[:, 1:] & sequences.observed[:, :-1]
    count = np.maximum(pairs.sum(axis=1), 1)
    total = np.zeros(len(pairs))
    for change in (np.linalg.norm(np.diff(centroid, axis=1), axis=-1), np.abs(np.diff(shares, axis=1)).sum(axis=-1)):
        mean = (change * pairs).sum(axis=1) / count
        total += mean / max(mean.mean(), 1e-9)
    return total / 2


def _features(sequences: SequenceSet, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The centroid (2,) of a frame, in pixels, and the shares (4,) of its quarters in all that is above zero."""
    frame = sequences.frames[np.array([max(number, 0)])][0]
    above = np.maximum(frame.astype(np.float64) - sequences.scale.low, 0)  # whole numbers stay exact
    frame = np.where(np.isnan(sequences.scale.to_unit(frame)), 0, above).mean(axis=0)
    height, width = frame.shape
    mass = max(frame.sum(), 1e-9)
    centroid = np.array([frame.sum(axis=1) @ np.arange(height), frame.sum(axis=0) @ np.arange(width)])
    top, bottom, left, right = slice(height // 2), slice(height // 2, None), slice(width // 2), slice(width // 2, None)
    quarters = [frame[quarter].sum() for quarter in ((top, left), (top, right), (bottom, left), (bottom, right))]
    return centroid / mass, np.array(quarters) / mass


def balanced(speeds: np.ndarray) -> np.ndarray:
    """Weights (N,) that give ten equally wide ranges of speed, those that are not empty, the same weight in all."""
    edges = np.linspace(speeds.min(), speeds.max(), _BINS + 1)
    members = np.clip(np.digitize(speeds, edges) - 1, 0, _BINS - 1)
    return 1 / np.bincount(members, minlength=_BINS)[members]
