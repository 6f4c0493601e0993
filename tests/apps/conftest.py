"""Independent readers of what was written."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence


def _read_video(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (result := capture.read())[0]:
        frames.append(result[1])
    return np.stack(frames)


def _read_gif(path):
    with Image.open(path) as image:
        return np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


@pytest.fixture(scope="session")
def read_video():
    """A function from a path to all frames as decoded, BGR uint8 (T, H, W, 3)."""
    return _read_video


@pytest.fixture(scope="session")
def read_gif():
    """A function from a path to all frames as shown, RGB uint8 (T, H, W, 3)."""
    return _read_gif
