"""TIFF stacks: pages, ImageJ's hyperstacks, OME-TIFF and BigTIFF."""

from __future__ import annotations

import weakref
from pathlib import Path

from ....errors import UserError
from ..array_source import ArraySource, as_fill_value
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
