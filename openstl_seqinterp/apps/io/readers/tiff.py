"""TIFF stacks: pages, ImageJ's hyperstacks, OME-TIFF and BigTIFF; and single files of a folder."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np

from ....errors import UserError
from ..array_source import ArraySource, as_fill_value, require_dtype, require_frames
from ..axes import View
from ..source import Options
from ..tiff_pages import Pages, axes_of_sequence, instants, open_series

_PALETTE = 3
_NODATA = 42113  # the tag of GDAL


class TiffReader(ArraySource):
    """The first series of pages of a file, page by page. ``tiff`` and ``series`` are those of tifffile."""

    form = "tif"

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        self.tiff, self.series = open_series(path)
        self._close = weakref.finalize(self, self.tiff.close)
        try:
            self._take()
        except BaseException:
            self._close()
            raise

    def _take(self) -> None:
        tiff, series = self.tiff, self.series
        kinds = (("ImageJ stack", tiff.is_imagej), ("OME-TIFF", tiff.is_ome), ("TIFF stack", True))
        self.kind = next(kind for kind, fits in kinds if fits)
        array, what = Pages(self.path, tiff, series), str(self.path)
        axes = axes_of_sequence(series.axes)
        if self.options.axes is None and not set(series.axes) - set("YXCS"):
            raise UserError(
                f"{what} holds one image (axes {series.axes}), expected pages or a T; put images into a folder, or say "
                "which dimension is time with --axes"
            )
        if axes is None and len(set(series.axes)) == len(series.axes):
            raise UserError(f"{what} has the axes {series.axes} of {series.shape}: say which one is time with --axes")
        self.use(array, axes, what)
        if self.options.axes is None and "T" not in series.axes and not set("IQ") & set(series.axes):
            self.notes.append(f"{what} has the axes {series.axes}: {self.axes} was taken; say others with --axes")
        if len(tiff.series) > 1:
            self.notes.append(f"{what} has {len(tiff.series)} series of pages, of which the first is read and written")
        page = series.keyframe
        self.labels = int(page.photometric) == _PALETTE
        nodata = page.tags.get(_NODATA)
        self.fill_value = as_fill_value(str(nodata.value).strip("\0 "), self.dtype) if nodata else None
        times = instants(tiff, self.count)
        if times is not None:
            self.arrange_frames(times, "seconds")


def read_file(path: Path) -> tuple[np.ndarray, str]:
    """All pages of a file of a folder: an array (N, H, W, C) in the file's order, and its axes, as in NYX or YXS.

    UserError where it is damaged, too large, or has pages of several sizes.
    """
    tiff, series = open_series(path)
    with tiff:
        if len(tiff.series) > 1:
            raise UserError(f"{path} has pages of {len(tiff.series)} kinds, expected one size, depth and colour")
        require_dtype(np.dtype(series.dtype), str(path))
        require_frames(1, series.shape, str(path))
        pages = Pages(path, tiff, series)
        # Each file is one instant, so whatever the pages count is a sequence of its own.
        axes = series.axes.replace("I", "N").replace("Q", "N").replace("T", "N")
        view = View(pages, _different(axes))
        return np.stack([view.frame(number, 0) for number in range(view.sequences)]), view.axes


def _different(axes: str) -> str:
    """Axes with other letters in the place of repeated ones."""
    free = iter(letter for letter in "NZQRIABDEFGHJKLMOPUVW" if letter not in axes)
    return "".join(letter if axes.index(letter) == place else next(free) for place, letter in enumerate(axes))
