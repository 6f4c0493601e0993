"""HDF5: the dataset that holds the frames, with times, fill value and names of dimensions beside it."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import UserError, one_line
from ..array_source import ArraySource, as_fill_value, choose, require_room
from ..axes import named_axes
from ..extras import science
from ..source import Options

with science():
    import h5py

DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError)
FILL_VALUES = ("_FillValue", "missing_value", "nodata", "calibration_missing_data")
_TIMES = ("time", "times", "t", "timestamp", "timestamps")
_LARGEST_CHUNK = 2**30  # bytes that are unpacked for one frame


def open_file(path: Path) -> h5py.File:
    """Open for reading. UserError."""
    try:
        return h5py.File(path, "r", locking=False)
    except DAMAGED as error:
        raise UserError(f"{path} is no HDF5 file or a damaged one ({one_line(error)}); save it again") from error


def datasets(file: h5py.File, dimensions: int, path: Path) -> dict[str, h5py.Dataset]:
    """The datasets of numbers with so many dimensions or more, by their names without the first slash. UserError."""
    found: dict[str, h5py.Dataset] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None and len(item.shape) >= dimensions:
            if item.dtype.kind in "biufc":
                found[name] = item
            elif item.dtype.kind in "OSV" and len(item.shape) > 2:
                found.setdefault(name, item)

    try:
        file.visititems(visit)
    except DAMAGED as error:
        raise UserError(f"{path} is damaged ({one_line(error)}); save it again") from error
    return found


def declared_fill_value(dataset: h5py.Dataset) -> float | None:
    """What stands for no value: an attribute of the dataset, of its calibration (KNMI) or of ``what`` (ODIM)."""
    places: list[Any] = [dataset]
    group = dataset.parent
    for name in ("calibration", "what"):
        places += [holder[name] for holder in (group, group.parent) if name in holder]
    for place in places:
        for name in FILL_VALUES:
            if name in place.attrs:
                return as_fill_value(place.attrs[name], dataset.dtype)
    return None


class Hdf5Reader(ArraySource):
    """One dataset of a file: ``key``. ``times_key`` is the dataset of its times, or None."""

    form = "h5"
    kind = "HDF5"
    reads = frozenset({"axes", "variable"})
    damaged = DAMAGED

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        self.file = open_file(path)
        self._close = weakref.finalize(self, self.file.close)
        try:
            self._take()
        except DAMAGED as error:
            self._close()
            raise UserError(f"{path} is damaged ({one_line(error)}); save it again") from error
        except BaseException:
            self._close()
            raise

    def _take(self) -> None:
        options, found = self.options, datasets(self.file, 3, self.path)
        if not found and datasets(self.file, 2, self.path):
            raise UserError(
                f"{self.path} holds no more than one image; expected a dataset with T, Y and X, or a folder of files"
            )
        self.key = choose(list(found), options.variable, str(self.path))
        dataset, what = found[self.key], f"{self.path}: {self.key}"
        require_room(max(dataset.nbytes, _chunk_bytes(dataset)), self.path.stat().st_size, what)
        if _chunk_bytes(dataset) > _LARGEST_CHUNK:
            raise UserError(f"{what} has chunks of {_chunk_bytes(dataset)} bytes, expected at most 1 GiB; rechunk it")
        self.kind = f"HDF5 {self.key}"
        names = [_dimension_name(dataset, place) for place in range(dataset.ndim)]
        self.use(dataset, named_axes(names, dataset.shape), what)
        self.fill_value = declared_fill_value(dataset)
        self.times_key = self._find_times(dataset)
        if self.times_key and options.times is None:
            times = self.file[self.times_key]
            if not self.use_times(self.times_key, times[()], times.attrs):
                self.times_key = None

    def _find_times(self, dataset: h5py.Dataset) -> str | None:
        """The scale of the dimension T, or a dataset beside whose name says that it holds times."""
        place = self.axes.index("T")
        scales = [scale for scale in dataset.dims[place].values() if scale.shape == (self.count,)]
        beside = [dataset.parent[name] for name in dataset.parent if name.lower() in _TIMES]
        for each in [*scales, *beside]:
            if isinstance(each, h5py.Dataset) and each.shape == (self.count,) and each.name != dataset.name:
                return str(each.name).strip("/")
        return None


def _chunk_bytes(dataset: h5py.Dataset) -> int:
    return int(np.prod(dataset.chunks, dtype=object)) * dataset.dtype.itemsize if dataset.chunks else 0


def _dimension_name(dataset: h5py.Dataset, place: int) -> str | None:
    dimension = dataset.dims[place]
    if dimension.label:
        return str(dimension.label)
    names = [str(scale.name).rsplit("/", 1)[-1] for scale in dimension.values()]
    return names[0] if names else None
