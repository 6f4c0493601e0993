"""Arrays of NumPy: ``.npy``, written frame by frame, and ``.npz``, whose other arrays are passed on."""

from __future__ import annotations

import shutil
import zipfile
from math import prod
from pathlib import Path

import numpy as np

from ..array_source import Mapped, output_array, reserve, store_frames
from ..cf import encode_times
from ..readers.arrays import NpzReader
from .output import Output


def write_npy(output: Output, folder: Path) -> list[Path]:
    """One array."""
    path = folder / output.name
    _write(output, path)
    return [path]


def write_npz(output: Output, folder: Path) -> list[Path]:
    """One archive: the frames, their times where they have some, and of an archive its other arrays as they are."""
    path, source = folder / output.name, output.source
    packed, compression, key, times = folder / f".{output.name}.npy", zipfile.ZIP_STORED, "frames", "times"
    others: list[str] = []
    timed = output.timeline.clock != "number"
    if isinstance(source, NpzReader):
        key, compression = source.key, source.members[source.key].compress_type
        timed = timed or source.times_key is not None
        others = [name for name in source.members if name != key and not (timed and name == times)]
    _write(output, packed)
    try:
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.write(packed, f"{key}.npy")
            if timed:
                with archive.open(f"{times}.npy", "w") as file:
                    np.lib.format.write_array(file, _times(output), allow_pickle=False)
            if isinstance(source, NpzReader) and others:
                with zipfile.ZipFile(source.path) as before:
                    for name in others:
                        member = source.members[name]
                        with before.open(member) as old, archive.open(member.filename, "w", force_zip64=True) as new:
                            shutil.copyfileobj(old, new, 2**20)
    finally:
        packed.unlink()
    return [path]


def _write(output: Output, path: Path) -> None:
    axes, shape, dtype = output_array(output)
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        reserve(file, prod(shape) * dtype.itemsize)
    store_frames(output, Mapped(path, dtype, shape, offset), axes)


def _times(output: Output) -> np.ndarray:
    """The instants of the output: dates as datetime64, numbers as whole ones where they are."""
    dtype = np.dtype("datetime64[ms]") if output.timeline.clock == "date" else np.dtype(np.int64)
    return encode_times(output.timeline.instants, dtype, {})
