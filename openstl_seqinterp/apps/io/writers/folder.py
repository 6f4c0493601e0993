"""A folder of images: known files are copied byte for byte; a filled one is named and coded like its neighbours."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2

from ..readers.folder import JPEG, FolderReader
from ..source import Fill, Layout
from .output import filled_frame


def write(source: FolderReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """The images, one file for each entry of ``layout``, in its order."""
    paths = [folder / name for name in _names(source, layout)]
    for position, (path, known) in enumerate(zip(paths, layout, strict=True)):
        if known is not None:
            shutil.copyfile(source.files[known], path)
            continue
        frame = filled_frame(source, filled, 0, position)
        # OpenCV's own default, so that a change of it changes nothing; other formats warn when given it.
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix.lower() in JPEG else []
        path.write_bytes(cv2.imencode(path.suffix, frame, quality)[1].tobytes())
    return paths


def _names(source: FolderReader, layout: Layout) -> list[str]:
    """Their own names where every known image keeps its position, else new ones in the order of the output."""
    if all(known in (None, position) for position, known in enumerate(layout)):
        return [
            source.files[position].name if position in source.files else source.name_of(position)
            for position in range(len(layout))
        ]
    width = max(4, len(str(len(layout))))
    suffixes = [source.files[0 if known is None else known].suffix for known in layout]
    return [f"frame_{position + 1:0{width}d}{suffix}" for position, suffix in enumerate(suffixes)]
