"""Arrays: ``.npy``, read through a memory map, and ``.npz``, held in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....data.sequences import DAMAGED, read_archive
from ....errors import UserError, one_line
from ..source import Source

DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (1, 3, 4)
SHAPES = "(T, H, W), (T, H, W, C), (N, T, H, W) or (N, T, H, W, C) with C 1, 3 or 4"


def with_all_axes(array: np.ndarray) -> np.ndarray:
    """A view (N, T, H, W, C) of an array with three to five dimensions; the last of four is C if it is in CHANNELS."""
    if array.ndim == 3 or (array.ndim == 4 and array.shape[-1] not in CHANNELS):
        array = array[..., None]
    return array[None] if array.ndim == 4 else array


class ArrayReader(Source):
    """``array`` is of one of SHAPES and DTYPES; one of 4 dimensions has channels where the last is 1, 3 or 4."""

    colour_order = "any"
    array: np.ndarray

    def _set(self, array: np.ndarray, name: str) -> None:
        if not 3 <= array.ndim <= 5 or (array.ndim == 5 and array.shape[-1] not in CHANNELS) or 0 in array.shape:
            raise UserError(f"{name} is {array.shape}, expected {SHAPES}, none of them 0; transpose it")
        if array.dtype.name not in DTYPES:
            raise UserError(f"{name} is {array.dtype}, expected one of {', '.join(DTYPES)}; convert it")
        self.array = array
        self.sequences, self.length, height, width, channels = with_all_axes(array).shape
        self.shape, self.dtype = (height, width, channels), array.dtype

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return np.array(with_all_axes(self.array)[sequence, position])


class NpyReader(ArrayReader):
    """One array in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except DAMAGED as error:
            raise UserError(f"{path} is no npy file or a damaged one ({one_line(error)}); save it again") from error
        self._set(array, str(path))


class NpzReader(ArrayReader):
    """The array ``frames`` of an archive, or its only one: ``arrays[key]``."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self.arrays = read_archive(path)
        except DAMAGED as error:
            raise UserError(f"{path} is no npz file or a damaged one ({one_line(error)}); save it again") from error
        self.key = "frames" if len(self.arrays) != 1 else next(iter(self.arrays))
        if self.key not in self.arrays:
            raise UserError(f"{path} has the arrays {', '.join(self.arrays) or 'none'}; name that of images 'frames'")
        self._set(self.arrays[self.key], f"{path}: {self.key}")
