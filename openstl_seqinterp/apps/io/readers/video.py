"""A video file, read by OpenCV's FFmpeg."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ....errors import UserError
from ..source import CACHED_FRAMES, Source

# For a file that does not say.
DEFAULT_FPS = 25.0


def open_capture(path: Path) -> cv2.VideoCapture:
    """The file, ready to give its first frame. UserError where it cannot be opened."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise UserError(f"{path} cannot be opened as a video (damaged, cut short or unknown codec); convert it")
    return capture


def count_frames(capture: cv2.VideoCapture) -> int:
    """How many frames can still be decoded, which uses them up; the number in a header can be wrong."""
    count = 0
    while capture.grab():
        count += 1
    return count


class VideoReader(Source):
    """Frames as OpenCV decodes them: BGR, 8 bit, turned upright; ``fps`` of them a second."""

    colour_order = "bgr"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        capture = open_capture(path)
        claimed = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.fps: float = capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        self.length = count_frames(capture)
        capture.release()
        # mkv stores no number: OpenCV computes one from the playing time, which sound can make a little longer.
        slack = int(self.fps) if path.suffix.lower() == ".mkv" else 0
        if self.length == 0 or claimed > self.length + slack:
            raise UserError(
                f"{path} is cut short or damaged: {self.length} of {claimed} frames can be decoded; "
                "get a whole copy, or keep what can be decoded with: ffmpeg -i OLD NEW.mp4"
            )
        if claimed > self.length:
            self.notes.append(
                f"{path.name} claims {claimed} frames, {self.length} can be decoded; the rest is left out"
            )
        self._capture, self._next = open_capture(path), 0
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
            self._capture, self._next = open_capture(self.path), 0
        while self._next < position:
            if position - self._next >= CACHED_FRAMES:
                self._capture.grab()
                self._next += 1
            else:
                self._keep((0, self._next), self._advance())
        return self._advance()
