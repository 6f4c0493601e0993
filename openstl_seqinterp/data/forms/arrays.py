"""Arrays: ``.npy``, read through a memory map, and ``.npz``, held in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError, one_line
from ..sequences import DAMAGED, read_archive, save
from .base import Fill, Layout, Source

DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (1, 3, 4)
SHAPES = "(T, H, W), (T, H, W, C), (N, T, H, W) or (N, T, H, W, C) with C 1, 3 or 4"


def with_all_axes(array: np.ndarray) -> np.ndarray:
    """A view (N, T, H, W, C) of an array with three to five dimensions; the last of four is C if it is in CHANNELS."""
    if array.ndim == 3 or (array.ndim == 4 and array.shape[-1] not in CHANNELS):
        array = array[..., None]
    return array[None] if array.ndim == 4 else array


class ArraySource(Source):
    """An array of one of SHAPES; one of 4 dimensions has channels where the last is 1, 3 or 4."""

    colour_order = "any"

    def _set(self, array: np.ndarray, name: str) -> None:
        if not 3 <= array.ndim <= 5 or (array.ndim == 5 and array.shape[-1] not in CHANNELS) or 0 in array.shape:
            raise UserError(f"{name} is {array.shape}, expected {SHAPES}, none of them 0; transpose it")
        if array.dtype.name not in DTYPES:
            raise UserError(f"{name} is {array.dtype}, expected one of {', '.join(DTYPES)}; convert it")
        self._array = array
        self.sequences, self.length, height, width, channels = with_all_axes(array).shape
        self.shape, self.dtype = (height, width, channels), array.dtype

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return np.array(with_all_axes(self._array)[sequence, position])

    def _output_shape(self, layout: Layout) -> tuple[int, ...]:
        shape = list(self._array.shape)
        channels = len(shape) > 3 and shape[-1] in CHANNELS
        shape[len(shape) - channels - 3] = len(layout)
        return tuple(shape)

    def _store(self, array: np.ndarray, layout: Layout, filled: Fill) -> None:
        """Write all output frames into ``array``."""
        for sequence, target in enumerate(with_all_axes(array)):
            for position, frame in enumerate(self._output(layout, filled, sequence)):
                target[position] = frame


class NpySource(ArraySource):
    """One array in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except DAMAGED as error:
            raise UserError(f"{path} is no npy file or a damaged one ({one_line(error)}); save it again") from error
        self._set(array, str(path))

    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        path = folder / self.path.name
        array = np.lib.format.open_memmap(path, mode="w+", dtype=self.dtype, shape=self._output_shape(layout))
        self._store(array, layout, filled)
        array.flush()
        return [path]


class NpzSource(ArraySource):
    """The array ``frames`` of an archive, or its only one; the others are passed on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._arrays = read_archive(path)
        except DAMAGED as error:
            raise UserError(f"{path} is no npz file or a damaged one ({one_line(error)}); save it again") from error
        self._key = "frames" if len(self._arrays) != 1 else next(iter(self._arrays))
        if self._key not in self._arrays:
            raise UserError(f"{path} has the arrays {', '.join(self._arrays) or 'none'}; name that of images 'frames'")
        self._set(self._arrays[self._key], f"{path}: {self._key}")

    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        path = folder / self.path.name
        array = np.empty(self._output_shape(layout), self.dtype)
        self._store(array, layout, filled)
        save(path, {**self._arrays, self._key: array})
        return [path]
