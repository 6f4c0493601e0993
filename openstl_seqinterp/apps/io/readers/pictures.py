"""One picture a file: Pillow, and OpenCV for the colours of 16 bits that Pillow has not."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ....errors import UserError, one_line
from ..source import Options
from .frames import LARGEST, Head, Info, damaged, require_room, upright

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "PPM", "JPEG2000")
DAMAGED = (
    *(OSError, EOFError, SyntaxError, ValueError, IndexError, KeyError, TypeError, OverflowError, NotImplementedError),
    *(struct.error, zlib.error, cv2.error, Image.DecompressionBombError),
)
_CHANNELS = {"1": 1, "L": 1, "P": 1, "I;16": 1, "I;16B": 1, "I": 1, "LA": 2, "PA": 4, "RGB": 3, "CMYK": 3, "YCbCr": 3}
_ORIENTATION = 274
_HEADER = 2**20  # bytes that a header is sought in
_WORDY = 12  # characters that a number in digits and the space around it have at most


def why(error: BaseException) -> str:
    """What is wrong, without the names of objects."""
    return "not of that form" if isinstance(error, UnidentifiedImageError) else one_line(error)


@contextmanager
def opened(path: Path) -> Iterator[ImageFile.ImageFile]:
    """A picture whose header is read. UserError for what goes wrong, inside too; no warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and of large pictures: neither matters here
            with Image.open(io.BytesIO(_start(path)) if _zipped(path) else path, formats=FORMATS) as image:
                yield image
    except DAMAGED as error:
        raise damaged(path, why(error)) from error


def _zipped(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _start(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read(_HEADER)


def content(path: Path, most: int) -> bytes:
    """The bytes of a file, of a gzipped one those within; ValueError beyond ``most``."""
    with gzip.open(path) if _zipped(path) else path.open("rb") as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise ValueError(f"more than {most} bytes")
    return found


def deep(path: Path, image: ImageFile.ImageFile) -> bool:
    """Whether a picture has colours of more than 8 bits, or grey ones that Pillow would stretch."""
    if image.format == "JPEG2000":
        with path.open("rb") as file:
            start = file.read(4096)
        box = start.find(b"ihdr")
        return box >= 0 and (start[box + 14] & 0x7F) + 1 > 8
    return image.mode in ("RGB", "RGBA") and ";16" in str(image.tile[0][3]) if image.tile else False


def greatest(image: ImageFile.ImageFile) -> int | None:
    """The value that is white in a portable pixmap of numbers; None for other pictures."""
    if image.format != "PPM" or image.mode not in ("L", "I", "RGB"):
        return None
    said = image.tile[0][3]
    if isinstance(said, tuple):
        return int(said[1])
    return 255 if image.mode in ("L", "RGB") else 65535


def _orientation(image: ImageFile.ImageFile) -> int:
    """How a picture is stored, 1 to 8. PNG's own `getexif` would decode it."""
    return int(Image.Image.getexif(image).get(_ORIENTATION, 1))


def head(path: Path) -> Head:
    """What the header says, the picture upright. UserError where it is damaged, huge or moves."""
    with opened(path) as image:
        return _head(path, image)


def _head(path: Path, image: ImageFile.ImageFile) -> Head:
    if image.format in ("GIF", "WEBP", "PNG") and getattr(image, "is_animated", False):
        raise UserError(f"{path} moves, expected one frame a file in a folder; give it by itself")
    channels, many = _CHANNELS.get(image.mode, 4), deep(path, image)
    white = greatest(image)
    if "LA;16" in str(image.tile[0][3] if image.tile else ""):
        raise UserError(f"{path} is grey and alpha of 16 bits, which cannot be written; save it without alpha")
    width, height = image.size
    require_room(path, (height, width, channels))
    if _orientation(image) in (5, 6, 7, 8):
        width, height = height, width
    long = many or image.mode.startswith("I") or (white or 0) > 255
    dtype = np.dtype(bool if image.mode == "1" else np.uint16 if long else np.uint8)
    palette = bytes(image.getpalette("RGB") or []) if image.mode == "P" else None
    seen_through = image.info.get("transparency") if palette else None
    return Head((1, height, width, channels), dtype, palette, (image.mode == "CMYK", seen_through, white))


def read(path: Path, options: Options) -> tuple[np.ndarray, Info]:
    """A picture (1, H, W, C), upright: bool, uint8 or uint16; of one with a palette the places in it. UserError."""
    info: Info = {}
    with opened(path) as image:
        said = _head(path, image)
        orientation, white = _orientation(image), greatest(image)
        if white is not None:
            frame = _numbers(path, image, white)
        elif deep(path, image):
            image.load()  # OpenCV takes a cut file for a whole one
            with Image.open(path, formats=FORMATS) as unread:
                unread.verify()  # libpng prints what is wrong with check sums
            frame = _by_opencv(content(path, 16 * LARGEST))
            frame = frame.reshape(*frame.shape[:2], -1)
            frame = frame[..., [2, 1, 0, 3][: frame.shape[2]]] if frame.shape[2] > 2 else frame
        else:
            if _zipped(path):  # one of bits
                image.fp = io.BytesIO(content(path, LARGEST))
            if image.mode == "CMYK":
                info["note"] = "CMYK is read as RGB; filled files have no black ink of their own"
            wanted = {"CMYK": "RGB", "YCbCr": "RGB", "PA": "RGBA"}.get(image.mode)
            frame = np.array(image.convert(wanted) if wanted else image)
            frame = frame.reshape(*frame.shape[:2], -1)
        if said.palette is not None:
            info |= {"palette": said.palette, "transparency": image.info.get("transparency")}
    if frame.dtype.byteorder not in "=|":
        frame = frame.astype(frame.dtype.newbyteorder("="))
    frame = upright(frame, orientation)[None]
    if frame.shape != said.shape or frame.dtype != said.dtype:
        raise damaged(path, f"its header says {said.shape} {said.dtype}, it holds {frame.shape} {frame.dtype}")
    return frame, info


def _by_opencv(content: bytes) -> np.ndarray:
    """A picture as it is stored. ValueError where it cannot be read; nothing is said on the terminal."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        frame = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if frame is None:
        raise ValueError("OpenCV cannot read it")
    return np.asarray(frame)


def _numbers(path: Path, image: ImageFile.ImageFile, white: int) -> np.ndarray:
    """The values (H, W, C) of a portable pixmap as they stand there: Pillow would stretch them to 8 or 16 bits."""
    width, height = image.size
    shape = (height, width, _CHANNELS[image.mode])
    start, count = image.tile[0][2], height * width * shape[2]
    long = white > 255
    if plain(path):
        text = content(path, start + _WORDY * count + _HEADER)[start:].split(maxsplit=count)[:count]
        values = np.array(text, np.int64)
        if len(values) < count or values.min() < 0 or values.max() > white:
            raise ValueError(f"expected {count} numbers of 0 to {white}")
        return values.reshape(shape).astype(np.uint16 if long else np.uint8)
    found = content(path, start + count * (1 + long) + _HEADER)
    dtype = np.dtype(">u2" if long else np.uint8)
    return np.frombuffer(found, dtype, count, start).reshape(shape)  # ValueError where it is too short


def plain(path: Path) -> bool:
    """Whether a portable pixmap is written in digits."""
    with gzip.open(path) if _zipped(path) else path.open("rb") as file:
        return file.read(2) in (b"P2", b"P3")
