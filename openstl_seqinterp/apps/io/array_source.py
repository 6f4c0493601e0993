"""What the forms that hold arrays have in common: limits before reading, frames of a view, and how they are stored."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from ...errors import UserError, nearest, one_line
from .axes import View, read_axes, resized
from .cf import decode_times
from .source import DTYPES, Source
from .writers.output import Output

FRAME_VALUES = 2**28  # pixels times channels of one frame
_FRAMES = 2**20  # of a sequence; more are no sequence but a damaged header
_UNPACKED = 2**28  # bytes; below that a file may unpack to anything
_RATIO = 500  # deflate turns zeros into a thousandth, and images into a hundredth at the best


def require_dtype(dtype: np.dtype, what: str) -> None:
    """UserError unless values are of one of `source.DTYPES`, in any byte order."""
    if dtype.newbyteorder("=").name not in DTYPES:
        raise UserError(f"{what} holds {dtype}, expected one of {', '.join(DTYPES)}; convert it")


def require_room(claimed: int, stored: int, what: str) -> None:
    """UserError where ``stored`` bytes of a file claim to be ``claimed`` bytes of values: damaged, or a bomb."""
    if claimed > _UNPACKED and claimed > _RATIO * stored:
        raise UserError(
            f"{what} would unpack {stored} bytes to {claimed}, more than {_RATIO} times as many, so its header is "
            "damaged or it is a zip bomb; save it without compression if it is not"
        )


def require_frames(count: int, shape: Sequence[int], what: str) -> None:
    """UserError where there are too many frames, or one has too many values."""
    if prod(shape) > FRAME_VALUES:
        raise UserError(
            f"{what} has frames of {' x '.join(map(str, shape))} values, expected at most {FRAME_VALUES}; "
            "make them smaller"
        )
    if not 0 < count <= _FRAMES:
        raise UserError(f"{what} claims {count} frames, expected 1 to {_FRAMES}; divide it")


def choose(names: Sequence[str], variable: str | None, what: str) -> str:
    """The array to read: ``variable``, or the only one of ``names`` that may be a sequence. UserError."""
    if variable is not None:
        wanted = variable.strip("/")
        if wanted not in names:
            known = f"it has {', '.join(names) or 'none'}"
            raise UserError(f"{what} has no array {variable!r} of images{nearest(wanted, names)} ({known})")
        return wanted
    if not names:
        raise UserError(f"{what} has no array of numbers with three dimensions or more, expected one with T, Y and X")
    if len(names) > 1:
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        raise UserError(f"{what} has several arrays that may be images: {shown}; say which with --variable")
    return names[0]


def as_fill_value(value: Any, dtype: np.dtype) -> float | None:
    """A declared fill value where values of ``dtype`` can have it; NaN is none, as it says itself what it is."""
    try:
        number = float(np.asarray(value).reshape(-1)[0])
        stored = float(np.asarray(number).astype(dtype))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if np.issubdtype(dtype, np.floating):
        return stored if np.isfinite(stored) else None
    information = np.iinfo(dtype) if dtype != np.bool_ else None
    return number if information and information.min <= number <= information.max and number == int(number) else None


class ArraySource(Source):
    """Frames of an array: ``view`` reads one at a time. ``stored_dtype`` has the byte order of the file.

    ``damaged`` are the errors that the library of a form raises where a frame is, ``key`` names the array among others.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"axes"})
    damaged: ClassVar[tuple[type[Exception], ...]] = ()
    key: str = ""
    view: View
    stored_dtype: np.dtype

    def use(self, array: Any, axes: str | None, what: str) -> None:
        """Take an array that has shape and dtype; ``axes`` as the file tells them. UserError where it is no sequence.

        What the user says with ``--axes`` counts more.
        """
        require_dtype(np.dtype(array.dtype), what)
        given = self.options.axes
        self.axes = read_axes(array.shape, given, what) if given or axes is None else axes
        self.view = View(array, self.axes)
        require_frames(self.view.count, self.view.shape, what)
        require_frames(self.view.sequences, (), what)
        self.stored_dtype = np.dtype(array.dtype)
        self.dtype = self.stored_dtype.newbyteorder("=")
        self.sequences, self.count, self.shape = self.view.sequences, self.view.count, self.view.shape

    def use_times(self, key: str, values: np.ndarray, attributes: Mapping[str, Any]) -> bool:
        """Take the times (count,) of the array ``key`` and its CF attributes; False, with a note, if they are none."""
        decoded = decode_times(values, attributes)
        if decoded is None or not np.isfinite(decoded[0]).all():
            self.notes.append(f"{self.path}: {key} holds no times, so the images have only their order")
            return False
        self.arrange_frames(*decoded)
        return True

    def _decode(self, sequence: int, number: int) -> np.ndarray:
        try:
            return self.view.frame(sequence, number)
        except self.damaged as error:
            where = f"frame {number + 1}{f' of {self.key}' if self.key else ''}"
            raise UserError(f"{self.path}: {where} is damaged ({one_line(error)}); save it again") from error


class Mapped:
    """An array in a file, mapped for as long as one access takes, so that what was read does not stay in memory."""

    def __init__(self, path: Path, dtype: np.dtype, shape: tuple[int, ...], offset: int, fortran: bool = False) -> None:
        self.path, self.dtype, self.shape, self.offset = path, dtype, shape, offset
        self.fortran = fortran

    def _map(self, write: bool) -> np.memmap:
        mode, order = ("r+" if write else "r"), ("F" if self.fortran else "C")
        return np.memmap(self.path, self.dtype, mode, self.offset, self.shape, order)  # type: ignore[call-overload]

    def __getitem__(self, index: Any) -> np.ndarray:
        return np.array(self._map(write=False)[index])

    def __setitem__(self, index: Any, values: np.ndarray) -> None:
        self._map(write=True)[index] = values


def reserve(file: IO[bytes], size: int) -> None:
    """Give ``size`` more bytes to a file: a full disk is an OSError here, and a bus error in a mapped write."""
    file.flush()
    start = file.tell()
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), start, size)
    else:
        for place in range(0, size, 2**20):
            file.write(bytes(min(2**20, size - place)))


def output_array(output: Output) -> tuple[str, tuple[int, ...], np.dtype]:
    """The axes, shape and dtype of an output as one array: as it came in, or (N, T, Y, X, C) without N and C of 1."""
    source, length = output.source, len(output.layout)
    if isinstance(source, ArraySource):
        return source.axes, resized(source.view.array.shape, source.axes, length), source.stored_dtype
    sizes = {"N": source.sequences, "T": length, "Y": source.shape[0], "X": source.shape[1], "C": source.shape[2]}
    axes = "".join(letter for letter, size in sizes.items() if size > 1 or letter in "TYX")
    return axes, tuple(sizes[letter] for letter in axes), source.dtype


def store_frames(output: Output, array: Any, axes: str) -> None:
    """Write all frames of an output into an array of the shape that `output_array` gives."""
    view = View(array, axes)
    for sequence in range(output.source.sequences):
        for place, frame in enumerate(output.frames(sequence)):
            view.store(sequence, place, frame)
