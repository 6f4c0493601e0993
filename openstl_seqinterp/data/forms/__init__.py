"""Image sequences in the forms people keep them in: read frame by frame, written back in the same form.

Frames are (H, W, C) in the form's own dtype and channel order; positions and sequences count from 0.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import UserError
from .arrays import NpySource, NpzSource
from .base import Fill, Source
from .folder import FolderSource
from .gif import GifSource
from .table import CsvSource
from .video import VideoSource

__all__ = ["READABLE", "Fill", "Source", "open_source"]

READABLE = "a folder of images (png, jpg, tif, bmp), a video (mp4, avi, mov, mkv), gif, npy, npz or csv"
FILES: dict[str, type[Source]] = {
    **dict.fromkeys((".mp4", ".avi", ".mov", ".mkv"), VideoSource),
    ".gif": GifSource,
    ".npy": NpySource,
    ".npz": NpzSource,
}


def open_source(path: Path, csv_shape: tuple[int, int, int] | None = None) -> Source:
    """Open the sequence(s) at ``path``; ``csv_shape`` is (T, H, W), for a csv file alone.

    UserError where the path is missing, damaged, of a form that cannot be read, or mixes kinds of images.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise UserError(f"{path} is missing; give {READABLE}")
    if suffix == ".csv" and path.is_file():
        return CsvSource(path, csv_shape)
    if csv_shape is not None:
        raise UserError(f"--csv_shape is for a csv file, and {path} is none; leave it out")
    if path.is_dir():
        return FolderSource(path)
    if suffix not in FILES:
        raise UserError(f"{path} cannot be read: its suffix is {suffix!r}; give {READABLE}")
    return FILES[suffix](path)
