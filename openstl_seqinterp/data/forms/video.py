"""A video file, read and written by OpenCV's FFmpeg.

The output holds PNG images in the container of the input: all of mp4, avi, mov and mkv take them, and they give
back every frame exactly. They are coded here and handed over as they are, because OpenCV's own coding cuts off the
last row and column of a frame of odd size.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ...errors import UserError
from .base import CACHED_FRAMES, Fill, Layout, Source

# For a file that does not say.
DEFAULT_FPS = 25.0


def _open(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise UserError(f"{path} cannot be opened as a video (damaged, cut short or unknown codec); convert it")
    return capture


def _count(capture: cv2.VideoCapture) -> int:
    """The frames that can be decoded; the number in a header can be wrong."""
    count = 0
    while capture.grab():
        count += 1
    return count


class VideoSource(Source):
    """Frames as OpenCV decodes them: BGR, 8 bit, turned upright."""

    colour_order = "bgr"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        capture = _open(path)
        told = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.fps = capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        self.length = _count(capture)
        capture.release()
        # mkv stores no number: OpenCV computes one from the playing time, which sound can make a little longer.
        slack = int(self.fps) if path.suffix.lower() == ".mkv" else 0
        if self.length == 0 or told > self.length + slack:
            raise UserError(
                f"{path} is cut short or damaged: {self.length} of {told} frames can be decoded; "
                "get a whole copy, or keep what can be decoded with: ffmpeg -i OLD NEW.mp4"
            )
        if told > self.length:
            self.notes.append(f"{path.name} tells of {told} frames, {self.length} can be decoded; the rest is left out")
        self._capture, self._next = _open(path), 0
        frame = self._advance()
        self.shape, self.dtype = (frame.shape[0], frame.shape[1], frame.shape[2]), frame.dtype
        self._keep((0, 0), frame)

    def _advance(self) -> np.ndarray:
        decoded, frame = self._capture.read()
        if not decoded:
            raise UserError(f"{self.path}: frame {self._next + 1} of {self.length} cannot be decoded; convert it")
        self._next += 1
        return frame

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        if position < self._next:
            # Seeking is inexact in many files; decoding anew from the start is not.
            self._capture.release()
            self._capture, self._next = _open(self.path), 0
        while self._next < position:
            if position - self._next >= CACHED_FRAMES:
                self._capture.grab()
                self._next += 1
            else:
                self._keep((0, self._next), self._advance())
        return self._advance()

    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        path = folder / self.path.name
        height, width, _ = self.shape
        writer = cv2.VideoWriter(
            str(path),
            cv2.CAP_FFMPEG,
            cv2.VideoWriter.fourcc(*"png "),
            self.fps,
            (width, height),
            [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1],
        )
        if not writer.isOpened():
            raise OSError(f"OpenCV cannot write {path.name}")
        try:
            for frame in self._output(layout, filled, 0):
                writer.write(cv2.imencode(".png", frame)[1].reshape(1, -1))
        finally:
            writer.release()
        # OpenCV does not say when the disk was full.
        capture = _open(path)
        written = _count(capture)
        capture.release()
        if written != len(layout):
            raise OSError(f"{written} of {len(layout)} frames of {path.name} were written")
        self.notes.append(
            f"{path.name} is coded without loss (PNG images: larger, and not for browsers), without sound"
        )
        return [path]
