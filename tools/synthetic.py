"""Synthetic motion for pretraining: layers of textures that move, turn, zoom, bend and hide each other.

Textures are scikit-image's bundled images and noise. A case is a function of its number and the seed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import skimage.data
import torch
from PIL import Image
from torch.utils.data import Dataset

from openstl_seqinterp.protocols import INFILL

SIDE, SLOTS = 208, 8  # pixels a side of an image, images of a case
# Bundled with scikit-image, so nothing is downloaded; licences: skimage/data/README.txt.
TRAINING = [
    *("astronaut.png", "camera.png", "coffee.png", "coins.png", "moon.png", "hubble_deep_field.jpg", "grass.png"),
    *("text.png", "motorcycle_left.png", "retina.jpg", "cell.png", "microaneurysms.png", "clock_motion.png"),
]
KEPT_OUT = ["chelsea.png", "brick.png", "rocket.jpg", "ihc.png", "gravel.png", "page.png"]  # for validation
GAPS = {"one": 0.45, "three": 0.22, "second": 0.25, "end": 0.08}  # what is missing: how often
_NOISES = 40  # different noise textures
_LARGEST = 1100  # pixels: the longer side of a texture


@cache
def _picture(name: str) -> np.ndarray:
    """A bundled image float32 (H, W) in [0, 1], both sides at least twice `SIDE`."""
    with Image.open(Path(skimage.data.__file__).parent / name) as image:
        grey = np.asarray(image.convert("L"), np.float32) / 255
    scale = max(min(1.0, _LARGEST / max(grey.shape)), 2 * SIDE / min(grey.shape))
    size = [round(side * scale) for side in grey.shape[::-1]]
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


@cache
def _fractal(number: int) -> np.ndarray:
    """Noise (2 SIDE, 2 SIDE) in [0, 1], of which the amplitude falls with a power of the frequency."""
    rng, side = np.random.default_rng(number), 2 * SIDE
    slope = rng.uniform(0.8, 2.2)
    y, x = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    spectrum = rng.standard_normal((side, len(x[0]))) + 1j * rng.standard_normal((side, len(x[0])))
    image = np.fft.irfft2(spectrum / np.maximum(np.hypot(y, x), 1 / side) ** slope, (side, side))
    low, high = np.quantile(image, (0.01, 0.99))
    return np.clip((image - low) / (high - low), 0, 1).astype(np.float32)


def _texture(rng: np.random.Generator, pictures: Sequence[str]) -> np.ndarray:
    kind = rng.random()
    if kind < 0.7:
        image = _picture(pictures[rng.integers(len(pictures))])
    elif kind < 0.9:
        image = _fractal(int(rng.integers(_NOISES)))
    else:  # rain and clouds: nothing, and structures with an edge
        image = np.clip(2.5 * _fractal(int(rng.integers(_NOISES))) - rng.uniform(1, 1.6), 0, 1)
    low, high = np.sort(rng.uniform(0, 1, 2))
    contrast = max(0.25, high - low)
    image = rng.uniform(0, 1 - contrast) + contrast * image
    return 1 - image if rng.random() < 0.3 else image


def _mask(rng: np.random.Generator) -> np.ndarray:
    """Where a layer is, float32 (2 SIDE, 2 SIDE), around the middle."""
    side, mask = 2 * SIDE, np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    radius = SIDE * np.exp(rng.uniform(np.log(0.04), np.log(0.4)))
    if rng.random() < 0.3:  # a thin one: poles, limbs, letters
        angle, width = rng.uniform(0, np.pi), int(rng.integers(1, 8))
        way = np.array([np.cos(angle), np.sin(angle)]) * radius * 1.5
        ends = [tuple(np.rint(SIDE + sign * way).astype(int).tolist()) for sign in (-1, 1)]
        cv2.line(mask, *ends, 1.0, width, cv2.LINE_AA)
        return mask
    corners = int(rng.integers(3, 12))
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners)) if rng.random() < 0.5 else np.linspace(0, 2 * np.pi, 40)
    reach = radius * rng.uniform(0.6, 1, len(angle)) if len(angle) < 40 else radius * np.ones(40)
    stretch = rng.uniform(0.4, 1)
    points = np.stack([SIDE + reach * np.cos(angle), SIDE + stretch * reach * np.sin(angle)], axis=-1)
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), rng.choice([0.5, 0.8, 2.5], p=[0.5, 0.4, 0.1]))[:side, :side]


@cache
def _grid() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).astype(np.float32)


class _Layer(NamedTuple):
    """A texture and its mask; ``way`` gives where each pixel of an image at a time is read in both."""

    texture: np.ndarray
    mask: np.ndarray | None
    way: Callable[[float], np.ndarray]


def _way(
    rng: np.random.Generator, speed: float, place: np.ndarray, middle: np.ndarray
) -> Callable[[float], np.ndarray]:
    """Affine and elastic motion with acceleration: at time 0 the texture's ``middle`` is at ``place``."""
    angle = rng.uniform(0, 2 * np.pi)
    velocity = speed * np.array([np.cos(angle), np.sin(angle)])
    bend = rng.normal(0, 0.12, 2) * speed if rng.random() < 0.6 else np.zeros(2)
    turn, zoom = (rng.normal(0, spread) * (rng.random() < 0.4) for spread in (0.03, 0.015))
    start, size = rng.uniform(-0.5, 0.5) * (rng.random() < 0.5), np.exp(rng.uniform(-0.3, 0.3))
    wave = rng.standard_normal((4, 4, 2)).astype(np.float32) * rng.uniform(0, 3) * (rng.random() < 0.3)
    phase, beat = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    elastic = cv2.resize(wave, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) if wave.any() else None

    def at(time: float) -> np.ndarray:
        theta, scale = start + turn * time, size * np.exp(zoom * time)
        back = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]]) / scale
        origin = middle - back @ (place + velocity * time + bend * time**2 / 2)
        read = cv2.transform(_grid(), np.column_stack([back, origin]).astype(np.float32))
        return read if elastic is None else read + elastic * np.float32(np.sin(phase + beat * time))

    return at


