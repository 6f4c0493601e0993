"""Simulated sequences: an autoregressive process that starts from an MNIST digit.

Each clean image is the one before it, warped about its centre by one affine map per sequence and scaled in
intensity; each stored image adds Gaussian noise of its own. The paper's sequences were never published;
these parameters match the figures that it prints.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import pi, sqrt
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from .._version import __version__
from ..errors import UserError
from ..files import writable_folder, write_json
from .mnist import load_digits
from .sequences import SIMULATED, save


@dataclass(frozen=True)
class Process:
    """The autoregressive process, per step: rotation in degrees, shift in pixels, gain, noise sigma in [0, 1]."""

    length: int = 16
    size: int = 36
    rotation: float = 15.0  # uniform in +- this
    shift: float = 0.8  # uniform in +- this, on each axis
    gain: tuple[float, float] = (0.97, 1.0)  # uniform
    noise: float = 4.5 / 255


DIGITS = {"n6": (6, 400), "n3": (3, 100)}  # set: digit, number of sequences
WITHHELD = (3, 15)  # images 4 and 16, counted from 0
SEED = 2025


def affine_maps(rotation: np.ndarray, shift: np.ndarray, size: int) -> torch.Tensor:
    """The maps (N, 2, 3) that `affine_grid` wants: output to input, in units of half the image.

    ``rotation`` (N,) in radians and ``shift`` (N, 2) in pixels (x, y) move the content of a square image of
    ``size`` pixels: out = R in + shift, so in = R' out - R' shift.
    """
    cos, sin = np.cos(rotation), np.sin(rotation)
    inverse = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    offset = -inverse @ (shift[..., None] * 2 / size)
    return torch.from_numpy(np.concatenate([inverse, offset], -1))


def simulate(digits: np.ndarray, process: Process, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Run the process from ``digits`` uint8 (N, 28, 28).

    Returns the stored images uint8 (N, T, 1, H, W) and the clean ones float32 in [0, 1] of the same shape.
    """
    count, size = len(digits), process.size
    rotation = rng.uniform(-process.rotation, process.rotation, count) * pi / 180
    shift = rng.uniform(-process.shift, process.shift, (count, 2))
    gain = torch.from_numpy(rng.uniform(*process.gain, count)).view(-1, 1, 1, 1)
    margin = size - digits.shape[-1]
    pad = (margin // 2, margin - margin // 2)
    # In float64 the last bit of a warp, which depends on the machine, cannot reach the stored byte.
    image = torch.from_numpy(np.pad(digits, ((0, 0), pad, pad)) / 255.0)[:, None]
    grid = affine_grid(affine_maps(rotation, shift, size), list(image.shape), align_corners=False)
    clean = [image]
    for _ in range(process.length - 1):
        clean.append(gain * grid_sample(clean[-1], grid, align_corners=False))
    images = torch.stack(clean, dim=1).numpy()
    noisy = np.clip(images + rng.normal(0, process.noise, images.shape), 0, 1)
    return np.rint(noisy * 255).astype(np.uint8), images.astype(np.float32)


def expected_image(clean: np.ndarray, noise: float = Process.noise) -> np.ndarray:
    """The expectation of a stored image of which ``clean``, in [0, 1], is known: what has the least expected MSE.

    Noise of standard deviation ``noise`` is added to it and the sum is clipped to [0, 1], so its mean is that of a
    censored Gaussian: brighter than a black pixel, darker than a white one.
    E = c (P(b) - P(a)) + s (p(a) - p(b)) + 1 - P(b) with a = -c / s, b = (1 - c) / s, and p and P the density and the
    distribution of the standard normal.
    """
    value = torch.from_numpy(np.asarray(clean, np.float64))
    low, high = -value / noise, (1 - value) / noise
    below, above = (torch.special.ndtr(bound) for bound in (low, high))
    slopes = torch.exp(-low.square() / 2) - torch.exp(-high.square() / 2)
    return (value * (above - below) + noise * slopes / sqrt(2 * pi) + 1 - above).numpy()


def write_dataset(data_root: Path, seed: int = SEED, sets: Mapping[str, tuple[int, int]] = DIGITS) -> Path:
    """Simulate ``sets`` and write their files to ``data_root/seqinterp``; the same seed, the same bytes."""
    folder, process = data_root / SIMULATED, Process()
    for path in (data_root, folder):
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is a file, expected a folder; name another --data_root")
    images, labels, source = load_digits(data_root)
    writable_folder(data_root)
    # Neither a process beside this one nor a run after Ctrl-C ever sees a part of the files.
    with tempfile.TemporaryDirectory(dir=data_root, prefix=".seqinterp-") as temporary:
        written = Path(temporary) / SIMULATED
        for name, (digit, count) in sets.items():
            rng = np.random.default_rng([seed, digit])
            candidates = np.flatnonzero(labels == digit)
            if len(candidates) < count:
                raise UserError(f"{source} has {len(candidates)} images of digit {digit}, {count} are needed")
            frames, clean = simulate(images[rng.permutation(candidates)[:count]], process, rng)
            observed = np.ones(process.length, bool)
            observed[list(WITHHELD)] = False
            index = np.array(WITHHELD)
            save(written / f"{name}-test.npz", {"frames": frames[:, index], "index": index, "clean": clean[:, index]})
            frames[:, index] = 0
            save(written / f"{name}-train.npz", {"frames": frames, "observed": observed})
        about = {"seed": seed, "process": asdict(process), "digits": dict(sets), "mnist": source}
        write_json(written / "simulation.json", {**about, "openstl_seqinterp": __version__})
        try:
            written.rename(folder)
        except OSError:  # the folder is there already
            writable_folder(folder)
            for path in written.iterdir():
                path.replace(folder / path.name)
    return folder
