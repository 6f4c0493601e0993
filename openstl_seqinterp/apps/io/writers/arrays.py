"""Arrays: ``.npy``, written through a memory map, and ``.npz``, whose other arrays are passed on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....data.sequences import save
from ..readers.arrays import CHANNELS, ArrayReader, NpyReader, NpzReader, with_all_axes
from ..source import Fill, Layout
from .output import output_frames


def write_npy(source: NpyReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """One array of the name of the input, T as long as ``layout``."""
    path = folder / source.path.name
    array = np.lib.format.open_memmap(path, mode="w+", dtype=source.dtype, shape=_output_shape(source, layout))
    _store(source, array, layout, filled)
    array.flush()
    return [path]


def write_npz(source: NpzReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """One archive of the name of the input, T of its images as long as ``layout``."""
    path = folder / source.path.name
    array = np.empty(_output_shape(source, layout), source.dtype)
    _store(source, array, layout, filled)
    save(path, {**source.arrays, source.key: array})
    return [path]


def _output_shape(source: ArrayReader, layout: Layout) -> tuple[int, ...]:
    shape = list(source.array.shape)
    channels = len(shape) > 3 and shape[-1] in CHANNELS
    shape[len(shape) - channels - 3] = len(layout)
    return tuple(shape)


def _store(source: ArrayReader, array: np.ndarray, layout: Layout, filled: Fill) -> None:
    """Write all output frames into ``array``."""
    for sequence, target in enumerate(with_all_axes(array)):
        for position, frame in enumerate(output_frames(source, layout, filled, sequence)):
            target[position] = frame
