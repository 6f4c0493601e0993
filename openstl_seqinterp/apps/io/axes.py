"""What the dimensions of an array are, a letter each, as tifffile and OME write them.

T is time, Y and X the pixels of an image, C and S its channels and samples. Any other letter, such as N or Z, counts
sequences of their own; several are flattened in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from ...errors import UserError

_IMAGE = "YXCS"
_CHANNELS = (1, 3, 4)
_OTHERS = "NZQIRABDEFGHJKLMOPUVW"
_SHOWN = 3  # readings in a message
# Names that dimensions have in NetCDF, Zarr and HDF5, in lower case.
_NAMES = {
    "T": ("t", "time", "times", "frame", "frames", "date", "datetime", "valid_time"),
    "Y": ("y", "lat", "latitude", "rlat", "row", "rows", "height", "northing", "j", "nj", "ny", "yc"),
    "X": ("x", "lon", "longitude", "rlon", "column", "columns", "col", "width", "easting", "i", "ni", "nx", "xc"),
    "C": ("c", "channel", "channels", "band", "bands", "rgb", "color", "colour"),
    "S": ("s",),
    "Z": ("z", "level", "lev", "depth", "plev"),
}


def read_axes(shape: Sequence[int], axes: str | None, what: str, flag: str = "--axes") -> str:
    """The axes of an array of ``shape``: those that the user gives, or the only ones that it can have.

    Clear without a word are a plausible (T, Y, X), (T, Y, X, C) with C of 1, 3 or 4, and those with one more
    dimension of 1. Raises UserError, which shows ``what`` and the readings of an unclear shape, and names ``flag``.
    """
    shape = tuple(int(size) for size in shape)
    if any(size < 1 for size in shape):
        raise UserError(f"{what} is {shape}, expected no dimension below 1; remove what is empty")
    if axes is not None:
        return check_axes(axes, shape, what, flag)
    if len(shape) < 3:
        raise UserError(f"{what} is {shape}, no sequence; expected the dimensions T, Y, X and, of colours, C")
    found = sorted(dict.fromkeys(_readings(shape)), key=lambda each: "C" not in each)
    if len(found) == 1:
        return found[0]
    sizes = len({tuple(shape[each.index(letter)] for letter in "YX") for each in found}) > 1
    texts = [f"{each} ({_in_words(each, shape, sizes)})" for each in found]
    if len(texts) > _SHOWN + 1:
        texts = [*texts[:_SHOWN], "others"]
    readings = f"{', '.join(texts[:-1])} or {texts[-1]}"
    raise UserError(f"{what}: {shape} may be {readings}: say which with {flag}")


def check_axes(axes: str, shape: Sequence[int], what: str, flag: str = "--axes") -> str:
    """``axes`` in upper case. UserError unless they are a letter for each dimension, T, Y and X among them."""
    letters = axes.upper()
    if not (letters.isascii() and letters.isalpha()) or len(set(letters)) < len(letters) or set("TYX") - set(letters):
        raise UserError(f"{flag} {axes!r} are no axes; expected different letters, T, Y and X among them, as in TYXC")
    if len(letters) != len(shape):
        raise UserError(f"{flag} {axes} has {len(letters)} letters, but {what} is {tuple(shape)}; give {len(shape)}")
    return letters


def named_axes(names: Sequence[str | None], shape: Sequence[int]) -> str | None:
    """The axes of dimensions that have names, such as time, lat and lon; None where these do not tell T, Y and X."""
    letters = [
        next((letter for letter, known in _NAMES.items() if (name or "").lower() in known), None) for name in names
    ]
    if "T" in letters and not {"Y", "X"} & set(letters) and letters[-2:] == [None, None]:
        letters[-2:] = ["Y", "X"]  # as CF recommends: the image comes last
    if len(letters) != len(shape) or any(letters.count(letter) != 1 for letter in "TYX"):
        return None
    used: set[str] = set()
    for place, letter in enumerate(letters):
        if letter is None or letter in used:
            letters[place] = next(each for each in _OTHERS if each not in used and each not in letters)
        used.add(str(letters[place]))
    return "".join(map(str, letters))


def _readings(shape: tuple[int, ...]) -> Iterator[str]:
    """All plausible axes, with the channels last where they can be."""
    colours = len(shape) > 3 and shape[-1] in _CHANNELS
    body, last = (shape[:-1], "C") if colours else (shape, "")
    for leading in _leading(body[:-2], colours):
        yield leading + "YX" + last
    if _images_may_be_first(body):
        for leading in _leading(body[2:], colours):
            yield "YX" + leading + last


def _leading(sizes: tuple[int, ...], colours: bool) -> Iterator[str]:
    """What the dimensions that are no pixels can be: any longer than 1 is T, one of 3 or 4 may be C."""
    long = [place for place, size in enumerate(sizes) if size > 1]
    for time in reversed(long or [len(sizes) - 1]):
        others = [place for place in range(len(sizes)) if place != time]
        channels = [place for place in others if sizes[place] in _CHANNELS[1:] and not colours]
        for channel in [*channels, None]:
            names = iter(_OTHERS)
            known = {time: "T", channel: "C"}
            yield "".join(known[place] if place in known else next(names) for place in range(len(sizes)))


def _images_may_be_first(body: tuple[int, ...]) -> bool:
    """Whether the first two dimensions look more like an image than the last two do: (64, 64, 12), (480, 640, 9)."""
    first, last = body[:2], body[-2:]
    if len(body) == 3:
        square, smallest = first[0] == first[1] != last[1], last[1] < min(first)
    else:
        square = first[0] == first[1] and last[0] != last[1] and min(first) > min(last)
        smallest = min(last) < min(first)
    return square or (smallest and _aspect(last) >= 2 * _aspect(first))


def _aspect(sides: tuple[int, ...]) -> float:
    return max(sides) / min(sides)


def _in_words(axes: str, shape: tuple[int, ...], sizes: bool) -> str:
    """What an array would be: ``20 sequences of 50``, ``12 images in 3 channels``; with ``sizes``, of 64x48 pixels."""
    size = dict(zip(axes, shape, strict=True))
    many = prod(number for letter, number in size.items() if letter not in "T" + _IMAGE)
    text = f"{many} sequences of {size['T']}" if many > 1 else f"{size['T']} images"
    text += f" in {size['C']} channels" if size.get("C", 1) > 1 else ""
    return text + (f", {size['X']}x{size['Y']}" if sizes else "")


def resized(shape: Sequence[int], axes: str, length: int) -> tuple[int, ...]:
    """``shape`` with another T."""
    return tuple(length if letter == "T" else int(size) for letter, size in zip(axes, shape, strict=True))


class View:
    """An array with ``axes`` as ``sequences`` sequences of ``count`` frames of ``shape`` (H, W, C).

    ``array`` is anything with a shape that gives, or takes, a part by integers and full slices: of NumPy, h5py, Zarr,
    NetCDF. Only the frame that is asked for is touched. Channels and samples become one dimension, in their order.
    """

    def __init__(self, array: Any, axes: str) -> None:
        self.array, self.axes = array, axes
        self._sizes = dict(zip(axes, map(int, array.shape), strict=True))
        self._many = tuple(size for letter, size in self._sizes.items() if letter not in "T" + _IMAGE)
        self._image = [letter for letter in axes if letter in _IMAGE]
        self._order = sorted(range(len(self._image)), key=lambda place: "YX".find(self._image[place]) % 3)
        self._channels = [self._sizes[self._image[place]] for place in self._order[2:]]
        self.sequences, self.count = prod(self._many), self._sizes.get("T", 1)
        self.shape = (self._sizes["Y"], self._sizes["X"], prod(self._channels))

    def index(self, sequence: int, number: int | slice) -> tuple[int | slice, ...]:
        """Where in the array a frame of a sequence is, or a stretch of them."""
        many = iter(np.unravel_index(sequence, self._many) if self._many else ())
        return tuple(
            slice(None) if letter in _IMAGE else number if letter == "T" else int(next(many)) for letter in self.axes
        )

    def frame(self, sequence: int, number: int) -> np.ndarray:
        """A new array (H, W, C), in the byte order of this machine."""
        part = np.asarray(self.array[self.index(sequence, number)])
        return np.array(part.transpose(self._order).reshape(self.shape), part.dtype.newbyteorder("="), order="C")

    def store(self, sequence: int, number: int, frame: np.ndarray) -> None:
        """Write a frame (H, W, C) into the array."""
        parts = frame.reshape(*self.shape[:2], *self._channels)
        self.array[self.index(sequence, number)] = parts.transpose(np.argsort(self._order))
