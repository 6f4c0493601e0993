"""An animation in one file: gif and webp by Pillow, frame by frame, apng by FFmpeg. No frame is merged with another."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import GifImagePlugin, Image

from ....errors import UserError
from ..readers.animation import AnimationReader
from ..readers.folder import FolderReader
from ..readers.palette import table
from .output import Output

_FPS = 10  # of frames that have no times
_COLOURS = 256  # of a gif's frame
_SOLID = 128  # a pixel of a gif is seen through or not


def write(output: Output, folder: Path) -> list[Path]:
    """One gif, webp or apng a sequence, by the suffix of the name; each frame is shown until the next one is due.

    UserError where the values are not of 8 bits, or the settings are not an animation's.
    """
    source, channels = output.source, output.source.shape[2]
    form = Path(output.name).suffix[1:].lower()
    if source.dtype not in (np.bool_, np.uint8) or channels not in (1, 3, 4):
        raise UserError(
            f"{source.path} holds {source.dtype} with {channels} channel(s), {form} holds 8 bits of grey, RGB or RGBA; "
            "use --as tif or --as npy"
        )
    for setting, value in output.settings.items():
        if setting != "fps" and value is not None:
            raise UserError(f"--{setting} {value} does not apply to {form}; leave it out")
    durations = _durations(output)
    loop = source.loop if isinstance(source, AnimationReader) else 0
    paths, stem = [], output.name.removesuffix(Path(output.name).suffix)
    for sequence in range(source.sequences):
        ending = f"_{sequence + 1:04d}" if source.sequences > 1 else ""
        paths.append(folder / f"{stem}{ending}{Path(output.name).suffix}")
        note = _WRITERS[form](paths[-1], _shown(output, sequence), durations, loop)
        if note and note not in source.notes:
            source.notes.append(note)
    if form == "webp" and isinstance(source, AnimationReader) and not source.lossless:
        source.notes.append("written without further loss, so larger than before")
    return paths


def _durations(output: Output) -> list[int]:
    """The milliseconds that each frame is shown; rounding does not add up."""
    count, fps = len(output.layout), output.settings.get("fps")
    if fps is not None and not 0 < fps <= 1000:
        raise UserError(f"--fps is {fps}, expected more than 0 and at most 1000")
    if fps is None and output.timeline.clock == "seconds" and count > 1:
        last = output.timeline.step
        known, source = output.layout[-1], output.source
        if isinstance(source, AnimationReader) and known is not None and source.number(known) is not None:
            last = source.durations[source.number(known) or 0] / 1000
        starts = np.append(output.timeline.instants, output.timeline.instants[-1] + last)
        starts = starts - starts[0]
    elif fps is None and isinstance(output.source, AnimationReader) and any(output.source.durations):
        starts = np.arange(count + 1) * max(output.source.durations) / 1000
    else:
        starts = np.arange(count + 1) / (fps or _FPS)
    return np.diff(np.rint(starts * 1000).astype(int)).tolist()


def _shown(output: Output, sequence: int) -> Iterator[np.ndarray]:
    """The frames uint8 (H, W, 1, 3 or 4), in the colours of their palette where they have one."""
    source = output.source
    colours = table(source.colours) if isinstance(source, FolderReader) and source.colours else None
    for frame in output.frames(sequence):
        if frame.dtype == bool:
            frame = frame.astype(np.uint8) * 255
        yield frame if colours is None else colours[frame[..., 0]]


def _write_gif(path: Path, frames: Iterable[np.ndarray], durations: list[int], loop: int | None) -> str | None:
    """Each frame whole, with a palette of its own. `Image.save` would merge a frame with an identical one before it."""
    starts = np.rint(np.cumsum([0, *durations]) / 10).astype(int)
    reduced = False
    with path.open("wb") as file:
        for place, frame in enumerate(frames):
            image, many = _palette(frame)
            reduced |= many
            if place == 0:
                info = {"duration": 1, "loop": loop}
                file.writelines(GifImagePlugin.getheader(image, info=info)[0])
            settings: dict[str, Any] = {
                "duration": 10 * max(1, int(starts[place + 1] - starts[place])),
                "include_color_table": True,
            }
            if frame.shape[-1] == 4:
                settings |= {"transparency": _COLOURS - 1, "disposal": 2}
            file.writelines(GifImagePlugin.getdata(image, **settings))
        file.write(b";")
    return f"frames of more than {_COLOURS} colours have the nearest ones that a gif holds" if reduced else None


def _palette(frame: np.ndarray) -> tuple[Image.Image, bool]:
    """A palette image of a frame, and whether it has more colours than that; its last place is seen through in RGBA."""
    height, width, channels = frame.shape
    most = _COLOURS - (channels == 4)
    rgb = np.ascontiguousarray(np.broadcast_to(frame[..., :3], (height, width, 3)))
    # One number a colour: sorting rows of three takes many times as long.
    codes, index = np.unique(rgb.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_inverse=True)
    many = len(codes) > most
    if many:
        image = Image.fromarray(rgb).quantize(most, dither=Image.Dither.NONE)
    else:
        colours = np.stack([codes >> 16, codes >> 8, codes], axis=1).astype(np.uint8)
        # Brightest first: Pillow takes a rising grey palette for none, and then shows later colours wrongly.
        image = Image.fromarray((len(colours) - 1 - index).reshape(height, width).astype(np.uint8))
        image.putpalette(colours[::-1].tobytes())
    if channels == 4:
        palette = bytes(image.getpalette("RGB") or []).ljust(3 * _COLOURS, b"\0")
        image = Image.fromarray(np.where(frame[..., 3] < _SOLID, _COLOURS - 1, np.array(image)).astype(np.uint8))
        image.putpalette(palette)
    return image, many


def _write_webp(path: Path, frames: Iterable[np.ndarray], durations: list[int], loop: int | None) -> str | None:
    """Each frame whole and without loss, in the container of the WebP specification: libwebp merges like frames."""
    with path.open("wb") as file:
        for place, (frame, duration) in enumerate(zip(frames, durations, strict=True)):
            height, width, channels = frame.shape
            if place == 0:
                size = _three(width - 1) + _three(height - 1)
                flags = 0x02 | (0x10 if channels == 4 else 0)
                file.write(b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size))
                file.write(_chunk(b"ANIM", b"\0\0\0\0" + (1 if loop is None else loop).to_bytes(2, "little")))
            buffer = io.BytesIO()
            _image(frame).save(buffer, "WEBP", lossless=True, exact=True)
            coded = buffer.getvalue()
            coded = coded[coded.index(b"VP8L") :]
            replace = 0x02  # not blended with what is there
            file.write(_chunk(b"ANMF", _three(0) + _three(0) + size + _three(duration) + bytes([replace]) + coded))
        end = file.tell()
        file.seek(4)
        file.write((end - 8).to_bytes(4, "little"))
    return None


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def _image(frame: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(frame[..., 0] if frame.shape[-1] == 1 else frame))


def _write_apng(path: Path, frames: Iterable[np.ndarray], durations: list[int], loop: int | None) -> str | None:
    """By FFmpeg: Pillow would keep all frames in memory, and merge those that are the same."""
    base, start = Fraction(1, 1000), 0
    options = {"plays": str(1 if loop is None else loop), "final_delay": f"{durations[-1]}/1000"}
    with av.open(path, "w", format="apng", options=options) as container:
        stream = container.add_stream("apng")
        for place, (frame, duration) in enumerate(zip(frames, durations, strict=True)):
            kind = {1: "gray", 3: "rgb24", 4: "rgba"}[frame.shape[-1]]
            if place == 0:
                stream.height, stream.width, stream.pix_fmt = frame.shape[0], frame.shape[1], kind
                stream.time_base = stream.codec_context.time_base = base
            values = np.ascontiguousarray(frame[..., 0] if kind == "gray" else frame)
            picture = av.VideoFrame.from_ndarray(values, format=kind)
            picture.pts, picture.time_base = start, base
            start += duration
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return None


_WRITERS: dict[str, Callable[[Path, Iterable[np.ndarray], list[int], int | None], str | None]] = {
    "gif": _write_gif,
    "webp": _write_webp,
    "apng": _write_apng,
}
