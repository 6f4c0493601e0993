"""Pages of TIFF files: opened without warnings, decoded one at a time, and what is told of them beside the pixels."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from ...errors import UserError, one_line
from .array_source import require_frames, require_room
from .extras import lacking

_DAMAGED = (
    *(tifffile.TiffFileError, ValueError, TypeError, KeyError, IndexError, RuntimeError, AttributeError),
    *(EOFError, ZeroDivisionError, OverflowError, MemoryError, struct.error, zlib.error),
)
_LOGGER = logging.getLogger("tifffile")


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Around what tifffile does: its messages are collected and not shown."""
    collector, propagated = _Collector(), _LOGGER.propagate
    _LOGGER.addHandler(collector)
    _LOGGER.propagate = False
    try:
        yield collector.messages
    finally:
        _LOGGER.removeHandler(collector)
        _LOGGER.propagate = propagated


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Around what tifffile reads: what it takes for an error, by exception or by message, is a UserError."""
    problem: BaseException | None = None
    with quiet() as messages:
        try:
            yield
        except _DAMAGED as error:
            problem = error
    if problem is not None and "imagecodecs" in str(problem):
        raise lacking("imagecodecs", f"the compression of {path}") from problem
    # A file that is cut short is read up to there with no more than a message.
    cut = next((message for message in messages if "page offset" in message), None)
    if problem is not None or cut:
        said = one_line(problem) if problem is not None else str(cut)
        raise UserError(f"{path} is no TIFF file or a damaged one ({said}); save it again") from problem


class Pages:
    """The pages of a series as one array of its shape; those that a part needs are decoded, and no others.

    The dimensions before ``inner`` count pages, those after it are of ``page_shape``.
    """

    def __init__(self, path: Path, tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> None:
        self.path, self.dtype = path, np.dtype(series.dtype)
        self.shape = tuple(int(size) for size in series.shape)
        self._series, self._tiff = series, tiff
        inner = len(self.shape)
        while inner and prod(self.shape[inner:]) < series.keyframe.size:
            inner -= 1
        self.inner, self.page_shape = inner, self.shape[inner:]
        self._numbers = np.arange(prod(self.shape[:inner])).reshape(self.shape[:inner])
        # ImageJ writes one page for all of a large stack, whose values follow each other.
        self._one_page = len(series.pages) < self._numbers.size
        if (self._one_page and series.dataoffset is None) or prod(self.page_shape) != series.keyframe.size:
            raise UserError(f"{path} has {len(series.pages)} pages for {self.shape}, expected all; save it again")
        size = tiff.filehandle.size
        if self._one_page and int(series.dataoffset or 0) + series.nbytes > size:
            raise UserError(
                f"{path} is damaged: {series.nbytes} bytes of pixels expected, it has {size}; save it again"
            )
        require_frames(1, self.page_shape, str(path))
        require_room(series.keyframe.nbytes, size, str(path))

    def __getitem__(self, index: tuple[int | slice, ...]) -> np.ndarray:
        leading = self._numbers.ndim
        numbers = self._numbers[index[:leading]]
        pages = [self._page(int(number)) for number in np.ravel(numbers)]
        parts = np.stack(pages).reshape(*np.shape(numbers), *self.page_shape)
        return parts[(slice(None),) * np.ndim(numbers) + tuple(index[leading:])]

    def _page(self, number: int) -> np.ndarray:
        if self._one_page:
            size = prod(self.page_shape)
            dtype = self.dtype.newbyteorder(self._tiff.byteorder)
            offset = int(self._series.dataoffset or 0) + number * size * self.dtype.itemsize
            return np.fromfile(self.path, dtype, size, offset=offset).reshape(self.page_shape)
        page = self._series.pages[number]
        if page is None:
            raise UserError(f"{self.path}: page {number + 1} is missing; add it, or remove the others of its time")
        return decode(self.path, page, number, bool(self._series.dataoffset)).reshape(self.page_shape)


def require_whole(page: Any, size: int, contiguous: bool) -> None:
    """ValueError where strips or tiles of a page are missing or lie beyond the ``size`` bytes of the file.

    tifffile would give zeros for them. In a ``contiguous`` series pages need not tell where all of theirs are.
    """
    strips, lengths, expected = page.dataoffsets, page.databytecounts, prod(page.keyframe.chunked)
    if len(strips) < expected and not contiguous:
        raise ValueError(f"{len(strips)} strips or tiles, expected {expected}")
    if any(start + length > size for start, length in zip(strips, lengths, strict=False)):
        raise ValueError("its end is missing")


def decode(path: Path, page: Any, number: int, contiguous: bool) -> np.ndarray:
    """The pixels of a page, by Pillow where tifffile lacks a library for them. UserError."""
    with decoding(path):
        require_whole(page, path.stat().st_size, contiguous)
    try:
        with decoding(path):
            return np.asarray(page.asarray())
    except UserError:
        frame = _by_pillow(path, number) if not page.keyframe.is_tiled else None
        if frame is None or frame.shape != page.shape or frame.dtype != page.dtype:
            raise
        return frame


def _by_pillow(path: Path, number: int) -> np.ndarray | None:
    try:
        import imagecodecs  # noqa: F401
    except ImportError:
        try:
            with Image.open(path) as image:
                image.seek(number)
                return np.asarray(image) if image.mode in ("1", "L", "P", "I;16", "RGB", "RGBA", "F") else None
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
            return None
    return None  # tifffile had all it needs: the file is damaged


def open_series(path: Path) -> tuple[tifffile.TiffFile, tifffile.TiffPageSeries]:
    """An open file and the first series of pages in it. UserError."""
    opened: list[tifffile.TiffFile] = []
    try:
        with decoding(path):
            opened.append(tifffile.TiffFile(path))
            series = opened[0].series[0]
            len(series.pages)
            series.axes  # noqa: B018 - read now, while errors are caught
    except BaseException:
        for tiff in opened:
            tiff.close()
        raise
    return opened[0], series


def axes_of_sequence(axes: str) -> str | None:
    """The axes of a series where one is time; that of pages without a meaning is. None where it is not clear."""
    others = [letter for letter in axes if letter not in "YXCS"]
    if "T" in axes and len(set(axes)) == len(axes):
        return axes
    return axes.replace(others[0], "T") if len(others) == 1 else None


def ome_image(tiff: tifffile.TiffFile) -> dict[str, Any]:
    """What an OME-TIFF says of its first image, as `tifffile.xml2dict` has it; empty where it says nothing."""
    try:
        image = tifffile.xml2dict(tiff.ome_metadata or "")["OME"]["Image"]
    except (KeyError, TypeError, ValueError, SyntaxError):
        return {}
    image = image[0] if isinstance(image, (list, tuple)) else image
    return image if isinstance(image, dict) and isinstance(image.get("Pixels"), dict) else {}


_SECONDS = {"s": 1.0, "ms": 1e-3, "\u00b5s": 1e-6, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}


def instants(tiff: tifffile.TiffFile, count: int) -> np.ndarray | None:
    """Seconds (count,) of the times that an ImageJ, OME or LSM file tells; None where it tells none."""
    step, times = 0.0, None
    try:
        if tiff.is_imagej:
            said = tiff.imagej_metadata or {}
            step = float(said.get("finterval") or 1 / float(said.get("fps") or np.inf))
        elif tiff.is_ome:
            pixels = ome_image(tiff).get("Pixels", {})
            step = float(pixels.get("TimeIncrement", 0)) * _SECONDS.get(pixels.get("TimeIncrementUnit", "s"), 0.0)
            planes = pixels.get("Plane", [])
            first = [each for each in (planes if isinstance(planes, list) else [planes]) if _is_first(each)]
            units = {each.get("DeltaTUnit", "s") for each in first}
            if len(first) == count and len(units) == 1 and all("DeltaT" in each for each in first):
                times = np.zeros(count)
                times[[int(each["TheT"]) for each in first]] = [float(each["DeltaT"]) for each in first]
                times *= _SECONDS.get(units.pop(), np.nan)
        elif tiff.is_lsm:
            times = np.asarray((tiff.lsm_metadata or {}).get("TimeStamps", []), np.float64)
    except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError):
        return None
    if times is not None and times.shape == (count,) and np.isfinite(times).all() and (np.diff(times) > 0).all():
        return times
    return np.arange(count) * step if np.isfinite(step) and step > 0 else None


def _is_first(plane: dict[str, Any]) -> bool:
    return not int(plane.get("TheC", 0)) and not int(plane.get("TheZ", 0))
