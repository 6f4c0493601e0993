"""An animation in one file, gif, webp or apng, read by Pillow."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from ....errors import UserError
from ..source import Options, Source
from .frames import require_room
from .pictures import DAMAGED, why

_FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
_ENDS = {"GIF": b";", "PNG": b"IEND\xaeB`\x82"}


class AnimationReader(Source):
    """Frames as shown, in RGBA where one is seen through, else in RGB, or grey where all are.

    ``durations`` are the milliseconds that each is shown; the times are their sums, and the order alone where one is 0.
    ``loop`` is how often it is shown, 0 for without end, None where the file does not say. ``lossless`` says whether
    the form lost nothing.
    """

    form = "gif"
    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        name = _FORMATS[path.suffix.lower()]
        self.form, self.kind = path.suffix.lower()[1:], f"{path.suffix.lower()[1:]} animation"
        self.durations: list[float] = []
        seen_through, grey = False, True
        with self._checked():
            _require_whole(path, name)
            self._file = path.open("rb")
            weakref.finalize(self, self._file.close)
            self._open()
            require_room(path, (self._image.height, self._image.width, 4))
            self.count = getattr(self._image, "n_frames", 1)
            for number in range(self.count):
                frame = self._seek(number)
                self.durations.append(float(self._image.info.get("duration", 0)))
                seen_through |= bool((frame[..., 3] < 255).any())
                grey = grey and bool((frame[..., :2] == frame[..., 1:3]).all())
            self.loop: int | None = self._image.info.get("loop")
        channels = 4 if seen_through else 1 if grey else 3
        self.shape = (self._image.height, self._image.width, channels)
        self.axes = "TYX" if channels == 1 else "TYXC"
        self.lossless = name != "WEBP" or b"VP8 " not in _start(path)
        if self.count > 1 and min(self.durations) > 0:
            starts = np.concatenate([[0], np.cumsum(self.durations[:-1])]) / 1000
            self.arrange_frames(starts, "seconds", gaps=False)  # a frame that is shown for longer is not a lack of one

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Errors of decoding become UserErrors, and nothing warns."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except DAMAGED as error:
            raise UserError(
                f"{self.path} is no {self.form} or a damaged one ({why(error)}); get a whole copy"
            ) from error

    def _open(self) -> None:
        """Start at the first frame."""
        self._file.seek(0)
        self._image = Image.open(self._file, formats=[_FORMATS[self.path.suffix.lower()]])

    def _seek(self, number: int) -> np.ndarray:
        """The frame (H, W, 4) as shown."""
        if number < self._image.tell():  # Pillow cannot go back in every apng
            self._open()
        self._image.seek(number)
        self._image.load()
        if number and self._image.mode == "P":
            raise UserError(
                f"{self.path}: frame {number + 1} has colours after a grey start, which Pillow shows wrongly; "
                "convert it to a folder of png images"
            )
        return np.array(self._image.convert("RGBA"))

    def _decode(self, sequence: int, number: int) -> np.ndarray:
        with self._checked():
            return self._seek(number)[..., : self.shape[2]].copy()


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2**16)


def _require_whole(path: Path, name: str) -> None:
    """ValueError for a file cut between two frames, which Pillow takes for a shorter one."""
    with path.open("rb") as file:
        start = file.read(12)
        size = file.seek(0, os.SEEK_END)
        if name == "WEBP":
            whole = start[:4] == b"RIFF" and int.from_bytes(start[4:8], "little") + 8 <= size
        else:
            file.seek(max(0, size - 64))
            whole = file.read().rstrip(b"\0").endswith(_ENDS[name])
    if not whole:
        raise ValueError("its end is missing")
