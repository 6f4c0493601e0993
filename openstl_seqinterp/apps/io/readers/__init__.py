"""One reader a form, in a file of its own; `READERS` says which one opens a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from ....errors import UserError
from ..source import Options, Source

READABLE = (
    "a folder of images (png, jpg, tif, bmp, webp, gif, pgm, jp2, h5, ...), a video (mp4, mov, mkv, avi, webm, ...), "
    "a TIFF stack, gif, npy, npz, csv, HDF5, NetCDF or Zarr"
)
_VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".dv", ".wmv", ".ogv", ".3gp")
# By the suffix of a file, in lower case: the module of its reader, imported when it is used, and the class.
READERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_VIDEOS, ("video", "VideoReader")),
    **dict.fromkeys((".tif", ".tiff", ".btf", ".lsm"), ("tiff", "TiffReader")),
    **dict.fromkeys((".gif", ".webp", ".apng"), ("animation", "AnimationReader")),
    **dict.fromkeys((".h5", ".hdf5", ".hdf"), ("hdf5", "Hdf5Reader")),
    **dict.fromkeys((".nc", ".nc4", ".cdf"), ("netcdf", "NetcdfReader")),
    ".zarr": ("zarr", "ZarrReader"),
    ".npy": ("arrays", "NpyReader"),
    ".npz": ("arrays", "NpzReader"),
    ".csv": ("table", "CsvReader"),
}
_FOLDER = ("folder", "FolderReader")


def open_source(path: Path, options: Options | None = None) -> Source:
    """Open the sequence(s) at ``path``.

    UserError where it is missing, damaged, of a form that cannot be read, mixes kinds of images, or where an option is
    given that its form does not have.
    """
    options = options or Options()
    if not path.exists():
        raise UserError(f"{path} is missing; give {READABLE}")
    suffix = path.suffix.lower()
    row = _FOLDER if path.is_dir() and suffix != ".zarr" else READERS.get(suffix)
    if row is None:
        raise UserError(f"{path} cannot be read: its suffix is {suffix!r}; give {READABLE}")
    module, name = row
    reader: type[Source] = getattr(import_module(f".{module}", __package__), name)
    for option in options.given():
        if option not in reader.reads | {"times", "fill_value", "labels"}:
            raise UserError(f"--{option} does not apply to {path}, {reader.form}; leave it out")
    try:
        source = reader(path, options)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    source.apply_options()
    return source
