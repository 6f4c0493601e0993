"""Cuts between scenes: two images whose difference no motion explains, far above what other pairs leave.

A cut is looked for in small copies of the images, so it costs a few milliseconds. The five cuts of a film of 250 images
leave 8 to 35 times as much as the pairs beside them (4.5 to 20 times where every second image is known), and motion
explains at most a quarter of it; everything else in four sequences (camera, microscopy, radar) leaves at most 2.3 times
as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median_low

import cv2
import numpy as np

from .flow import LEVELS, luma, search, warp

_SIDE = 160  # pixels: the longer side of the copies
_LEAST = 16  # pixels: their shorter side
_PATCH = 8  # pixels a side that DIS compares
_CUT = 3.5  # times the residual of the pairs beside it: more is that of a cut
_EXPLAINED = 0.6  # of the difference of two images: motion that leaves more is none
_QUIET = 0.5  # grey levels of residual that any two images may have
BESIDE = 2  # pairs on each side that a pair is compared with


def small_copy(image: np.ndarray) -> np.ndarray:
    """What cuts are looked for in: uint8 (h, w) of an image (H, W, C), most values in [0, 1]; 0 for NaN.

    All images are alike that are too small to tell scenes apart.
    """
    if min(image.shape[:2]) < _PATCH:
        return np.zeros((_LEAST, _LEAST), np.uint8)
    grey = np.nan_to_num(luma(image))
    scale = min(1.0, _SIDE / max(grey.shape))
    size = [max(_LEAST, round(side * scale)) for side in grey.shape[::-1]]
    if size != [*grey.shape[::-1]]:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.rint(np.clip(grey, 0, 1) * LEVELS).astype(np.uint8)


def residual(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """How two grey images uint8 (h, w) differ on average, in grey levels: along their motion, and as they are."""
    pair = one.astype(np.float32), other.astype(np.float32)
    moved = warp(pair[1], search(one, other))
    return float(np.abs(pair[0] - moved).mean()), float(np.abs(pair[0] - pair[1]).mean())


class Scenes:
    """The cuts of a sequence, looked for where they matter.

    ``read`` gives the image (H, W, C) at a position, ``places`` (T,) when the positions are. Each image is read once
    while it is among the latest.
    """

    def __init__(self, read: Callable[[int], np.ndarray], places: np.ndarray) -> None:
        self.places = places
        copy = lru_cache(64)(lambda position: small_copy(read(position)))
        self._residual = lru_cache(256)(lambda one, other: residual(copy(one), copy(other)))

    def cuts(self, known: Sequence[int], first: int, last: int) -> Iterator[tuple[int, int]]:
        """The pairs of neighbours among the ``known`` positions, rising, between which a scene ends.

        Only those from the place ``first`` of that list to the place ``last`` are looked at.
        """
        start = max(0, first - BESIDE)
        pairs = list(pairwise(known[start : last + 1 + BESIDE]))  # a whole list a call would cost its square in a scan
        for number in range(max(0, first) - start, min(last - start, len(pairs))):
            moved, still = self._residual(*pairs[number])
            if moved < _CUT * _QUIET or moved < _EXPLAINED * still:
                continue
            beside = [*pairs[max(0, number - BESIDE) : number], *pairs[number + 1 : number + 1 + BESIDE]]
            # The lower median: of four pairs, or of two at an end, two and one may be those of a flash.
            usual = median_low([self._a_step(pair) for pair in beside]) if beside else np.inf
            if self._a_step(pairs[number]) > _CUT * max(_QUIET, usual):
                yield pairs[number]

    def flashes(self, known: Sequence[int], first: int, last: int) -> Iterator[int]:
        """Those of the ``known`` positions, between two cuts, on whose other sides one scene goes on.

        A flash, a black frame or a damaged one is no scene.
        """
        for (_, one), (other, _) in pairwise(self.cuts(known, first - 1, last + 1)):
            number = known.index(one)
            if one == other and not any(self.cuts([*known[:number], *known[number + 1 :]], number - 1, number)):
                yield one

    def _a_step(self, pair: tuple[int, int]) -> float:
        """The residual of a pair, as if it were one step apart: it grows with about the root of the time between."""
        return self._residual(*pair)[0] / float(np.sqrt(max(1.0, np.ptp(self.places[list(pair)]))))


def of_one_scene(cuts: Iterable[tuple[int, int]], places: np.ndarray, target: float) -> tuple[int, int]:
    """The first and the last position of the scene that is shown at ``target``.

    Where a cut lies between the neighbours of the target, that of the nearer one is taken, the earlier where both are
    as near: no image says more.
    """
    first, last = 0, len(places) - 1
    for one, other in cuts:
        if target - places[one] > places[other] - target:
            first = max(first, other)
        else:
            last = min(last, one)
    return first, last
