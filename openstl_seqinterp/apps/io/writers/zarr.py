"""Zarr: an array of one frame a chunk, in its group where it came from one."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from ..array_source import output_array, store_frames
from ..cf import encode_times, stored_times
from ..readers.zarr import ZarrReader, dimension_names
from ..source import Source
from .output import Output

_NAMES = {"T": "time", "Y": "y", "X": "x", "C": "channel", "N": "sequence"}


def write(output: Output, folder: Path) -> list[Path]:
    """One store; other arrays of a group are passed on unless they have a value for each time."""
    path = folder / output.name
    array, axes = create(output, path)
    with _as_os_error():
        store_frames(output, array, axes)
    return [path]


def create(output: Output, path: Path, images: int = 1) -> tuple[zarr.Array, str]:
    """The store at ``path`` without its frames: their array, ``images`` of a sequence in a chunk, and its axes."""
    axes, shape, dtype = output_array(output)
    sizes = {letter: size for letter, size in zip(axes, shape, strict=True) if letter in "YXCS"}
    chunks = tuple(({"T": images} | sizes).get(letter, 1) for letter in axes)
    with _as_os_error():
        return _create_store(output, path, axes, shape, dtype, chunks), axes


def array_key(source: Source) -> str:
    """Where the frames are in a store that is made of ``source``; "" where it is one array."""
    return source.key if isinstance(source, ZarrReader) else "frames"


@contextmanager
def _as_os_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on types that are in no version of the format yet
        try:
            yield
        except RuntimeError as error:
            raise OSError(str(error)) from error


def _create_store(
    output: Output, path: Path, axes: str, shape: tuple[int, ...], dtype: np.dtype, chunks: tuple[int, ...]
) -> zarr.Array:
    source = output.source
    if isinstance(source, ZarrReader):
        return _copy(output, source, path, shape, chunks)
    names = [_NAMES.get(letter, letter.lower()) for letter in axes]
    group = zarr.open_group(path, mode="w", zarr_format=3)
    frames = group.create_array(array_key(source), shape=shape, dtype=dtype, chunks=chunks, dimension_names=names)
    if source.fill_value is not None:
        frames.attrs["missing_value"] = np.asarray(source.fill_value, dtype).item()
    if output.timeline.clock != "number":
        values, attributes = stored_times(output.timeline.instants, output.timeline.clock)
        group.create_array("time", data=values, dimension_names=["time"], attributes=attributes)  # type: ignore
    return frames


def _copy(
    output: Output, source: ZarrReader, path: Path, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> zarr.Array:
    """Everything but the frames, whose array is made and returned."""
    old, version = source.array, source.array.metadata.zarr_format
    made: dict[str, Any] = {"shape": shape, "dtype": old.dtype, "chunks": chunks, "fill_value": old.fill_value}
    made |= {"attributes": dict(old.attrs), "filters": old.filters or None, "compressors": old.compressors or None}
    if version == 3:
        made["dimension_names"] = getattr(old.metadata, "dimension_names", None)
    if not isinstance(source.root, zarr.Group):
        return zarr.create_array(path, zarr_format=version, **made)
    group, dropped = zarr.open_group(path, mode="w", zarr_format=version), []
    group.attrs.update(_attributes(output, source))
    levels = {str(each["path"]) for each in source.scales["datasets"][1:]} if source.scales else set()
    time = dimension_names(old)[source.axes.index("T")]
    for name, item in source.root.members(max_depth=None):
        if isinstance(item, zarr.Group):
            group.require_group(name).attrs.update(dict(item.attrs))
        elif name == source.times_key:
            values = encode_times(output.timeline.instants, item.dtype, dict(item.attrs))
            _create(group, name, item, values)
        elif name in levels:
            source.notes.append(f"{output.name}: {name} not kept, a lower resolution of the images")
        elif time in dimension_names(item) and time and len(output.layout) != source.count:
            dropped += [name] if name != source.key else []
        elif name != source.key:
            _create(group, name, item, np.asarray(item[...]))
    if dropped:
        source.notes.append(f"{output.name}: {', '.join(dropped)} not kept, as they have a value for each image")
    return group.create_array(source.key, **made)


def _create(group: zarr.Group, name: str, like: zarr.Array, values: np.ndarray) -> None:
    more = {"dimension_names": dimension_names(like)} if like.metadata.zarr_format == 3 else {}
    group.create_array(name, data=values, attributes=dict(like.attrs), **more)  # type: ignore[arg-type]


def _attributes(output: Output, source: ZarrReader) -> dict[str, Any]:
    """The attributes of the group; of OME's multiscales the first level alone."""
    attributes: dict[str, Any] = copy.deepcopy(dict(source.root.attrs))
    if source.scales:
        holder = attributes.get("ome", attributes)
        scales = {**holder["multiscales"][0], "datasets": holder["multiscales"][0]["datasets"][:1]}
        holder["multiscales"] = [scales]
    return attributes
