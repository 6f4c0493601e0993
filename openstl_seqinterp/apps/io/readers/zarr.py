"""Zarr: an array, or one of a group; OME-Zarr at its full resolution."""

from __future__ import annotations

import base64
import os
import struct
import warnings
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from ....errors import UserError, one_line
from ..array_source import ArraySource, as_fill_value, choose, require_room
from ..axes import named_axes
from ..cf import decode_times
from ..source import Options

DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError, AttributeError)
_LARGEST_CHUNK = 2**30  # bytes that are unpacked for one frame
_KEPT = 2**26  # bytes that stay unpacked


def dimension_names(array: zarr.Array) -> list[str | None]:
    """The names of dimensions of version 3, or as xarray writes them into version 2."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    return list(names) if names and len(names) == array.ndim else [None] * array.ndim  # type: ignore[arg-type]


class _Unpacked:
    """An array whose chunks hold several images: those around the last one that was asked for are kept unpacked."""

    def __init__(self, array: zarr.Array) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self._steps = array.shards or array.chunks
        self._region: tuple[slice, ...] = ()
        self._values = np.empty(0)

    def __getitem__(self, index: tuple[int | slice, ...]) -> np.ndarray:
        """The part at integers and full slices."""
        region = tuple(
            slice(each // step * step, min((each // step + 1) * step, size))
            if isinstance(each, int)
            else slice(0, size)
            for each, step, size in zip(index, self._steps, self.shape, strict=True)
        )
        if prod(each.stop - each.start for each in region) * self.dtype.itemsize > _KEPT:
            return np.asarray(self.array[index])
        if region != self._region:
            self._values, self._region = np.asarray(self.array[region]), region
        inside = [
            each - whole.start if isinstance(each, int) else each for each, whole in zip(index, region, strict=True)
        ]
        return self._values[tuple(inside)]


class ZarrReader(ArraySource):
    """``array`` at ``key`` of the group, which is "" where the store is one array; ``times_key`` is that of its times.

    ``scales`` are OME's multiscales, or None.
    """

    form = "zarr"
    kind = "Zarr"
    reads = frozenset({"axes", "variable"})
    damaged = DAMAGED

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on versions of the format that may yet change
                self.root: Any = zarr.open(path, mode="r")
                self._take()
        except DAMAGED as error:
            raise UserError(f"{path} is no Zarr store or a damaged one ({one_line(error)}); save it again") from error

    def _take(self) -> None:
        self.key = ""
        self.times_key: str | None = None
        self.scales: dict[str, Any] | None = None
        names: list[str | None] | None = None
        if isinstance(self.root, zarr.Group):
            attributes = dict(self.root.attrs)
            ome = attributes.get("ome")
            scales = (ome if isinstance(ome, dict) else attributes).get("multiscales")
            if isinstance(scales, list) and scales and self.options.variable is None:
                self.scales = dict(scales[0])
                self.key = str(self.scales["datasets"][0]["path"])
                names = [str(axis["name"]) if isinstance(axis, dict) else str(axis) for axis in self.scales["axes"]]
            else:
                self.key = self._choose()
        elif self.options.variable is not None:
            raise UserError(f"--variable does not apply to {self.path}, which is one array; leave it out")
        found = self.root[self.key] if self.key else self.root
        if not isinstance(found, zarr.Array):
            raise UserError(f"{self.path}: {self.key} is no array; name one with --variable")
        self.array = found
        what = f"{self.path}: {self.key}" if self.key else str(self.path)
        self._require_room(what)
        self.kind = f"OME-Zarr {self.key}" if self.scales else f"Zarr {self.key}".strip()
        self.use(_Unpacked(self.array), named_axes(names or dimension_names(self.array), self.array.shape), what)
        self.fill_value = self._declared_fill_value()
        self._read_times()

    def _choose(self) -> str:
        members = self.root.members(max_depth=None)
        found = sorted(name for name, each in members if isinstance(each, zarr.Array) and each.ndim > 2)
        return choose(found, self.options.variable, str(self.path))

    def _require_room(self, what: str) -> None:
        chunk = int(np.prod(self.array.chunks, dtype=object)) * self.array.dtype.itemsize
        if chunk > _LARGEST_CHUNK:
            raise UserError(f"{what} has chunks of {chunk} bytes, expected at most 1 GiB; rechunk it")
        claimed = max(int(np.prod(self.array.shape, dtype=object)) * self.array.dtype.itemsize, chunk)
        if claimed > 2**28:  # as counting takes its time
            stored = sum(
                os.stat(os.path.join(folder, name)).st_size  # noqa: PTH116, PTH118 - a file a frame, so it must be fast
                for folder, _, names in os.walk(self.path / self.key)
                for name in names
            )
            require_room(claimed, stored, what)

    def _declared_fill_value(self) -> float | None:
        """That of the attributes. The fill value of Zarr is the one of chunks that were never written, no more.

        In version 2, xarray means it all the same.
        """
        for name in ("_FillValue", "missing_value"):
            value: Any = self.array.attrs.get(name)
            if isinstance(value, str):  # so xarray writes floats into version 3
                try:
                    value = struct.unpack("<d", base64.b64decode(value, validate=True))[0]
                except (ValueError, struct.error):
                    continue
            if value is not None:
                return as_fill_value(value, self.dtype)
        if self.array.metadata.zarr_format == 2 and "_ARRAY_DIMENSIONS" in self.array.attrs and self.array.fill_value:
            return as_fill_value(self.array.fill_value, self.dtype)
        return None

    def _read_times(self) -> None:
        place = self.axes.index("T")
        if self.scales:
            step = _ome_step(self.scales, place)
            if step:
                self.arrange_frames(np.arange(self.count) * step, "seconds")
            return
        name = dimension_names(self.array)[place]
        if not isinstance(self.root, zarr.Group) or name is None:
            return
        key = f"{self.key.rpartition('/')[0]}/{name}".strip("/")
        times = self.root.get(key)
        if isinstance(times, zarr.Array) and times.shape == (self.count,) and key != self.key:
            self.times_key = key
            decoded = decode_times(np.asarray(times[:]), dict(times.attrs))
            if decoded is not None and self.options.times is None:
                self.arrange_frames(*decoded)


def _ome_step(scales: dict[str, Any], place: int) -> float | None:
    """Seconds between the images of OME-Zarr; None where it does not say."""
    units = {"second": 1.0, "millisecond": 1e-3, "microsecond": 1e-6, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
    axis = scales["axes"][place]
    unit = units.get(str(axis.get("unit"))) if isinstance(axis, dict) else None
    step = 1.0
    for each in [
        *scales["datasets"][0].get("coordinateTransformations", []),
        *scales.get("coordinateTransformations", []),
    ]:
        if each.get("type") == "scale":
            step *= float(each["scale"][place])
    return step * unit if unit and np.isfinite(step) and step > 0 else None
