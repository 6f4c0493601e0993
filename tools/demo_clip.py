#!/usr/bin/env python3
"""Write a short clip for ``make demo``: a texture that pans, and a disc that turns into its way. uint8 (T, H, W, 3).

python tools/demo_clip.py CLIP.npy
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

LENGTH, HEIGHT, WIDTH = 24, 240, 320
PAN, ORBIT, RADIUS = (2.5, 0.8), 70, 38  # pixels an image; pixels; pixels


def _texture(seed: int, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(seed).random((2 * HEIGHT, 2 * WIDTH, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload, no-any-return]


def main(path: Path) -> None:
    """Write the clip."""
    ground, disc = _texture(0, 6), _texture(1, 2)[:HEIGHT, :WIDTH]
    frames = []
    for t in range(LENGTH):
        pan = np.float32([[1, 0, -PAN[0] * t], [0, 1, -PAN[1] * t]])
        frame = cv2.warpAffine(ground, pan, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        angle = np.deg2rad(9 * t)
        middle = WIDTH / 2 + ORBIT * np.cos(angle), HEIGHT / 2 + ORBIT * np.sin(angle)
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 6 * t, 1)
        turn[:, 2] += np.array(middle) - (WIDTH / 2, HEIGHT / 2)
        mask = cv2.circle(np.zeros((HEIGHT, WIDTH), np.float32), (WIDTH // 2, HEIGHT // 2), RADIUS, 1, -1)
        shape, colours = (cv2.warpAffine(each, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR) for each in (mask, disc))
        frames.append(frame + shape[..., None] * (colours - frame))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.rint(np.stack(frames)).clip(0, 255).astype(np.uint8))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
