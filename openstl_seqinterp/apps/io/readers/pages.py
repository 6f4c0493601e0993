"""One TIFF a frame, by tifffile; its pages are sequences of their own."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from ....errors import UserError, one_line
from ..extras import lacking
from ..source import DTYPES, Options
from ..tiff_pages import require_whole
from .frames import Head, Info, damaged, require_room, upright

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what matters is raised
DAMAGED = (
    *(OSError, EOFError, ValueError, IndexError, KeyError, TypeError, OverflowError, RuntimeError, AttributeError),
    *(ZeroDivisionError, struct.error, zlib.error, AssertionError),
)
_ORIENTATION, _NO_DATA = 274, 42113  # the second is GDAL's


@contextmanager
def opened(path: Path) -> Iterator[tifffile.TiffFile]:
    """A TIFF whose first header is read. UserError for what goes wrong, inside too."""
    try:
        with tifffile.TiffFile(path) as file:
            yield file
    except DAMAGED as error:
        if "imagecodecs" in str(error):
            raise lacking("imagecodecs", f"the compression of {path}") from error
        raise damaged(path, one_line(error)) from error


def order(series: tifffile.TiffPageSeries) -> tuple[list[int], tuple[int, int, int, int]]:
    """How to transpose the dimensions of a series into (N..., H, W, C), and the shape (N, H, W, C). ValueError."""
    axes = series.axes
    if axes.count("Y") != 1 or axes.count("X") != 1:
        raise ValueError(f"axes {axes}, expected Y and X")
    places = [place for place, axis in enumerate(axes) if axis not in "YXS"]
    last = [axes.index(axis) for axis in "YXS" if axis in axes]
    sizes = series.shape
    count = int(np.prod([sizes[place] for place in places], dtype=np.int64))
    height, width = sizes[last[0]], sizes[last[1]]
    return places + last, (count, height, width, sizes[last[2]] if len(last) > 2 else 1)


def orientation(page: tifffile.TiffPage) -> int:
    """How a page is stored, 1 to 8."""
    tag = page.tags.get(_ORIENTATION)
    return int(tag.value) if tag is not None else 1


def head(path: Path) -> Head:
    """What the header says, the picture upright. UserError where it is damaged or huge."""
    with opened(path) as file:
        return _head(path, file)


def _head(path: Path, file: tifffile.TiffFile) -> Head:
    series, page = file.series[0], file.series[0].keyframe
    _, (count, height, width, channels) = order(series)
    require_room(path, (count, height, width, channels))
    if series.dtype is None or series.dtype.name not in DTYPES:
        raise UserError(f"{path} holds {series.dtype}, expected one of {', '.join(DTYPES)}; convert it")
    if orientation(page) in (5, 6, 7, 8):
        height, width = width, height
    ink = page.photometric == tifffile.PHOTOMETRIC.SEPARATED and channels == 4 and series.dtype == np.uint8
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None and series.dtype == np.uint8:
        palette = (np.asarray(page.colormap).T >> 8).astype(np.uint8).tobytes()
    else:
        palette = None
    shape = (count, height, width, 3 if ink else channels)
    return Head(shape, series.dtype.newbyteorder("="), palette, (series.axes, page.photometric))


def read(path: Path, options: Options) -> tuple[np.ndarray, Info]:
    """The pages (N, H, W, C) of a TIFF, upright, white being high. UserError."""
    info: Info = {}
    with opened(path) as file:
        said = _head(path, file)
        series, page = file.series[0], file.series[0].keyframe
        places, (count, height, width, channels) = order(series)
        _require_whole(series, path.stat().st_size)
        values = series.asarray().transpose(places).reshape(count, height, width, channels)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            values = inverted(values)
        if values.shape[-1] != said.shape[-1]:
            values = np.stack([np.array(Image.fromarray(each, "CMYK").convert("RGB")) for each in values])
            info["note"] = "CMYK is read as RGB; filled files have no black ink of their own"
        if len(file.series) > 1:
            info["note"] = f"of {len(file.series)} series of pages in a file the first is read"
        no_data = page.tags.get(_NO_DATA)
        if no_data is not None:
            info["fill_value"] = float(str(no_data.value).strip("\0 "))
        if said.palette is not None:
            info["palette"] = said.palette
        turned = orientation(page)
    frames = np.stack([upright(each, turned) for each in values]) if turned != 1 else np.ascontiguousarray(values)
    return frames.astype(said.dtype, copy=not frames.flags.writeable), info


def _require_whole(series: tifffile.TiffPageSeries, size: int) -> None:
    """ValueError where a page of the series, or a part of one, is missing."""
    for page in series.pages:
        if page is None:
            raise ValueError("a page is missing")
        require_whole(page, size, bool(series.dataoffset))


def inverted(values: np.ndarray) -> np.ndarray:
    """Integer or bool values with black and white exchanged; others as they are."""
    if values.dtype == bool:
        return ~values
    return np.iinfo(values.dtype).max - values if values.dtype.kind == "u" else values
