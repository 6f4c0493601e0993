"""The pictures beside a result: a strip of images of its first sequence, and an animation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .work import Work

STRIP, ANIMATION, PREVIEW = "strip.png", "sequence.gif", "preview.gif"
_SHOWN, _THUMBNAIL = 16, 160  # images in the pictures, and the most pixels of their sides there


class Pictures:
    """The pictures of a ``work``, for files in ``folder`` whose names begin with ``stem``. ``shown`` are the places.

    They begin before the first image that is filled.
    """

    def __init__(self, work: Work, folder: Path, stem: str) -> None:
        self.work, self.folder, self.stem = work, folder, stem
        count, first = len(work.layout), work.layout.index(None)
        self.shown = range(max(0, min(first - _SHOWN // 2, count - _SHOWN)), count)[:_SHOWN]
        self.filled: dict[int, np.ndarray] = {}
        self.doubts: dict[int, tuple[np.ndarray, str]] = {}

    def add(self, place: int, image: np.ndarray) -> None:
        """Take an image (H, W, C) in unit values that was filled."""
        if place in self.shown:
            self.filled[place] = self._thumbnail(image)

    def add_doubt(self, place: int, deviation: np.ndarray, text: str) -> None:
        """Take how far such an image may be off, (H, W), and what to write below."""
        if place in self.shown:
            self.doubts[place] = _thumbnail(deviation[..., None], np.inf), text

    def draw(self) -> None:
        """Write the pictures."""
        from ...evaluation.figures import Tile, sequence_animation, sequence_figure  # they take a second to import

        filled = self.filled
        frames = np.stack([
            filled[place] if place in filled else self._thumbnail(self.work.image(0, place)) for place in self.shown
        ])  # fmt: skip
        marked = {number: filled[place] for number, place in enumerate(self.shown) if place in filled}
        worst = max((float(each.max()) for each, _ in self.doubts.values()), default=0.0) or 1.0
        below = {
            place - self.shown.start: Tile(0.75 * each / worst, text, "tab:orange")
            for place, (each, text) in self.doubts.items()
        }
        sequence_figure(self.folder / (self.stem + STRIP), frames, marked, below, first=self.shown.start + 1)
        animation = self.folder / (self.stem + PREVIEW if self.stem else ANIMATION)
        sequence_animation(animation, frames, marked, scale=max(1, 320 // max(frames.shape[2:])))

    def _thumbnail(self, image: np.ndarray) -> np.ndarray:
        """(C, H, W) in [0, 1] of an image in unit values."""
        return _thumbnail(self.work.scale.shown(image))


def _thumbnail(image: np.ndarray, most: float = 1) -> np.ndarray:
    """(C, H, W), 0 to ``most``, grey or RGB, no side longer than `_THUMBNAIL`, black where there is no value."""
    colours = image[..., :3] if image.shape[2] >= 3 else image[..., :1]
    return np.clip(shrunk(np.nan_to_num(colours), _THUMBNAIL), 0, most).transpose(2, 0, 1)


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """An image (H, W) or (H, W, C), no side longer than ``side`` pixels."""
    factor = side / max(image.shape[:2])
    if factor >= 1:
        return image
    height, width = (max(1, round(each * factor)) for each in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return small.reshape(height, width, *image.shape[2:])  # cv2 drops a single channel
