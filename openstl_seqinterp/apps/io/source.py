"""What all readers have in common: attributes, a small cache of frames, and checks of what they decode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError

# A function of (sequence, output position) that gives a filled frame (H, W, C) in the dtype of the source.
Fill = Callable[[int, int], np.ndarray]
# Entry p is the input position whose frame stands unchanged at output position p, or None where one is filled.
Layout = Sequence[int | None]

CACHED_FRAMES = 40
# 40 frames of 4K fit; of larger ones the cache holds fewer.
CACHED_BYTES = 2**30


def describe(frame: np.ndarray) -> str:
    """The kind of a frame (H, W, C) in words, for messages."""
    height, width, channels = frame.shape
    return f"{width}x{height}, {channels} channel(s), {frame.dtype}"


class Source(ABC):
    """``sequences`` sequences of ``length`` frames each, all of ``shape`` (H, W, C) and ``dtype``.

    ``absent`` are the positions that have no data at all (gaps in numbered file names). ``colour_order`` is "bgr",
    "rgb", "grey" or "any" (an array does not say). ``notes`` are sentences the user should see; `writers.write` adds
    its own.
    """

    sequences: int = 1
    length: int
    shape: tuple[int, int, int]
    dtype: np.dtype
    absent: tuple[int, ...] = ()
    colour_order: str

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._cache: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def read(self, sequence: int, position: int) -> np.ndarray:
        """One frame (H, W, C), read-only; cheapest in rising order with small steps back.

        UserError where the file or frame is damaged or of another kind; IndexError where there is none.
        """
        if not (0 <= sequence < self.sequences and 0 <= position < self.length) or position in self.absent:
            raise IndexError(f"{self.path} has no frame at sequence {sequence}, position {position}")
        key = (sequence, position)
        if key not in self._cache:
            self._keep(key, self._decode(sequence, position))
        self._cache.move_to_end(key)
        return self._cache[key]

    @abstractmethod
    def _decode(self, sequence: int, position: int) -> np.ndarray: ...

    def _keep(self, key: tuple[int, int], frame: np.ndarray) -> None:
        if frame.shape != self.shape or frame.dtype != self.dtype:
            expected = describe(np.empty(self.shape, self.dtype))
            raise UserError(f"{self.path}: frame {key[1] + 1} is {describe(frame)}, the first is {expected}")
        # The cache hands out the same array many times.
        frame.flags.writeable = False
        self._cache[key] = frame
        while len(self._cache) > max(1, min(CACHED_FRAMES, CACHED_BYTES // max(1, frame.nbytes))):
            self._cache.popitem(last=False)
