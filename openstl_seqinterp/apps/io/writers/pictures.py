"""One picture, coded like another of the same suffix: its mode, palette, resolution, quality and comments."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFile, JpegImagePlugin

from ....errors import UserError
from ..readers.frames import suffix_of
from ..readers.palette import is_grey, table
from ..readers.pictures import content, greatest, opened, plain

_QUALITY = 95  # where the neighbour does not say
_AT_ONCE = 2**16  # colours
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".jp2": "JPEG2000", ".png": "PNG", ".bmp": "BMP", ".gif": "GIF"}
_FORMATS |= {".webp": "WEBP"}


def write(path: Path, frame: np.ndarray, like: Path, instant: float | None, variable: str | None) -> None:
    """Write a frame (1, H, W, C), upright, as the file ``like`` is coded.

    Where that has a palette, one channel is places in it (or grey values, where it is grey), and several are colours.
    UserError where the form cannot hold it.
    """
    with opened(like) as known:
        white, suffix = greatest(known), suffix_of(path.name).lower()
        if white is not None:
            coded = _pixmap(frame[0], like, known, white, path)
        elif suffix not in _FORMATS:  # a pixmap of bits
            coded = encode(_image(frame[0]), "PPM")
        elif (suffix, frame.shape[-1]) == (".bmp", 4) or (frame.dtype == np.uint16 and _for_opencv(frame, suffix)):
            coded = encode_deep(frame[0], suffix)
        else:
            coded = encode(_painted(frame[0], known), _FORMATS[suffix], **_settings(known, like, _FORMATS[suffix]))
    if suffix.endswith(".gz"):
        coded = gzip.compress(coded, mtime=0)
    path.write_bytes(coded)


def _for_opencv(frame: np.ndarray, suffix: str) -> bool:
    """Whether Pillow cannot write 16 bits of a kind."""
    return frame.shape[-1] > 1 or suffix == ".jp2"


def encode(image: Image.Image, form: str, **settings: Any) -> bytes:
    """The bytes of a picture in a form of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, form, **settings)
    return buffer.getvalue()


def encode_deep(frame: np.ndarray, suffix: str) -> bytes:
    """The bytes of colours (H, W, 1, 3 or 4), also of 16 bits, which Pillow has not. UserError."""
    order = [2, 1, 0, 3][: frame.shape[-1]] if frame.shape[-1] > 2 else slice(None)
    best = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000] if suffix == ".jp2" else []
    done, coded = cv2.imencode(suffix, np.ascontiguousarray(frame[..., order]), best)
    if not done:
        raise UserError(f"a {suffix} file cannot hold {frame.shape} {frame.dtype}; convert the images to png")
    return coded.tobytes()


def _image(frame: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(frame[..., 0] if frame.shape[-1] == 1 else frame))


def _painted(frame: np.ndarray, known: Image.Image) -> Image.Image:
    """A picture of the mode and palette of ``known``."""
    if known.mode != "P":
        image = _image(frame)
        return image.convert("CMYK") if known.mode == "CMYK" else image
    palette = bytes(known.getpalette("RGB") or [])
    if frame.shape[-1] > 1:
        places = _nearest(frame[..., :3], table(palette)[: max(1, len(palette) // 3)])
        transparency = known.info.get("transparency")
        if frame.shape[-1] == 4 and isinstance(transparency, int):
            places = np.where(frame[..., 3] < 128, transparency, places).astype(np.uint8)
        image = Image.fromarray(places)
    elif is_grey(palette):
        greys = table(palette)[: max(1, len(palette) // 3), 0].astype(int)
        nearest = np.abs(np.arange(256)[:, None] - greys).argmin(axis=1).astype(np.uint8)
        image = Image.fromarray(nearest[frame[..., 0]])
    else:
        image = _image(frame)
    image.putpalette(palette)
    return image


def _nearest(frame: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """The places (H, W) in a palette (N, 3) of the colours that are nearest; Pillow's are not always."""
    codes, index = np.unique(frame.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_inverse=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.float32)
    wanted = palette.astype(np.float32)
    places = np.empty(len(codes), np.uint8)
    for start in range(0, len(codes), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        places[part] = ((wanted**2).sum(axis=1) - 2 * colours[part] @ wanted.T).argmin(axis=1)
    return places[index].reshape(frame.shape[:2])


def _settings(known: Image.Image, like: Path, form: str) -> dict[str, Any]:
    """What Pillow is told to code as ``known`` is coded."""
    names = ("dpi", "icc_profile", "transparency")
    settings = {name: known.info[name] for name in names if known.info.get(name) is not None}
    if form == "JPEG":
        settings["quality"] = _QUALITY
        if isinstance(known, JpegImagePlugin.JpegImageFile):
            settings |= {"qtables": known.quantization, "subsampling": JpegImagePlugin.get_sampling(known)}
            settings["progressive"] = bool(known.info.get("progressive"))
            del settings["quality"]
    if form == "WEBP":
        with like.open("rb") as file:
            lossless = b"VP8L" in file.read(4096)
        settings |= {"lossless": True, "exact": True} if lossless else {"quality": _QUALITY}
    if form == "GIF":
        settings["optimize"] = False
    return settings


def _pixmap(frame: np.ndarray, like: Path, known: ImageFile.ImageFile, white: int, path: Path) -> bytes:
    """A portable pixmap with the header of ``like``, comments included; a time in both becomes the one in the name."""
    start = known.tile[0][2]
    header = content(like, 2**30)[:start]
    for old, new in zip(re.findall(r"\d{8,}", like.name), re.findall(r"\d{8,}", path.name), strict=False):
        if len(old) == len(new):
            header = header.replace(old.encode(), new.encode())
    if frame.shape[:2] != known.size[::-1]:
        raise ValueError(f"{frame.shape} is not the size of {like}")
    values = np.minimum(frame, white)
    if plain(like):
        return (
            header
            + "\n".join(" ".join(map(str, row)) for row in values.reshape(len(values), -1).tolist()).encode()
            + b"\n"
        )
    return header + values.astype(">u2" if white > 255 else np.uint8).tobytes()
