"""Sequences of a texture that moves, and folders of them."""

import cv2
import numpy as np
from PIL import Image

LENGTH, SIDE = 15, 48


def moving(seed, channels, length=LENGTH, step=2):
    """A texture (T, SIDE, SIDE + 8, C) uint8 that moves to the right."""
    rng = np.random.default_rng(seed)
    image = cv2.GaussianBlur(rng.random((SIDE, 200, channels)).astype(np.float32), (0, 0), 2).reshape(SIDE, 200, -1)
    image = (image - image.min()) / np.ptp(image) * 250
    return np.stack([image[:, 60 - step * t : 60 - step * t + SIDE + 8] for t in range(length)]).astype(np.uint8)


def save_folder(path, frames):
    path.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame.squeeze(-1) if frame.shape[-1] == 1 else frame).save(path / f"image_{number:03d}.png")
