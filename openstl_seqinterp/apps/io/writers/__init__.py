"""One writer a form, in a file of its own; `WRITERS` says which one makes it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ....errors import UserError, one_line, require_known
from .output import Fill, Layout, Output

__all__ = ["FORMS", "SETTINGS", "WRITERS", "Fill", "Layout", "Output", "write"]

# Called with an `Output` and the empty folder to write into; gives the files written, and may let an OSError through.
Writer = Callable[[Output, Path], list[Path]]
# By the form: the module of its writer, imported when it is used, and the function. "folder" gives a folder of files
# back as it came; the others make their form of any sequence.
WRITERS: dict[str, tuple[str, str]] = {
    "folder": ("folder", "write"),
    "png": ("folder", "write_png"),
    "mp4": ("video", "write"),
    "mov": ("video", "write"),
    "mkv": ("video", "write"),
    "avi": ("video", "write"),
    "webm": ("video", "write"),
    "tif": ("tiff", "write"),
    **dict.fromkeys(("gif", "webp", "apng"), ("animation", "write")),
    "npy": ("arrays", "write_npy"),
    "npz": ("arrays", "write_npz"),
    "csv": ("table", "write"),
    "h5": ("hdf5", "write"),
    "nc": ("netcdf", "write"),
    "zarr": ("zarr", "write"),
}
# What a form can be asked for.
SETTINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("mp4", "mov", "mkv", "avi", "webm"), ("codec", "fps")),
    "gif": ("fps",),
}
FORMS = ("mp4", "mkv", "mov", "webm", "png", "tif", "gif", "npy", "zarr")  # those of --as, whatever came in


def write(output: Output, form: str, folder: Path) -> list[Path]:
    """Write an output in a form of `WRITERS` into the empty ``folder`` and return the files written.

    UserError where a frame cannot be read, the form cannot hold it, or the files cannot be written; ``folder`` may
    then hold a part.
    """
    require_known("form", form, WRITERS)
    module, name = WRITERS[form]
    writer: Writer = getattr(import_module(f".{module}", __package__), name)
    try:
        return writer(output, folder)
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {one_line(error)}; make room or choose another one") from error
