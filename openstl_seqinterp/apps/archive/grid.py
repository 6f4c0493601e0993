"""The parts of a stored result: each is filled by one process at a time, and no two share a chunk of the store."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

_CHUNK = 2**22  # bytes of a chunk of several images
_PART = 2**23  # bytes of a part of several sequences
_TIME = 16  # images of a part: enough that those beyond its ends, which are read too, cost little
_LEAST = 64  # parts, before several sequences are one: all processes must have some


class Part(NamedTuple):
    """A ``region`` of the stored array: the ``sequences`` in it, in their order there, at the ``places`` in time."""

    region: tuple[slice, ...]
    sequences: list[int]
    places: range


class Grid:
    """The parts of an array of ``shape`` with ``axes`` (`io.axes`) and values of ``itemsize`` bytes.

    It follows from these alone, so that one who goes on with a fill finds the same parts. ``images`` of a sequence make
    a chunk of the store.
    """

    def __init__(self, axes: str, shape: tuple[int, ...], itemsize: int) -> None:
        self.axes, self.shape = axes, shape
        size = dict(zip(axes, shape, strict=True))
        frame = prod(size[letter] for letter in axes if letter in "YXCS") * itemsize
        self.images = max(1, min(_CHUNK // frame, _TIME, size["T"]))
        step = {**size, "T": self.images * max(1, _TIME // self.images)}
        others = [letter for letter in axes if letter not in "TYXCS"]
        self._many = np.arange(prod(size[letter] for letter in others)).reshape([size[letter] for letter in others])
        step |= dict.fromkeys(others, 1)
        if others and step["T"] >= size["T"]:
            step[others[-1]] = max(1, min(_PART // (frame * size["T"]), self._many.size // _LEAST, size[others[-1]]))
        self._step = tuple(step[letter] for letter in axes)
        self._counts = tuple(-(-whole // each) for whole, each in zip(shape, self._step, strict=True))

    def __len__(self) -> int:
        return prod(self._counts)

    def part(self, number: int) -> Part:
        """The part of a number below the length."""
        cell = np.unravel_index(number, self._counts)
        region = tuple(
            slice(int(place) * step, min((int(place) + 1) * step, whole))
            for place, step, whole in zip(cell, self._step, self.shape, strict=True)
        )
        others = tuple(each for letter, each in zip(self.axes, region, strict=True) if letter not in "TYXCS")
        time = region[self.axes.index("T")]
        return Part(region, self._many[others].ravel().tolist(), range(time.start, time.stop))
