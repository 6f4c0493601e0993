"""An animated gif, read and written by Pillow."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from PIL import GifImagePlugin, Image

from ...errors import UserError, one_line
from .base import Fill, Layout, Source

COLOURS = 256
DAMAGED = (OSError, EOFError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)


def _palette(frame: np.ndarray) -> Image.Image:
    """A palette image of a frame (H, W, 1 or 3): its own colours where 256 hold them all, else the 256 nearest."""
    height, width, _ = frame.shape
    rgb = np.ascontiguousarray(np.broadcast_to(frame, (height, width, 3)))
    # One number a colour: sorting rows of three takes many times as long.
    codes, index = np.unique(rgb.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_inverse=True)
    colours = np.stack([codes >> 16, codes >> 8, codes], axis=1).astype(np.uint8)
    # Brightest first: Pillow takes a rising grey palette for none, and then shows later colours wrongly.
    colours, index = colours[::-1], len(colours) - 1 - index
    if len(colours) > COLOURS:
        return Image.fromarray(rgb).quantize(COLOURS, dither=Image.Dither.NONE)
    image = Image.fromarray(index.reshape(height, width).astype(np.uint8))
    image.putpalette(colours.tobytes())
    return image


class GifSource(Source):
    """Frames as shown, in RGB, or grey where all are; each written whole, with a palette of its own."""

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._durations: list[int] = []
        self._transparent = False
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
                self._transparent |= bool((np.array(self._image.convert("RGBA"))[..., 3] < 255).any())
                self._durations.append(int(self._image.info.get("duration", 0)))
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

    def _seek(self, position: int) -> np.ndarray:
        """The frame (H, W, 3) as shown."""
        self._image.seek(position)
        return np.array(self._image.convert("RGB"))

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return self._seek(position)[..., : self.shape[2]].copy()

    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        path = folder / self.path.name
        duration = self._durations[0]
        with path.open("wb") as file:
            for position, frame in enumerate(self._output(layout, filled, 0)):
                known = layout[position]
                # A filled frame is shown as long as the one before it.
                duration = duration if known is None else self._durations[known]
                image = _palette(frame)
                if position == 0:
                    info = {"duration": 1, "loop": self._image.info.get("loop")}
                    file.writelines(GifImagePlugin.getheader(image, info=info)[0])
                # Image.save would merge a frame with an identical one before it.
                file.writelines(GifImagePlugin.getdata(image, duration=duration, include_color_table=True))
            file.write(b";")
        if self._transparent:
            self.notes.append(f"{path.name} has lost its transparency: frames are written as RGB")
        return [path]
