"""Sequences of images and their files.

``NAME-train.npz``: ``frames`` uint8 (N, T, C, H, W), zeros where missing; ``observed`` bool (T,) or (N, T); and, for
imported data, ``part`` uint8 (N,): 0 for training, 1 for validation, 2 for tests.
``NAME-test.npz``: ``frames`` uint8 (N, K, C, H, W), the withheld images; ``index`` int (K,), where they belong;
and, for simulated data, ``clean`` float32 (N, K, C, H, W) in [0, 1]: the same images before noise was added.

Withheld images live in the test file alone, so nothing that reads the train file can leak them.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from ..errors import UserError
from ..files import atomic

TRAIN, VALIDATION, TEST = 0, 1, 2  # values of ``part``


@dataclass(frozen=True)
class SequenceSet:
    """``frames`` uint8 (N, T, C, H, W), zeros where missing, and ``observed`` bool (N, T).

    ``part`` (N,) says what a sequence is for; without it all are for tests, and the loaders choose for training.
    """

    frames: np.ndarray
    observed: np.ndarray
    part: np.ndarray | None = None

    def always_observed(self) -> np.ndarray:
        """Bool (T,): the positions observed in every sequence."""
        return np.logical_and.reduce(self.observed, axis=0)


@dataclass(frozen=True)
class Withheld:
    """The true images at the missing positions ``index`` (K,): ``frames`` uint8 (N, K, C, H, W).

    ``clean`` float32 (N, K, C, H, W) in [0, 1] is what a perfect predictor would give, where it is known.
    """

    frames: np.ndarray
    index: np.ndarray
    clean: np.ndarray | None = None

    def at(self, positions: np.ndarray) -> np.ndarray:
        """The columns of ``frames`` that hold the images of ``positions`` (any shape) in the sequence.

        Raises ValueError for one that is not there.
        """
        matches = self.index == np.expand_dims(positions, -1)
        if not matches.any(axis=-1).all():
            raise ValueError(f"positions {np.unique(positions).tolist()}: withheld are {self.index.tolist()}")
        return np.argmax(matches, axis=-1)


DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)  # what numpy raises


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz``, never unpickled. One of `DAMAGED` where it cannot be read."""
    # np.load leaves a file that it opened itself open when the archive is damaged.
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, NpzFile):
            raise ValueError("a single array, not an archive")
        return {key: archive[key] for key in archive.files}


def _read(path: Path, required: tuple[str, ...]) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise UserError(f"{path} is missing; write it with: python tools/prepare_data/seqinterp.py")
    try:
        arrays = read_archive(path)
    except DAMAGED as error:
        raise UserError(f"{path} is damaged ({error}); delete it and prepare the data again") from error
    for key in required:
        if key not in arrays:
            raise UserError(f"{path} has no array {key!r} (found: {', '.join(arrays)}); see the README, Data format")
    return arrays


def _check(path: Path, key: str, array: np.ndarray, dtype: Any, ndim: int, shape: str) -> None:
    if not np.issubdtype(array.dtype, dtype) or array.ndim != ndim or 0 in array.shape:
        names: dict[Any, str] = {np.integer: "int", np.floating: "float", np.bool_: "bool"}
        expected = names.get(dtype, dtype.__name__)
        raise UserError(
            f"{path}: {key} is {array.dtype} {array.shape}, expected {expected} {shape}, none of them 0; "
            "see the README, Data format"
        )


def load_sequences(path: Path) -> SequenceSet:
    """Read and check a ``NAME-train.npz``; UserError says what is wrong with it."""
    arrays = _read(path, ("frames", "observed"))
    frames, observed = arrays["frames"], arrays["observed"]
    _check(path, "frames", frames, np.uint8, 5, "(N, T, C, H, W)")
    if observed.ndim == 1:
        observed = np.broadcast_to(observed, (len(frames), len(observed)))
    _check(path, "observed", observed, np.bool_, 2, "(T,) or (N, T)")
    if observed.shape != frames.shape[:2]:
        raise UserError(f"{path}: observed is for {observed.shape} images, frames holds {frames.shape[:2]}")
    if frames[~observed].any():
        raise UserError(f"{path}: images marked as missing are not zero; withheld images belong in the test file")
    part = arrays.get("part")
    if part is not None:
        _check(path, "part", part, np.integer, 1, "(N,)")
        if part.shape != observed.shape[:1] or set(part.tolist()) != {TRAIN, VALIDATION, TEST}:
            raise UserError(f"{path}: part must be 0, 1 or 2 for each of {len(frames)} sequences, each at least once")
    return SequenceSet(frames, observed, part)


def load_withheld(path: Path, sequences: SequenceSet) -> Withheld:
    """Read and check the ``NAME-test.npz`` that belongs to ``sequences``; UserError says what is wrong with it."""
    arrays = _read(path, ("frames", "index"))
    frames, index, clean = arrays["frames"], arrays["index"], arrays.get("clean")
    _check(path, "frames", frames, np.uint8, 5, "(N, K, C, H, W)")
    _check(path, "index", index, np.integer, 1, "(K,)")
    count, length = sequences.observed.shape
    expected = (count, len(index), *sequences.frames.shape[2:])
    if frames.shape != expected:
        raise UserError(f"{path}: frames is {frames.shape}, expected {expected} to match its train file")
    inside = index.min() >= 0 and index.max() < length and len(np.unique(index)) == len(index)
    if not inside or sequences.observed[:, index].any():
        raise UserError(
            f"{path}: index {index.tolist()} must name missing images of its train file, each once, 0 to {length - 1}"
        )
    if clean is not None:
        _check(path, "clean", clean, np.floating, 5, "(N, K, C, H, W)")
        if clean.shape != frames.shape or not ((clean >= 0) & (clean <= 1)).all():
            raise UserError(f"{path}: clean must be in [0, 1] and of the shape of frames {frames.shape}")
    return Withheld(frames, index, clean)


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write one ``.npz`` atomically; the same arrays give the same bytes."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
