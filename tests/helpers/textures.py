"""Textures that move in a known way."""

import cv2
import numpy as np

SIDE = 120
INNER = slice(20, -20)  # away from the border, beyond which nothing is known


def texture(size=300, seed=0, sigma=2.5):
    """A smooth random texture in [0, 1]."""
    blurred = cv2.GaussianBlur(np.random.default_rng(seed).random((size, size)).astype(np.float32), (0, 0), sigma)
    return (blurred - blurred.min()) / np.ptp(blurred)


def seen(image, matrix, size=SIDE):
    """A window (size, size, 1) of a texture that an affine map (2, 3) has moved about the window's centre."""
    middle = np.array([(image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2])
    y, x = np.mgrid[:size, :size].astype(np.float32) - (size - 1) / 2
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    at = [
        (inverse[axis, 0] * x + inverse[axis, 1] * y + inverse[axis, 2] + middle[axis]).astype(np.float32)
        for axis in (0, 1)
    ]
    return cv2.remap(image, *at, cv2.INTER_CUBIC)[..., None]


def shift(x, y=0.0):
    return np.array([[1, 0, x], [0, 1, y]], float)


def turn(degrees):
    return cv2.getRotationMatrix2D((0, 0), degrees, 1.0)


def zoom(factor):
    return np.array([[factor, 0, 0], [0, factor, 0]], float)


MOTIONS = {
    "rest": lambda t: shift(0),
    "shift": lambda t: shift(3.3 * t, -1.7 * t),
    "rotation": lambda t: turn(3 * t),
    "zoom": lambda t: zoom(1.03**t),
    "acceleration": lambda t: shift(0.8 * t * abs(t) + 2 * t),
}


def error(found, true):
    return float(np.abs(found - true)[INNER, INNER].mean())
