"""Frames on their way into a `data.store`, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ..data.store import KNOWN, WITHHELD

_SHARD = 2**25  # bytes of frames in a file, before compression


class _Writer:
    """Writes frames one after the other, a shard at a time: no more than that is held."""

    def __init__(self, group: Path, count: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        import zarr
        from zarr.codecs import ZstdCodec

        many = max(1, min(count, _SHARD // (int(np.prod(shape)) * dtype.itemsize)))
        create = partial(zarr.create_array, group / "frames", compressors=ZstdCodec(level=1))
        self.array = create(shape=(count, *shape), dtype=dtype, chunks=(1, *shape), shards=(many, *shape), fill_value=0)
        self.waiting, self.written = np.zeros((many, *shape), dtype), 0

    def append(self, frame: np.ndarray) -> None:
        place = self.written % len(self.waiting)
        self.waiting[place] = frame
        self.written += 1
        if place + 1 == len(self.waiting) or self.written == self.array.shape[0]:
            self.array[self.written - place - 1 : self.written] = self.waiting[: place + 1]


def write_frames(
    folder: Path, frames: Iterable[np.ndarray], table: Mapping[str, np.ndarray], hidden: np.ndarray
) -> None:
    """Write both groups: ``frames`` (C, H, W) one by one in order, of which those of numbers ``hidden`` are withheld.

    ``table`` holds what is known of each (F,): part, stretch, source, sequence, instant.
    """
    import zarr

    writers: list[_Writer] = []
    away = {*hidden.tolist()}
    for number, frame in enumerate(frames):
        if not writers:
            shapes = ((KNOWN, len(table["part"])), (WITHHELD, len(hidden)))
            writers = [_Writer(folder / name, count, frame.shape, frame.dtype) for name, count in shapes]
        writers[0].append(np.zeros_like(frame) if number in away else frame)
        if number in away:
            writers[1].append(frame)
    for name, arrays in ((KNOWN, table), (WITHHELD, {"number": hidden})):
        for key, values in arrays.items():
            zarr.create_array(folder / name / key, data=values)
        zarr.open_group(folder / name, mode="a")
