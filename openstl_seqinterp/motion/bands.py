"""Predictions of one image mixed band by band: each scale of detail takes from each of them what held before.

An image is the sum of its bands (Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983). Fine detail
is soon unpredictable and is damped first, as in the nowcasts of Seed, "A dynamic and spatial scaling approach to
advection forecasting", 2003; the coarsest band, which holds the level of the values, is kept whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import cv2
import numpy as np

_COARSEST = 8  # pixels a side that the coarsest band has at least
_MOST = 6  # bands
_RIDGE = 0.01  # of a band's energy: how strongly weights are drawn to those expected beforehand
_SEEN = 0.9  # the share of a coarser pixel that was seen, for it to count
_NOTHING = 1e-7  # energy below which a band holds nothing to learn from


def count(height: int, width: int) -> int:
    """How many bands an image is divided into: at least one."""
    return 1 + int(np.clip(np.log2(max(1, min(height, width)) / _COARSEST), 0, _MOST - 1))


def _halved(image: np.ndarray) -> np.ndarray:
    smaller = cv2.pyrDown(image)
    return smaller.reshape(*smaller.shape[:2], image.shape[2])


def _doubled(image: np.ndarray, like: np.ndarray) -> np.ndarray:
    return cv2.pyrUp(image, dstsize=like.shape[1::-1]).reshape(like.shape)


def weights(
    predictions: Sequence[np.ndarray], truth: np.ndarray, expected: np.ndarray, seen: np.ndarray | None = None
) -> list[np.ndarray]:
    """For each band, the finest first, the weights (K,) with which ``predictions`` make up ``truth``, all (H, W, C).

    Those of the least squared error among weights that are not negative and add up to at most 1 (to 1 in the coarsest
    band), drawn a little to ``expected`` (K,). Pixels that are 0 in ``seen`` (H, W) take no part.
    """
    images, found = [*predictions, truth], []
    trust = None if seen is None else seen[..., None]
    last = count(*truth.shape[:2]) - 1
    for number in range(last + 1):
        if number < last:
            coarse = [_halved(image) for image in images]
            bands = [image - _doubled(smaller, image) for image, smaller in zip(images, coarse, strict=True)]
            images = coarse
            trust, here = (None, None) if trust is None else (_halved(trust), trust)
        else:  # all weights add up to 1, so what all have in common is left out
            bands, here = [image - images[0] for image in images], trust
        flat = [(band if here is None else band * (here > _SEEN)).ravel() for band in bands]
        products = np.array([[float(np.dot(one, other)) for other in flat] for one in flat[:-1]]) / flat[0].size
        squares, shared = products[:, :-1], products[:, -1]
        ridge = _RIDGE * np.trace(squares) / len(squares) + _NOTHING
        squares = squares + ridge * np.eye(len(squares))
        found.append(_least_squares(squares, shared + ridge * expected, whole=number == last))
    return found


def _least_squares(squares: np.ndarray, shared: np.ndarray, *, whole: bool) -> np.ndarray:
    """The weights w (K,), none negative, adding up to at most 1, or to 1 if ``whole``, with least w'Sw / 2 - w's.

    Exact: the minimum has some weights of 0 and is free, or on the plane of sum 1, in the others.
    """
    number = len(shared)
    best, least = np.zeros(number), np.inf if whole else 0.0
    for size in range(1, number + 1):
        for members in map(list, combinations(range(number), size)):
            part, right = squares[np.ix_(members, members)], shared[members]
            border = np.ones((size, 1))
            plane = np.block([[part, border], [border.T, np.zeros((1, 1))]])
            tried = [np.linalg.solve(plane, np.append(right, 1))[:size]]
            if not whole:
                tried.append(np.linalg.solve(part, right))
            for each in tried:
                value = float(each @ part @ each / 2 - each @ right)
                if (each >= 0).all() and each.sum() <= 1 + 1e-9 and value < least:
                    best, least = np.zeros(number), value
                    best[members] = each
    return best


def mixed(predictions: Iterable[np.ndarray], shares: Sequence[np.ndarray]) -> np.ndarray:
    """The image (H, W, C) whose bands, the finest first, are those of ``predictions`` (K) by the weights ``shares``."""
    total: list[np.ndarray] = []
    for number, image in enumerate(predictions):
        rest, bands = image, []
        for _ in shares[1:]:
            smaller = _halved(rest)
            bands.append(rest - _doubled(smaller, rest))
            rest = smaller
        bands.append(rest)
        parts = [np.float32(share[number]) * band for share, band in zip(shares, bands, strict=True)]
        total = parts if not total else [before + part for before, part in zip(total, parts, strict=True)]
    result = total.pop()
    while total:
        band = total.pop()
        result = band + _doubled(result, band)
    return result
