"""A gif, written by Pillow: each frame whole, with a palette of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import GifImagePlugin, Image

from ..readers.gif import COLOURS, GifReader
from ..source import Fill, Layout
from .output import output_frames


def write(source: GifReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """One gif of the name of the input, opaque; a filled frame is shown as long as the one before it."""
    path = folder / source.path.name
    duration = source.durations[0]
    with path.open("wb") as file:
        for position, frame in enumerate(output_frames(source, layout, filled, 0)):
            known = layout[position]
            duration = duration if known is None else source.durations[known]
            image = _palette(frame)
            if position == 0:
                info = {"duration": 1, "loop": source.loop}
                file.writelines(GifImagePlugin.getheader(image, info=info)[0])
            # Image.save would merge a frame with an identical one before it.
            file.writelines(GifImagePlugin.getdata(image, duration=duration, include_color_table=True))
        file.write(b";")
    if source.transparent:
        source.notes.append(f"{path.name} has lost its transparency: frames are written as RGB")
    return [path]


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
