"""What all forms have in common: attributes, a small cache of frames, and checks of what goes in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError, one_line

# A function of (sequence, output position) that gives a filled frame (H, W, C) in the dtype of the source.
Fill = Callable[[int, int], np.ndarray]
Layout = Sequence[int | None]

CACHED_FRAMES = 40
# Frames of 4K fit 40 times; larger ones are held fewer at a time.
CACHED_BYTES = 2**30


def describe(frame: np.ndarray) -> str:
    """The kind of a frame (H, W, C) in words, for messages."""
    height, width, channels = frame.shape
    return f"{width}x{height}, {channels} channel(s), {frame.dtype}"


class Source(ABC):
    """``sequences`` sequences of ``length`` frames each, all of ``shape`` (H, W, C) and ``dtype``.

    ``absent`` are the positions that have no data at all (gaps in numbered file names). ``colour_order`` is "bgr",
    "rgb", "grey" or "any" (an array does not say). ``notes`` are sentences the user should see, complete after `write`.
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

    def write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        """Write the output into the empty ``folder`` in the form it came in and return the files written.

        Entry p of ``layout`` is the input position whose frame stands unchanged at output position p, or None where
        ``filled(sequence, p)`` gives it. Frames are asked for sequence by sequence, in rising order, once each.
        UserError where a frame cannot be read or the files cannot be written; ``folder`` may then hold a part.
        """
        try:
            return self._write(folder, layout, filled)
        except OSError as error:
            raise UserError(f"cannot write to {folder}: {one_line(error)}; make room or choose another one") from error

    @abstractmethod
    def _decode(self, sequence: int, position: int) -> np.ndarray: ...

    @abstractmethod
    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]: ...

    def _keep(self, key: tuple[int, int], frame: np.ndarray) -> None:
        if frame.shape != self.shape or frame.dtype != self.dtype:
            expected = describe(np.empty(self.shape, self.dtype))
            raise UserError(f"{self.path}: frame {key[1] + 1} is {describe(frame)}, the first is {expected}")
        # The cache hands out the same array many times.
        frame.flags.writeable = False
        self._cache[key] = frame
        while len(self._cache) > max(1, min(CACHED_FRAMES, CACHED_BYTES // max(1, frame.nbytes))):
            self._cache.popitem(last=False)

    def _filled(self, filled: Fill, sequence: int, position: int) -> np.ndarray:
        frame = filled(sequence, position)
        if frame.shape != self.shape or frame.dtype != self.dtype:
            raise ValueError(
                f"filled({sequence}, {position}) is {frame.dtype} {frame.shape}, not {self.dtype} {self.shape}"
            )
        return frame

    def _output(self, layout: Layout, filled: Fill, sequence: int) -> Iterator[np.ndarray]:
        """The frames of one output sequence, one at a time."""
        for position, known in enumerate(layout):
            yield self._filled(filled, sequence, position) if known is None else self.read(sequence, known)
