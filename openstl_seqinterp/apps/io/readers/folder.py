"""A folder of images, one file a frame, in the order of the numbers in their names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ....errors import UserError
from ..source import Source, describe

JPEG = (".jpg", ".jpeg")
SUFFIXES = (".png", *JPEG, ".tif", ".tiff", ".bmp")
# Numbers with far more gaps than files are dates or times, not positions.
LONGEST_PER_FILE = 100


def _read(file: Path) -> np.ndarray:
    """An image file (H, W, C) in its own depth; BGR, BGRA or grey. UserError where it cannot be decoded."""
    try:
        # OpenCV 4 hands out a cut jpeg with a grey rest; Pillow refuses it.
        if file.suffix.lower() in JPEG:
            with Image.open(file) as image:
                image.load()
        frame = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, SyntaxError, cv2.error, Image.DecompressionBombError):
        frame = None
    if frame is None:
        raise UserError(
            f"{file} cannot be decoded (damaged, cut short or huge); "
            "replace it, or remove it to have a numbered frame filled"
        )
    if frame.dtype not in (np.uint8, np.uint16):
        raise UserError(f"{file} holds {frame.dtype}, expected 8 or 16 bit; convert it or save the images as .npy")
    return frame.reshape(*frame.shape[:2], -1)


def _header(file: Path) -> tuple[object, ...] | None:
    """Size, mode and coding as the header tells, or None where Pillow cannot tell."""
    with warnings.catch_warnings():
        # On damaged metadata and on very large images, neither of which matters here.
        warnings.simplefilter("ignore")
        try:
            with Image.open(file) as image:
                # The raw mode tells 16 bit colour from 8 bit, which the mode does not.
                return image.size, image.mode, str(image.tile[0][3]), "transparency" in image.info
        except (OSError, SyntaxError, ValueError, IndexError, Image.DecompressionBombError):
            return None


def _by_number(path: Path, files: list[Path]) -> tuple[dict[int, Path], Callable[[int], str]]:
    """The file at each position, and a function to the name that a file at any other position should have.

    UserError where two files have the same number, or the numbers have far more gaps than files.
    """
    parts = [re.fullmatch(r"(.*?)([0-9]+)([^0-9]*)", file.stem) for file in files]
    names = [(part[1], part[2], part[3]) for part in parts if part]
    suffix = files[0].suffix
    if len(names) < len(files) or len({(before, after) for before, _, after in names}) > 1:
        stem, count = files[-1].stem, len(files)
        return dict(enumerate(files)), lambda position: f"{stem}_filled_{position - count + 1:04d}{suffix}"
    before, _, after = names[0]
    numbered: dict[int, Path] = {}
    for file, (_, digits, _) in zip(files, names, strict=True):
        if int(digits) in numbered:
            raise UserError(f"{numbered[int(digits)]} and {file.name} have the same number; remove one of them")
        numbered[int(digits)] = file
    first, last = min(numbered), max(numbered)
    if last - first >= LONGEST_PER_FILE * len(files):
        raise UserError(
            f"{path}: {len(files)} images are numbered {first} to {last}, too sparse for frame numbers; "
            "rename them to consecutive numbers, leaving out those of missing frames"
        )
    width = min(len(digits) for _, digits, _ in names)
    at_position = {number - first: numbered[number] for number in sorted(numbered)}
    return at_position, lambda position: f"{before}{first + position:0{width}d}{after}{suffix}"


class FolderReader(Source):
    """``files`` are those at the positions that have one; ``name_of`` names a file for another position."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(".")
        )
        if not files:
            raise UserError(f"{path} has no images; put png, jpg, tif or bmp files into it")
        self.files, self.name_of = _by_number(path, files)
        self.length = max(self.files) + 1
        self.absent = tuple(position for position in range(self.length) if position not in self.files)
        self._check_alike()

    def _check_alike(self) -> None:
        """Set shape and dtype by the first image; UserError where another differs.

        Files of one and the same header are decoded once, so a folder is checked as fast as its headers are read.
        """
        seen: set[tuple[object, ...]] = set()
        first: Path | None = None
        for file in self.files.values():
            header = _header(file)
            if header in seen:
                continue
            frame = _read(file)
            if first is None:
                first, self.dtype = file, frame.dtype
                self.shape = (frame.shape[0], frame.shape[1], frame.shape[2])
            self._require_alike(file, frame)
            if header is not None:
                seen.add(header)
        self.colour_order = "grey" if self.shape[2] == 1 else "bgr"

    def _require_alike(self, file: Path, frame: np.ndarray) -> None:
        if frame.shape != self.shape or frame.dtype != self.dtype:
            expected = describe(np.empty(self.shape, self.dtype))
            raise UserError(
                f"{file} is {describe(frame)}, but {self.files[0].name} is {expected}; "
                "give images of one size, depth and number of channels"
            )

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        frame = _read(self.files[position])
        self._require_alike(self.files[position], frame)
        return frame
