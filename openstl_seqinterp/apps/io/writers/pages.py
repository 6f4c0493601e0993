"""One TIFF a frame, coded like another: its kind, compression, resolution and geography."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from ..readers.pages import inverted, opened, order

# GeoTIFF's and GDAL's tags: scale, tie points, transformation, keys with their texts and numbers, metadata, no data.
_GEOGRAPHY = (33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113)
_KINDS = {"MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "SEPARATED"}
_LOSSLESS = {"NONE", "LZW", "ADOBE_DEFLATE", "DEFLATE", "PACKBITS", "ZSTD", "LZMA"}


def write(path: Path, frame: np.ndarray, like: Path, instant: float | None, variable: str | None) -> None:
    """Write pages (N, H, W, C), upright, as the file ``like`` is coded; a lossy one with deflate, without loss."""
    with opened(like) as file:
        series, page = file.series[0], file.series[0].keyframe
        _, (_, _, _, channels) = order(series)
        if channels != frame.shape[-1]:
            frame = np.stack([np.array(Image.fromarray(each).convert("CMYK")) for each in frame])
        kind = tifffile.PHOTOMETRIC(page.photometric).name
        kind = kind if kind in _KINDS else "RGB" if channels >= 3 else "MINISBLACK"
        settings: dict[str, Any] = {"photometric": kind.lower(), "metadata": None}
        compression = tifffile.COMPRESSION(page.compression).name
        settings["compression"] = compression if compression in _LOSSLESS else "ADOBE_DEFLATE"
        if settings["compression"] == "NONE":
            del settings["compression"]
        elif int(page.predictor or 1) == 2 and frame.dtype.kind in "iu":
            settings["predictor"] = 2
        if kind == "MINISWHITE":
            frame = inverted(frame)
        if kind == "PALETTE":
            settings["colormap"] = page.colormap
        if kind == "SEPARATED" or (channels in (2, 4) and page.extrasamples):
            settings["extrasamples"] = [int(sample) for sample in page.extrasamples]
        if "XResolution" in page.tags:
            settings["resolution"] = (page.tags["XResolution"].value, page.tags["YResolution"].value)
            unit = page.tags.get("ResolutionUnit")
            settings["resolutionunit"] = int(unit.value) if unit is not None else 1
        tags = [page.tags[code] for code in _GEOGRAPHY if code in page.tags]
        settings["extratags"] = [(tag.code, tag.dtype, tag.count, tag.value, True) for tag in tags]
        byteorder = file.byteorder
    with tifffile.TiffWriter(path, byteorder=byteorder) as writer:
        for each in frame:
            values = each[..., 0] if channels == 1 else each
            writer.write(np.ascontiguousarray(values), contiguous=False, **settings)
