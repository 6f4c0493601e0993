"""A video, written by OpenCV's FFmpeg.

The output holds PNG images in the container of the input: all of mp4, avi, mov and mkv take them, and they give
back every frame exactly. They are coded here and handed over as they are, because OpenCV's own coding cuts off the
last row and column of a frame of odd size.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from ..readers.video import VideoReader, count_frames, open_capture
from ..source import Fill, Layout
from .output import output_frames


def write(source: VideoReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """One video of the name and rate of the input. OSError where it does not hold every frame in the end."""
    path = folder / source.path.name
    height, width, _ = source.shape
    writer = cv2.VideoWriter(
        str(path),
        cv2.CAP_FFMPEG,
        cv2.VideoWriter.fourcc(*"png "),
        source.fps,
        (width, height),
        [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1],
    )
    if not writer.isOpened():
        raise OSError(f"OpenCV cannot write {path.name}")
    try:
        for frame in output_frames(source, layout, filled, 0):
            writer.write(cv2.imencode(".png", frame)[1].reshape(1, -1))
    finally:
        writer.release()
    # OpenCV does not say when the disk was full.
    capture = open_capture(path)
    written = count_frames(capture)
    capture.release()
    if written != len(layout):
        raise OSError(f"{written} of {len(layout)} frames of {path.name} were written")
    source.notes.append(f"{path.name} is coded without loss (PNG images: larger, and not for browsers), without sound")
    return [path]
