"""Imported sequences on disk: each frame once, in its own type, and what a training window is only as an index.

A folder holds, beside ``import.json``, two groups of Zarr v3. ``frames.zarr``: ``frames`` (F, C, H, W), a frame a
chunk and many chunks a file; ``stretch`` (F,), rising, equal for frames that follow each other without a gap or a
cut in one part of the data; ``part`` (F,) as in `sequences`; ``source``, ``sequence`` and ``instant`` (F,), where each
came from.
``withheld.zarr``: ``frames`` (K, C, H, W), and ``number`` (K,), the places in ``frames.zarr`` that are blank for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from ..errors import UserError, one_line
from ..settings import Settings, check
from .scale import Scale
from .sequences import TEST, SequenceSet

KNOWN, WITHHELD, ABOUT = "frames.zarr", "withheld.zarr", "import.json"
_SMALL = 2**27  # bytes of frames that are read at once, the first time that one of them is needed
_DAMAGED = (OSError, ValueError, TypeError, KeyError, RuntimeError)  # what zarr and its codecs raise


class About(Settings):
    """What ``import.json`` must say for the frames to be read."""

    length: int = Field(ge=3)
    stride: int = Field(ge=1)
    withheld: Sequence[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    range: Annotated[Sequence[float], Field(min_length=2, max_length=2)]
    fill_value: float | None

    @model_validator(mode="after")
    def _fit_each_other(self) -> About:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range is {self.range}, expected the lower value first")
        if max(self.withheld) > self.length or len({*self.withheld}) != len(self.withheld):
            raise ValueError(f"withheld is {self.withheld}, expected images of 1 to {self.length}, each once")
        return self


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise UserError(f"{path} is damaged ({one_line(error)}); import the data again") from error


def windows(stretch: np.ndarray, length: int, stride: int) -> np.ndarray:
    """The frames (N, length) of every window without a gap, one each ``stride`` frames of a stretch."""
    if length > len(stretch):
        return np.empty((0, length), int)
    starts = np.arange(len(stretch) - length + 1)
    into = starts - np.searchsorted(stretch, stretch[starts])
    whole = (stretch[starts] == stretch[starts + length - 1]) & (into % stride == 0)
    return starts[whole, None] + np.arange(length)


def tested(part: np.ndarray, stretch: np.ndarray, length: int) -> np.ndarray:
    """The frames (N, length) of the windows for tests, which do not overlap."""
    every = windows(stretch, length, length)
    return every[part[every[:, 0]] == TEST]


class StoredFrames:
    """The array ``frames`` of a group, opened in each process that reads it, frame by frame unless it is small."""

    def __init__(self, group: Path) -> None:
        self.group = group
        self._array: Any = None  # once a frame is needed
        with _readable(group):
            array = self._open()
            self.shape, self.dtype = array.shape, array.dtype
            if len(self.shape) != 4:
                raise ValueError(f"frames is {self.shape}, expected (F, C, H, W)")

    def _open(self) -> Any:
        import zarr  # when it is used: importing the extension must not

        return zarr.open_array(self.group / "frames", mode="r")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_array": None}

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """Frames (K, C, H, W), each read once. UserError where the files are damaged."""
        with _readable(self.group):
            if self._array is None:
                array = self._open()
                self._array = array[:] if array.nbytes <= _SMALL else array
            if isinstance(self._array, np.ndarray):
                return self._array[numbers]
            frames = np.empty((len(numbers), *self.shape[1:]), self.dtype)
            for number in np.unique(numbers):
                frames[numbers == number] = self._array[int(number)]
            return frames


@dataclass(frozen=True)
class Store:
    """A folder of frames as sets of sequences. Opening it reads no frame."""

    folder: Path
    about: Mapping[str, Any]
    frames: StoredFrames
    part: np.ndarray
    stretch: np.ndarray

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Raises UserError where the folder is damaged."""
        import zarr

        with _readable(folder):
            about = dict(json.loads((folder / ABOUT).read_text("utf-8")))
            check(About, about, f"{folder} is damaged: {ABOUT}")
            arrays = (zarr.open_array(folder / KNOWN / name, mode="r")[:] for name in ("part", "stretch"))
            store = cls(folder, about, StoredFrames(folder / KNOWN), *map(np.asarray, arrays))
            if not store.part.shape == store.stretch.shape == store.frames.shape[:1]:
                raise ValueError("part and stretch are not of as many frames as there are")
            return store

    def _set(self, frames: StoredFrames, index: np.ndarray, part: np.ndarray | None = None) -> SequenceSet:
        low, high = self.about["range"]
        return SequenceSet(frames, index, part, scale=Scale(low, high, self.about["fill_value"]))

    def training(self, span: int) -> SequenceSet:
        """Every window of ``span`` frames for training and validation, which its part says; no image is missing."""
        index = windows(self.stretch, span, self.about["stride"])
        part = self.part[index[:, 0]]
        return self._set(self.frames, index[part != TEST], part[part != TEST])

    def tests(self) -> SequenceSet:
        """The windows for tests, without the images that are withheld."""
        index = tested(self.part, self.stretch, self.about["length"])
        index[:, np.array(self.about["withheld"]) - 1] = -1
        return self._set(self.frames, index)

    def digest(self) -> str:
        """SHA-256 of all that is in it: the parts and stretches, the range, the frames, and those that are withheld."""
        found = sha256(json.dumps([self.about[key] for key in sorted(About.model_fields)]).encode())
        for array in (self.part, self.stretch):
            found.update(array.astype("<i8").tobytes())
        for frames in (self.frames, StoredFrames(self.folder / WITHHELD)):
            found.update(f"{frames.shape} {frames.dtype}".encode())
            for number in range(frames.shape[0]):
                found.update(frames[np.array([number])].tobytes())
        return found.hexdigest()

    def windows(self, part: int, length: int) -> np.ndarray:
        """The frames (N, length) of every window of a part of the data, without a gap or a cut inside."""
        every = windows(self.stretch, length, 1)
        return every[self.part[every[:, 0]] == part]

    def whole(self, numbers: np.ndarray) -> np.ndarray:
        """Frames (T, C, H, W) by their ``numbers`` (T,), as they are stored, with those that are withheld."""
        import zarr

        frames, away = np.array(self.frames[numbers]), StoredFrames(self.folder / WITHHELD)
        with _readable(self.folder / WITHHELD):
            hidden = np.asarray(zarr.open_array(self.folder / WITHHELD / "number", mode="r")[:])
            for place, number in enumerate(hidden.tolist()):
                if number in numbers:
                    frames[numbers == number] = away[np.array([place])]
        return frames

    def withheld(self) -> SequenceSet:
        """The same windows, with nothing but those images."""
        frames, index = StoredFrames(self.folder / WITHHELD), tested(self.part, self.stretch, self.about["length"])
        hidden = np.array(self.about["withheld"]) - 1
        kept = np.full(index.shape, -1)
        with _readable(self.folder / WITHHELD):
            kept[:, hidden] = np.arange(frames.shape[0]).reshape(len(index), len(hidden))
        return self._set(frames, kept)
