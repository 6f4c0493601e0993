"""TIFF stacks as they came: pages with their axes, metadata, tags and compression."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from ..array_source import ArraySource, Mapped, reserve, store_frames
from ..axes import View, resized
from ..extras import INSTALL
from ..readers.tiff import TiffReader
from ..tiff_pages import ome_image, quiet
from .output import Output

_LARGEST = 2**32 - 2**25  # bytes of a file that is no BigTIFF
_LOSSLESS = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 34925: "LZMA", 50000: "Zstandard", 32773: "PackBits"}
_COUNTED = ("images", "channels", "slices", "frames")  # what ImageJ says of the shape
# Tags of any page that say nothing of how its pixels are stored: where they are on Earth (GeoTIFF, GDAL), what the
# camera was, whose they are, colour profiles, XMP.
_KEPT = (269, 271, 272, 285, 306, 315, 316, 33432, 33550, 33922, 34264, 34675, 34735, 34736, 34737, 42112, 42113, 700)


def write(output: Output, folder: Path) -> list[Path]:
    """One file: of a TIFF in its own kind, of others a stack that names its axes."""
    path, source = folder / output.name, output.source
    if isinstance(source, TiffReader):
        axes = source.axes
        stored = source.series.axes if len(set(source.series.axes)) == len(source.series.axes) else axes
        shape, dtype = resized(source.series.shape, axes, len(output.layout)), source.stored_dtype
        settings, notes = _settings(source.tiff, source.series)
        metadata = _metadata(output, source, stored, shape)
    else:
        axes, shape, settings = _plain(output)
        dtype, notes = source.dtype, []
        metadata = {"axes": axes}
        if output.timeline.clock != "number":
            notes = ["a TIFF stack has no times: those of the images are lost; npz, nc and zarr keep them"]
        if isinstance(source, ArraySource):
            settings["byteorder"] = ">" if source.stored_dtype.byteorder == ">" else "<"
    source.notes += [f"{output.name}: {note}" for note in notes]
    inner = source.view.array.inner if isinstance(source, TiffReader) else axes.index("Y")
    if axes[0] == "T" and set(axes) <= set("TYXCS"):
        _write(path, _pages(output, axes, shape[inner:]), shape, dtype, metadata, settings)
        return [path]
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".raw") as file:  # in the order of the pages
        reserve(file, prod(shape) * dtype.itemsize)
        array = Mapped(Path(file.name), dtype, shape, 0)
        store_frames(output, array, axes)
        pages = (array[index] for index in np.ndindex(*shape[:inner]))
        _write(path, pages, shape, dtype, metadata, settings)
    return [path]


def _plain(output: Output) -> tuple[str, tuple[int, ...], dict[str, Any]]:
    """Axes, shape and settings of any sequence: images last, as pages are."""
    source, channels = output.source, output.source.shape[2]
    colours = channels in (3, 4) and source.dtype != np.bool_
    axes = ("N" if source.sequences > 1 else "") + "T" + ("C" if channels > 1 and not colours else "") + "YX"
    axes += "S" if colours else ""
    sizes = {"N": source.sequences, "T": len(output.layout), "Y": source.shape[0], "X": source.shape[1]}
    shape = tuple(sizes.get(letter, channels) for letter in axes)
    settings: dict[str, Any] = {"photometric": "rgb" if colours else "minisblack", "compression": "zlib"}
    if channels == 4 and colours:
        settings["extrasamples"] = ["unassalpha"]
    return axes, shape, settings


def _settings(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> tuple[dict[str, Any], list[str]]:
    """How the pages of a file are stored, as arguments of `TiffWriter` and its method, and what is not kept."""
    page, notes = series.keyframe, []
    settings: dict[str, Any] = {
        "byteorder": tiff.byteorder,
        "bigtiff": tiff.is_bigtiff,
        "photometric": page.photometric,
        "software": page.software or False,
        "extratags": [
            (code, page.tags[code].dtype, page.tags[code].count, page.tags[code].value, False)
            for code in _KEPT
            if code in page.tags
        ],
    }
    if int(page.photometric) == 6:  # the YCbCr of JPEG, decoded to RGB
        settings["photometric"] = "rgb"
    if page.samplesperpixel > 1:
        settings["planarconfig"] = page.planarconfig
        settings["extrasamples"] = page.extrasamples or None
    if page.compression not in _LOSSLESS:
        notes.append(
            f"{tifffile.COMPRESSION(page.compression).name} would change the images, so they are written with deflate"
        )
        settings["compression"] = "zlib"
    elif page.compression != 1:
        settings["compression"] = page.compression
        settings["predictor"] = page.predictor if page.predictor in (2, 3) else None
        try:
            import imagecodecs  # noqa: F401
        except ImportError:
            if page.compression not in (8, 32946) or settings["predictor"]:
                settings |= {"compression": "zlib", "predictor": None}
                notes.append(f"written with deflate: {_LOSSLESS[page.compression]} needs imagecodecs: {INSTALL}")
    if page.colormap is not None:
        settings["colormap"] = page.colormap
    if 282 in page.tags and 283 in page.tags:
        settings["resolution"] = (page.tags[282].value, page.tags[283].value)
        settings["resolutionunit"] = page.resolutionunit
    return settings, notes


def _metadata(
    output: Output | None, source: TiffReader | tifffile.TiffFile, axes: str, shape: Sequence[int]
) -> dict[str, Any] | bytes | None:
    """What the file says of its images, for as many as ``output`` has; the description of a plain file."""
    tiff = source.tiff if isinstance(source, TiffReader) else source
    timeline = output.timeline if output else None
    seconds = timeline if timeline and timeline.clock == "seconds" else None
    if tiff.is_imagej:
        said = {name: value for name, value in (tiff.imagej_metadata or {}).items() if name not in _COUNTED}
        if output and said.pop("Labels", None):
            output.source.notes.append(f"{output.name}: the labels of ImageJ's slices are not kept")
        if seconds and {"finterval", "fps"} & set(said):
            said |= {"finterval": seconds.step, "fps": 1 / seconds.step}
        return {**said, "kind": "imagej", "axes": axes}
    if tiff.is_ome:
        image = ome_image(tiff)
        pixels = image.get("Pixels", {})
        dropped = ("ID", "DimensionOrder", "Type", "TiffData", "Plane", "BigEndian", "Interleaved", "MetadataOnly")
        kept = {key: value for key, value in pixels.items() if key not in dropped and not key.startswith("Size")}
        if isinstance(kept.get("Channel"), dict):
            kept["Channel"] = [kept["Channel"]]
        kept |= {key: image[key] for key in ("Name", "Description", "AcquisitionDate") if key in image}
        if seconds and seconds.regular and "TimeIncrement" in kept:
            kept |= {"TimeIncrement": seconds.step, "TimeIncrementUnit": "s"}
        if seconds and "Plane" in pixels:
            places = axes.index("T")
            times = [seconds.instants[index[places]] for index in np.ndindex(*shape[: len(axes.rstrip("YXS"))])]
            kept["Plane"] = [{"DeltaT": float(time), "DeltaTUnit": "s"} for time in times]
        return {**kept, "kind": "ome", "axes": axes}
    if tiff.is_shaped:
        said = dict((tiff.shaped_metadata or ({},))[0])
        said.pop("shape", None)
        return {**said, "axes": axes if output is None or set("YX") <= set(axes) else ""}
    return tiff.pages.first.description.encode() or None


def _pages(output: Output, axes: str, page_shape: Sequence[int]) -> Iterator[np.ndarray]:
    """The pages of one sequence whose first dimension is time."""
    source = output.source
    for frame in output.frames(0):
        if isinstance(source, TiffReader):
            part = np.empty(source.series.shape[1:], frame.dtype)
        else:
            part = np.empty(
                [dict(zip("YXCS", (*frame.shape, frame.shape[2]), strict=True))[each] for each in axes[1:]], frame.dtype
            )
        View(part, axes[1:]).store(0, 0, frame)
        yield from part.reshape(-1, *page_shape)


def _write(
    path: Path,
    pages: Iterable[np.ndarray],
    shape: Sequence[int],
    dtype: np.dtype,
    metadata: dict[str, Any] | bytes | None,
    settings: dict[str, Any],
) -> None:
    settings, kind = dict(settings), ""
    said = metadata if isinstance(metadata, dict) else None
    if said is not None:
        kind = said.pop("kind", "")
    elif metadata:
        settings["description"] = metadata
    large = prod(shape) * dtype.itemsize > _LARGEST
    big = settings.pop("bigtiff", False) or (large and kind != "imagej")
    with (
        quiet(),
        tifffile.TiffWriter(
            path, bigtiff=big, byteorder=settings.pop("byteorder", None), imagej=kind == "imagej", ome=kind == "ome"
        ) as file,
    ):
        file.write(iter(pages), shape=tuple(shape), dtype=dtype, metadata=said, **settings)
