"""The files that may be frames of a folder: by their suffix, what reads and writes one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import UserError
from ..source import Options

LARGEST = 2**28  # values of a frame

# What a file says beside its values: "palette" (bytes, RGB, of which the values are places), "transparency" (the place
# in it that is seen through), "instant" (seconds since 1970), "fill_value", "note" (a sentence for the user).
Info = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """What a file's header says: ``shape`` (N, H, W, C), ``dtype``, and what else files must have in common."""

    shape: tuple[int, int, int, int]
    dtype: np.dtype
    palette: bytes | None = None
    more: Hashable = None


@dataclass(frozen=True)
class FrameFormat:
    """``kind`` is what files of one folder have in common; ``module`` is imported when it is used.

    The module beside this one has ``read(path, options)`` to a new array (N, H, W, C) and an `Info`; where ``quick``
    also ``head(path)`` to a `Head`. The module in ``writers``, or it itself, has ``write(path, frame, like, instant,
    variable)``, which codes a frame (N, H, W, C) as the file ``like`` is; ``instant`` may be None.
    """

    kind: str
    module: str
    writer: str
    quick: bool = True

    def read(self, path: Path, options: Options) -> tuple[np.ndarray, Info]:
        """A frame and what its file says of it. UserError where it is damaged."""
        return import_module(f".{self.module}", __package__).read(path, options)

    def head(self, path: Path) -> Head | None:
        """What the header says, at no cost of decoding; None where only decoding tells. UserError as `read`."""
        return import_module(f".{self.module}", __package__).head(path) if self.quick else None

    @property
    def write(self) -> Callable[[Path, np.ndarray, Path, float | None, str | None], None]:
        """The function that writes a frame."""
        return import_module(self.writer, __package__).write


def _picture(kind: str) -> FrameFormat:
    return FrameFormat(kind, "pictures", "..writers.pictures")


_TIFF = FrameFormat("tif", "pages", "..writers.pages")
_HDF5 = FrameFormat("h5", "hdf5_frame", ".hdf5_frame", quick=False)
_PNM = (".pgm", ".ppm", ".pnm", ".pbm")
FRAMES: dict[str, FrameFormat] = {
    **{f".{kind}": _picture(kind) for kind in ("png", "bmp", "webp", "gif", "jp2")},
    **dict.fromkeys((".jpg", ".jpeg"), _picture("jpg")),
    **dict.fromkeys((*_PNM, *(f"{suffix}.gz" for suffix in _PNM)), _picture("pnm")),
    **dict.fromkeys((".tif", ".tiff"), _TIFF),
    **dict.fromkeys((".h5", ".hdf5", ".hdf"), _HDF5),
}


def suffix_of(name: str) -> str:
    """The suffix of a name as it stands there, ``.gz`` and what is before it together; empty where no frame has it."""
    parts = name.rsplit(".", 2)
    for count in (2, 1):
        suffix = "".join(f".{part}" for part in parts[-count:])
        if len(parts) > count and suffix.lower() in FRAMES:
            return suffix
    return ""


def require_room(path: Path, shape: tuple[int, ...]) -> None:
    """UserError where a frame has more values than one may have, or none."""
    values = 1
    for size in shape:
        values *= int(size)
    if not 0 < values <= LARGEST:
        raise UserError(
            f"{path} claims {' x '.join(map(str, shape))} values, expected 1 to {LARGEST}; crop it or get a whole copy"
        )


def damaged(path: Path, why: str) -> UserError:
    """The error of a file that cannot be decoded."""
    return UserError(
        f"{path} cannot be decoded (damaged, cut short or huge: {why}); replace it, or remove it to have a numbered "
        "frame filled"
    )


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """An array (H, W, ...) as it is seen, from the way it is stored: the EXIF and TIFF tag 274, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)
