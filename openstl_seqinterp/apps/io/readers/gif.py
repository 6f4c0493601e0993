"""An animated gif, read by Pillow."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from ....errors import UserError, one_line
from ..source import Source

COLOURS = 256
DAMAGED = (OSError, EOFError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)


class GifReader(Source):
    """Frames as shown, in RGB, or grey where all are.

    ``durations`` are the milliseconds each is shown; ``transparent`` says whether one shows what is behind it.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.durations: list[int] = []
        self.transparent = False
        grey = True
        try:
            content = path.read_bytes()
            # Pillow takes a file cut between two frames for a shorter one; a whole one ends with a semicolon.
            if not content.rstrip(b"\0").endswith(b";"):
                raise ValueError("its end is missing")
            self._image = Image.open(io.BytesIO(content), formats=["GIF"])
            self.length = getattr(self._image, "n_frames", 1)
            for position in range(self.length):
                frame = self._seek(position)
                self.transparent |= bool((np.array(self._image.convert("RGBA"))[..., 3] < 255).any())
                self.durations.append(int(self._image.info.get("duration", 0)))
                grey &= bool((frame == frame[..., :1]).all())
                if position and self._image.mode == "P":
                    raise UserError(
                        f"{path}: frame {position + 1} has colours after a grey start, which Pillow shows wrongly; "
                        "convert the gif to a folder of png images"
                    )
                if Image.fromarray(frame).getcolors(COLOURS) is None:
                    raise UserError(
                        f"{path}: frame {position + 1} shows more than {COLOURS} colours, a written one cannot; "
                        "convert the gif to a folder of png images"
                    )
        except DAMAGED as error:
            raise UserError(f"{path} is no gif or a damaged one ({one_line(error)}); get a whole copy") from error
        self.shape = (self._image.height, self._image.width, 1 if grey else 3)
        self.colour_order = "grey" if grey else "rgb"

    @property
    def loop(self) -> int | None:
        """How many times it is shown again, 0 for without end; None where the file does not say."""
        return self._image.info.get("loop")

    def _seek(self, position: int) -> np.ndarray:
        """The frame (H, W, 3) as shown."""
        self._image.seek(position)
        return np.array(self._image.convert("RGB"))

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return self._seek(position)[..., : self.shape[2]].copy()
