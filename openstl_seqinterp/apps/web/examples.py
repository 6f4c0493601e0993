"""Sequences that the page makes on the spot, to try it on. All are the same each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

LENGTH, HEIGHT, WIDTH = 24, 240, 320
_PAN, _ORBIT, _RADIUS = (2.5, 0.8), 70, 38  # pixels an image; pixels; pixels


class Example(NamedTuple):
    """What it is called, a function that writes it into a folder and gives its path, and the positions to mark."""

    title: str
    write: Callable[[Path], Path]
    marked: tuple[int, ...]


def _texture(seed: int, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(seed).random((2 * HEIGHT, 2 * WIDTH, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


def clip() -> np.ndarray:
    """A texture that pans, and a disc that turns into its way: uint8 (T, H, W, 3)."""
    ground, disc = _texture(0, 6), _texture(1, 2)[:HEIGHT, :WIDTH]
    frames = []
    for t in range(LENGTH):
        pan = np.float32([[1, 0, -_PAN[0] * t], [0, 1, -_PAN[1] * t]])  # type: ignore[arg-type]
        frame = cv2.warpAffine(ground, pan, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        angle = np.deg2rad(9 * t)
        middle = WIDTH / 2 + _ORBIT * np.cos(angle), HEIGHT / 2 + _ORBIT * np.sin(angle)
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 6 * t, 1)
        turn[:, 2] += np.array(middle) - (WIDTH / 2, HEIGHT / 2)
        mask = cv2.circle(np.zeros((HEIGHT, WIDTH), np.float32), (WIDTH // 2, HEIGHT // 2), _RADIUS, 1, -1)
        shape, colours = (cv2.warpAffine(each, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR) for each in (mask, disc))
        frames.append(frame + shape[..., None] * (colours - frame))
    return np.rint(np.stack(frames)).clip(0, 255).astype(np.uint8)


def digit() -> np.ndarray:
    """A drawn 6 that turns and drifts as the simulated sequences of the paper do: uint8 (16, 36, 36)."""
    from ...data.simulate import Process, simulate  # imports torch

    drawn = np.zeros((28, 28), np.uint8)
    cv2.putText(drawn, "6", (5, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 255, 3, cv2.LINE_AA)
    stored, _ = simulate(cv2.GaussianBlur(drawn, (0, 0), 0.7)[None], Process(), np.random.default_rng(6))
    return stored[0, :, 0]


def cells() -> np.ndarray:
    """Bright cells that drift and diffuse, with shot noise, one image torn: uint16 (T, H, W) of 12 bits."""
    rng, (length, side) = np.random.default_rng(12), (14, 192)
    place = rng.uniform(10, side - 10, (24, 2))
    size, light = rng.uniform(3, 8, 24), rng.uniform(300, 1500, 24)
    y, x = np.mgrid[:side, :side]
    frames = []
    for _ in range(length):
        squares = (y - place[:, 0, None, None]) ** 2 + (x - place[:, 1, None, None]) ** 2
        image = 150 + (light[:, None, None] * np.exp(-squares / (2 * size[:, None, None] ** 2))).sum(axis=0)
        frames.append(np.clip(4 * rng.poisson(image / 4) + rng.normal(0, 6, image.shape), 0, 4095))
        place += rng.normal((1.1, 1.7), 0.4, place.shape)
    frames[_TORN][side // 3 : side // 2] = 4095
    return np.rint(np.stack(frames)).astype(np.uint16)


_TORN = 9  # of the cells


def _as_npy(make: Callable[[], np.ndarray], name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.save(folder / name, make())
        return folder / name

    return write


def _as_tiff(folder: Path) -> Path:
    import tifffile

    tifffile.imwrite(folder / "cells.tif", cells(), imagej=True, metadata={"axes": "TYX"})
    return folder / "cells.tif"


EXAMPLES = {
    "digit": Example("A simulated digit, images 4 and 16 missing", _as_npy(digit, "digit.npy"), (3, 15)),
    "clip": Example("A clip, images 6, 12, 13 and 19 missing", _as_npy(clip, "clip.npy"), (5, 11, 12, 18)),
    "cells": Example("Noisy microscopy, images 5 and 10 missing, one of them torn", _as_tiff, (4, _TORN)),
}
