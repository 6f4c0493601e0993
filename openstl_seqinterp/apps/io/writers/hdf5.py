"""HDF5: the file as it came, with another number of frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..array_source import output_array, store_frames
from ..cf import encode_times, stored_times
from ..extras import science
from ..readers.hdf5 import Hdf5Reader
from .output import Output

with science():
    import h5py

# They hold references to other objects, so they are made anew and not copied.
_SCALES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates")


def write(output: Output, folder: Path) -> list[Path]:
    """One file; other datasets are passed on unless they are attached to the times of the frames."""
    path, source = folder / output.name, output.source
    axes, shape, dtype = output_array(output)
    with h5py.File(path, "w") as file:
        if isinstance(source, Hdf5Reader):
            dataset = _copy(output, source, file, shape)
        else:
            frame = tuple(size if letter in "YXCS" else 1 for letter, size in zip(axes, shape, strict=True))
            dataset = file.create_dataset("frames", shape, dtype, chunks=frame, compression="gzip")
            for place, letter in enumerate(axes):
                dataset.dims[place].label = letter
            if source.fill_value is not None:
                dataset.attrs["_FillValue"] = np.asarray(source.fill_value, dtype)
            if output.timeline.clock != "number":
                values, attributes = stored_times(output.timeline.instants, output.timeline.clock)
                file.create_dataset("time", data=values).attrs.update(attributes)
        store_frames(output, dataset, axes)
    return [path]


def _copy(output: Output, source: Hdf5Reader, file: h5py.File, shape: tuple[int, ...]) -> h5py.Dataset:
    """Everything but the frames, whose dataset is made of ``shape`` and returned."""
    frames, dropped, items = source.file[source.key], [], {}
    scales = {scale.name for scale in frames.dims[source.axes.index("T")].values()}
    file.attrs.update(source.file.attrs)

    def copy(name: str, item: Any) -> None:
        if isinstance(item, h5py.Group):
            file.require_group(name).attrs.update(item.attrs)
            return
        timed = len(output.layout) != source.count and any(
            scale.name in scales for dimension in item.dims for scale in dimension.values()
        )
        if item.name == frames.name:
            made = _create(file, name, item, shape)
        elif name == source.times_key:
            values = encode_times(output.timeline.instants, item.dtype, item.attrs)
            if values.dtype != item.dtype and item.dtype.kind in "iu":
                source.notes.append(f"{output.name}: {name} is written as float64, as times lie between whole numbers")
            made = file.create_dataset(name, data=values if item.dtype.kind != "O" else values.astype(item.dtype))
        elif timed or item.name in scales:
            dropped.append(name)
            return
        else:
            source.file.copy(item, file, name, without_attrs=True)
            made = file[name]
        made.attrs.update({key: value for key, value in item.attrs.items() if key not in _SCALES or not _scaled(item)})
        items[name] = item

    source.file.visititems(copy)
    _attach_scales(items, file)
    if dropped:
        source.notes.append(f"{output.name}: {', '.join(dropped)} not kept, as they have a value for each frame")
    return file[source.key]


def _scaled(item: h5py.Dataset) -> bool:
    return item.is_scale or "DIMENSION_LIST" in item.attrs


def _create(file: h5py.File, name: str, like: h5py.Dataset, shape: tuple[int, ...]) -> h5py.Dataset:
    chunks = tuple(min(pair) for pair in zip(like.chunks, shape, strict=True)) if like.chunks else None
    limits = tuple(None if limit is None else size for limit, size in zip(like.maxshape, shape, strict=True))
    return file.create_dataset(
        name,
        shape,
        like.dtype,
        chunks=chunks,
        maxshape=limits if chunks else None,
        compression=like.compression if chunks else None,
        compression_opts=like.compression_opts if chunks and like.compression else None,
        shuffle=like.shuffle if chunks else None,
        fletcher32=like.fletcher32 if chunks else None,
        fillvalue=like.fillvalue,
    )


def _attach_scales(items: dict[str, h5py.Dataset], file: h5py.File) -> None:
    for name, item in items.items():
        if item.is_scale:
            file[name].make_scale(name.rsplit("/", 1)[-1])
    for name, item in items.items():
        for place, dimension in enumerate(item.dims):
            if dimension.label:
                file[name].dims[place].label = dimension.label
            for scale in dimension.values():
                if str(scale.name).strip("/") in items:
                    file[name].dims[place].attach_scale(file[scale.name])
