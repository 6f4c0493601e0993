"""NetCDF: the data set as it came, with another number of times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ....errors import UserError
from ..array_source import output_array, store_frames
from ..cf import encode_times, stored_times
from ..extras import science
from ..readers.netcdf import NetcdfReader
from .output import Output

with science():
    import netCDF4

_NAMES = {"T": "time", "Y": "y", "X": "x", "C": "channel", "N": "sequence"}


def write(output: Output, folder: Path) -> list[Path]:
    """One file; other variables are passed on unless they have a value for each time."""
    path, source = folder / output.name, output.source
    try:
        if isinstance(source, NetcdfReader):
            with (
                netCDF4.Dataset(source.path) as old,
                netCDF4.Dataset(path, "w", format=old.data_model) as new,
            ):
                store_frames(output, _copy(output, source, old, new), source.axes)
        else:
            with netCDF4.Dataset(path, "w") as new:
                axes = output_array(output)[0]
                store_frames(output, _create(output, new), axes)
    except RuntimeError as error:  # that is how the library says that the disk is full
        raise OSError(str(error)) from error
    return [path]


def _create(output: Output, new: netCDF4.Dataset) -> netCDF4.Variable:
    source = output.source
    axes, shape, dtype = output_array(output)
    if dtype.name in ("bool", "float16"):
        raise UserError(f"NetCDF has no {dtype} of {source.path}; write npy or zarr, or convert it to uint8 or float32")
    names = [_NAMES.get(letter, letter.lower()) for letter in axes]
    for name, size in zip(names, shape, strict=True):
        new.createDimension(name, size)
    if output.timeline.clock != "number":
        values, attributes = stored_times(output.timeline.instants, output.timeline.clock)
        time = new.createVariable("time", "f8", ("time",))
        time[:] = values
        time.setncatts(attributes)
    chunks = [size if letter in "YXCS" else 1 for letter, size in zip(axes, shape, strict=True)]
    lacking = None if source.fill_value is None else np.asarray(source.fill_value, dtype)
    frames = new.createVariable(
        "frames", dtype.newbyteorder("="), names, compression="zlib", chunksizes=chunks, fill_value=lacking
    )
    frames.set_auto_maskandscale(False)
    return frames


def _copy(output: Output, source: NetcdfReader, old: netCDF4.Dataset, new: netCDF4.Dataset) -> netCDF4.Variable:
    """Everything but the frames, whose variable is made and returned."""
    old.set_auto_maskandscale(False)
    old.set_auto_chartostring(False)
    new.setncatts(_attributes(old))
    length, dropped = len(output.layout), []
    for name, dimension in old.dimensions.items():
        size = length if name == source.time_dimension else len(dimension)
        new.createDimension(name, None if dimension.isunlimited() else size)
    for name, variable in old.variables.items():
        timed = source.time_dimension in variable.dimensions
        if name != source.key and name != source.times_key and timed and length != source.count:
            dropped.append(name)
            continue
        values, dtype = None, variable.dtype
        if name == source.times_key:
            values = encode_times(output.timeline.instants, variable.dtype, _attributes(variable))
            if values.dtype != dtype:
                source.notes.append(f"{output.name}: {name} is written as float64, as times lie between whole numbers")
            dtype = values.dtype
        elif name != source.key:
            values = variable[...]
        try:
            made = new.createVariable(name, dtype, variable.dimensions, **_storage(variable, new, length, source))
        except (TypeError, ValueError, KeyError):  # a type that the file defines
            dropped.append(name)
            continue
        made.set_auto_maskandscale(False)
        made.set_auto_chartostring(False)
        made.setncatts({key: value for key, value in _attributes(variable).items() if key != "_FillValue"})
        if values is not None:
            made[...] = values
    if dropped:
        source.notes.append(f"{output.name}: {', '.join(dropped)} not kept, as they have a value for each image")
        _forget(new, dropped)
    if old.groups:
        source.notes.append(f"{output.name}: the groups {', '.join(old.groups)} not kept")
    return new.variables[source.key]


def _attributes(item: Any) -> dict[str, Any]:
    return {name: item.getncattr(name) for name in item.ncattrs()}


def _storage(variable: Any, new: netCDF4.Dataset, length: int, source: NetcdfReader) -> dict[str, Any]:
    """How a variable is stored, as arguments for another one."""
    storage: dict[str, Any] = {"fill_value": _attributes(variable).get("_FillValue"), "endian": variable.endian()}
    filters, chunks = variable.filters() or {}, variable.chunking()
    if filters.get("zlib"):
        storage |= {"compression": "zlib", "complevel": filters["complevel"], "shuffle": filters["shuffle"]}
    elif filters.get("zstd"):
        storage |= {"compression": "zstd", "complevel": filters["complevel"], "shuffle": filters["shuffle"]}
    if isinstance(chunks, list):
        sizes = [
            length if name == source.time_dimension else len(new.dimensions[name]) or chunk
            for name, chunk in zip(variable.dimensions, chunks, strict=True)
        ]
        storage["chunksizes"] = [max(1, min(pair)) for pair in zip(chunks, sizes, strict=True)]
    return storage


def _forget(new: netCDF4.Dataset, dropped: list[str]) -> None:
    """Remove what refers to variables that are not there."""
    for variable in new.variables.values():
        for name in ("bounds", "ancillary_variables", "coordinates"):
            if name in variable.ncattrs():
                kept = [each for each in str(variable.getncattr(name)).split() if each not in dropped]
                variable.delncattr(name)
                if kept:
                    variable.setncattr(name, " ".join(kept))
