"""One reader a form; `READERS` says which one opens a file."""

from __future__ import annotations

from pathlib import Path

from ....errors import UserError
from ..source import Source
from .arrays import NpyReader, NpzReader
from .folder import FolderReader
from .gif import GifReader
from .table import CsvReader
from .video import VideoReader

READABLE = "a folder of images (png, jpg, tif, bmp), a video (mp4, avi, mov, mkv), gif, npy, npz or csv"
# By the suffix of a file, in lower case. A folder has a reader whatever its name.
READERS: dict[str, type[Source]] = {
    **dict.fromkeys((".mp4", ".avi", ".mov", ".mkv"), VideoReader),
    ".gif": GifReader,
    ".npy": NpyReader,
    ".npz": NpzReader,
    ".csv": CsvReader,
}


def open_source(path: Path, csv_shape: tuple[int, int, int] | None = None) -> Source:
    """Open the sequence(s) at ``path``; ``csv_shape`` is (T, H, W), for a csv file alone.

    UserError where the path is missing, damaged, of a form that cannot be read, or mixes kinds of images.
    """
    if not path.exists():
        raise UserError(f"{path} is missing; give {READABLE}")
    suffix = path.suffix.lower()
    reader = FolderReader if path.is_dir() else READERS.get(suffix)
    if reader is CsvReader:
        return CsvReader(path, csv_shape)
    if csv_shape is not None:
        raise UserError(f"--csv_shape is for a csv file, and {path} is none; leave it out")
    if reader is None:
        raise UserError(f"{path} cannot be read: its suffix is {suffix!r}; give {READABLE}")
    return reader(path)