def _speed(rng: np.random.Generator, usual: float, most: float) -> float:
    return float(min(most, usual * np.exp(0.9 * rng.standard_normal())))


def _scene(rng: np.random.Generator, pictures: Sequence[str], slower: float) -> list[_Layer]:
    ground = _texture(rng, pictures)
    middle = np.array(ground.shape[::-1]) * rng.uniform(0.4, 0.6, 2)
    still = rng.random() < 0.25
    pan = 0.0 if still else _speed(rng, 2, 14) / slower
    layers = [_Layer(ground, None, _way(rng, pan, np.full(2, SIDE / 2), middle))]
    if still:
        layers[0] = layers[0]._replace(way=lambda time, at=layers[0].way: at(0.0))
    kind = rng.choice(["plain", "few", "many"], p=[0.2, 0.65, 0.15])
    few = kind != "many"
    for _ in range({"plain": 0, "few": rng.integers(1, 5), "many": rng.integers(10, 25)}[kind]):
        texture, mask = _texture(rng, pictures)[: 2 * SIDE, : 2 * SIDE], _mask(rng)
        if not few:  # particles
            mask = cv2.warpAffine(mask, np.float32([[0.3, 0, 0.7 * SIDE], [0, 0.3, 0.7 * SIDE]]), mask.shape[::-1])
        place = rng.uniform(0, SIDE, 2)
        way = _way(rng, _speed(rng, 4, 40) / slower, place, np.full(2, float(SIDE)))
        layers.append(_Layer(texture, mask, way))
    if rng.random() < 0.1:  # a subtitle
        mask = np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
        text = "".join(rng.choice([*"abcdefghijklmnoprstuvw   "], 14))
        cv2.putText(mask, text, (SIDE // 2 + 10, int(SIDE * rng.uniform(0.7, 1.4))), 0, 0.7, 255, 2, cv2.LINE_AA)
        mask = mask.astype(np.float32) / 255
        grid = _grid() + np.float32(SIDE / 2)
        layers.append(_Layer(np.full_like(mask, rng.choice([0.05, 0.95])), mask, lambda time: grid))
    return layers


def _render(layers: Sequence[_Layer], time: float) -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.float32)
    for texture, mask, way in layers:
        at = way(time)
        read = cv2.remap(texture, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        if mask is None:
            image = read
        else:
            alpha = cv2.remap(mask, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            image += alpha * (read - image)
    return image


def missing(rng: np.random.Generator, kind: str) -> tuple[int, np.ndarray]:
    """The target's slot, and which slots are observed (SLOTS,), for a kind of `GAPS`."""
    observed = np.ones(SLOTS, bool)
    if kind == "end":
        target = int(rng.choice([0, SLOTS - 1]))
    elif kind == "second":
        target = int(rng.integers(3, 5))
        observed = (np.arange(SLOTS) - target) % 2 == 1
    elif kind == "three":
        start = int(rng.integers(2, 4))
        observed[start : start + 3] = False
        target = start + int(rng.integers(3))
    else:
        target = int(rng.integers(1, SLOTS - 1))
    observed[target] = False
    return target, observed


def inputs_of(frames: np.ndarray, target: int, observed: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """A case of `INFILL` from grey images uint8 (SLOTS, H, W): x (SLOTS, 3, H, W) and y (1, 1, H, W), in [0, 1]."""
    images = np.ascontiguousarray(frames, np.float32)[:, None] / 255
    offset = np.arange(SLOTS, dtype=np.float32) - target
    x = INFILL.inputs(images, observed, offset)
    return torch.from_numpy(x), torch.from_numpy(images[target][None])


class Synthetic(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Cases of `INFILL`: x (SLOTS, 3, SIDE, SIDE) and y (1, 1, SIDE, SIDE), grey images in [0, 1] as in 8 bits."""

    mean, std, data_name = 0, 1, "synthetic"

    def __init__(self, length: int, seed: int, pictures: Sequence[str]) -> None:
        self.length, self.seed, self.pictures = length, seed, pictures

    def __len__(self) -> int:
        return self.length

    def kind(self, number: int) -> str:
        """Of what is missing in a case, one of `GAPS`."""
        return str(np.random.default_rng([self.seed, number, 1]).choice([*GAPS], p=[*GAPS.values()]))

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng, kind = np.random.default_rng([self.seed, number]), self.kind(number)
        target, observed = missing(rng, kind)
        layers = _scene(rng, self.pictures, {"one": 1, "second": 1, "three": 1.3, "end": 1}[kind])
        offset = np.arange(SLOTS) - target
        fade, noise = rng.normal(0, 0.01) * (rng.random() < 0.3), rng.uniform(0, 0.03) * (rng.random() < 0.4)
        blur, quality = rng.uniform(0.3, 1.5) * (rng.random() < 0.3), int(rng.integers(40, 95))
        squeezed = rng.random() < 0.25
        frames = np.zeros((SLOTS, 1, SIDE, SIDE), np.float32)
        shown = observed | (offset == 0)
        for slot in np.flatnonzero(shown):
            frames[slot] = _render(layers, float(offset[slot]))
        low, high = frames[observed].min(), frames[observed].max()
        for slot in np.flatnonzero(shown):
            image = (frames[slot, 0] - low) / max(high - low, 0.2) * np.float32(np.exp(fade * offset[slot]))
            image = cv2.GaussianBlur(image, (0, 0), blur) if blur else image
            image = image + noise * rng.standard_normal(image.shape, np.float32)
            image = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
            if squeezed:
                packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
                image = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
            frames[slot] = image
        return inputs_of(frames[:, 0], target, observed)
