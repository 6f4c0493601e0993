"""Sequences of images: frames, each once, and an index that says which of them stand where in which sequence.

Simulated ones lie in files of arrays, imported ones in a `store`.

``NAME-train.npz``: ``frames`` uint8 (N, T, C, H, W), zeros where missing; ``observed`` bool (T,) or (N, T); and, for
data imported before there were stores, ``part`` uint8 (N,): 0 for training, 1 for validation, 2 for tests.
``NAME-test.npz``: ``frames`` uint8 (N, K, C, H, W), the withheld images; ``index`` int (K,), where they belong;
and, for simulated data, ``clean`` float32 (N, K, C, H, W) in [0, 1]: the same images before noise was added.

Withheld images live in the test file alone, so nothing that reads the train file can leak them.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib.npyio import NpzFile

from ..errors import UserError, one_line
from ..files import atomic
from .scale import Scale

SIMULATED = "seqinterp"  # folder of the simulated sequences, in the data root
TRAIN, VALIDATION, TEST = 0, 1, 2  # values of ``part``
# What reading an ``.npz`` raises.
DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class SequenceSet:
    """``frames`` (F, C, H, W), and ``index`` int (N, T): which of them is at each position, -1 where it is missing.

    Frames are an array, or what gives those of some numbers as one does and has its shape: `store.StoredFrames`.

    ``part`` (N,) says what a sequence is for; without it all are for tests, and the loaders choose for training.
    ``clean`` float32 (F, C, H, W) in [0, 1] is what a perfect predictor would give, where it is known.
    """

    frames: Any
    index: np.ndarray
    part: np.ndarray | None = None
    clean: np.ndarray | None = None
    scale: Scale = field(default_factory=Scale)

    @classmethod
    def stacked(cls, frames: np.ndarray, observed: np.ndarray, part: np.ndarray | None = None) -> Self:
        """Of sequences uint8 (N, T, C, H, W), of which some images are ``observed``, bool (N, T)."""
        index = np.where(observed, np.arange(observed.size).reshape(observed.shape), -1)
        return cls(frames.reshape(-1, *frames.shape[2:]), index, part)

    @property
    def observed(self) -> np.ndarray:
        """Bool (N, T)."""
        return self.index >= 0

    def always_observed(self) -> np.ndarray:
        """Bool (T,): the positions observed in every sequence."""
        return np.logical_and.reduce(self.observed, axis=0)

    @property
    def may_have_holes(self) -> bool:
        """Whether there can be pixels without a value."""
        return self.scale.fill_value is not None or np.dtype(self.frames.dtype).kind == "f"

    def read(self, sequence: Any, positions: Any) -> np.ndarray:
        """Float32 (..., C, H, W) in [0, 1] of indices (...): 0 where missing, NaN at pixels without a value."""
        numbers = self.index[sequence, positions]
        known = numbers >= 0
        images = np.zeros((*numbers.shape, *self.frames.shape[1:]), np.float32)
        images[known] = self.scale.to_unit(self.frames[numbers[known]])
        return images


def _read(path: Path, required: Mapping[str, tuple[Any, str]]) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz``, never unpickled, of which ``required`` says the type and the axes."""
    if not path.is_file():
        raise UserError(f"{path} is missing; {_again(path)}")
    try:
        with path.open("rb") as file:  # np.load leaves a file that it opened itself open when the archive is damaged
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, NpzFile):
                raise ValueError("a single array, not an archive")
            arrays = {key: archive[key] for key in archive.files}
    except DAMAGED as error:
        raise UserError(f"{path} is damaged ({one_line(error)}); {_again(path)}") from error
    for key in required:
        if key not in arrays:
            raise UserError(f"{path} has no array {key!r} (found: {', '.join(arrays)}); see the README, Data format")
    for key in {**required, **_OPTIONAL}.keys() & arrays.keys():
        (dtype, axes), array = {**required, **_OPTIONAL}[key], arrays[key]
        if not np.issubdtype(array.dtype, dtype) or array.ndim not in _ndims(axes) or 0 in array.shape:
            expected = {np.integer: "int", np.floating: "float", np.bool_: "bool"}.get(dtype, dtype.__name__)
            found = f"{key} is {array.dtype} {array.shape}, expected {expected} {axes}, none of them 0"
            raise UserError(f"{path}: {found}; see the README, Data format")
    return arrays


def _again(path: Path) -> str:
    """How to get a file of a data set once more."""
    if path.parent.name == SIMULATED:
        return f"write the simulated sequences again with: seqinterp prepare --data_root {path.parent.parent}"
    return f"import the data again with: seqinterp import ... --out {path.parent} --overwrite"


_OPTIONAL: dict[str, tuple[Any, str]] = {"part": (np.integer, "(N,)"), "clean": (np.floating, "(N, K, C, H, W)")}


def _ndims(axes: str) -> list[int]:
    return [sum(map(str.isupper, each)) for each in axes.split(" or ")]


def load_sequences(path: Path) -> SequenceSet:
    """Read and check a ``NAME-train.npz``; UserError says what is wrong with it."""
    arrays = _read(path, {"frames": (np.uint8, "(N, T, C, H, W)"), "observed": (np.bool_, "(T,) or (N, T)")})
    frames, observed, part = arrays["frames"], arrays["observed"], arrays.get("part")
    if observed.ndim == 1:
        observed = np.broadcast_to(observed, (len(frames), len(observed)))
    if observed.shape != frames.shape[:2]:
        raise UserError(f"{path}: observed is for {observed.shape} images, frames holds {frames.shape[:2]}")
    if frames[~observed].any():
        raise UserError(f"{path}: images marked as missing are not zero; withheld images belong in the test file")
    if part is not None and (part.shape != observed.shape[:1] or {*part.tolist()} != {TRAIN, VALIDATION, TEST}):
        raise UserError(f"{path}: part must be 0, 1 or 2 for each of {len(frames)} sequences, each at least once")
    return SequenceSet.stacked(frames, observed, part)


def load_withheld(path: Path, sequences: SequenceSet) -> SequenceSet:
    """Read and check the ``NAME-test.npz`` of ``sequences``: their missing images alone. UserError as above."""
    arrays = _read(path, {"frames": (np.uint8, "(N, K, C, H, W)"), "index": (np.integer, "(K,)")})
    frames, index, clean = arrays["frames"], arrays["index"], arrays.get("clean")
    count, length = sequences.index.shape
    expected = (count, len(index), *sequences.frames.shape[1:])
    if frames.shape != expected:
        raise UserError(f"{path}: frames is {frames.shape}, expected {expected} to match its train file")
    inside = index.min() >= 0 and index.max() < length and len(np.unique(index)) == len(index)
    if not inside or sequences.observed[:, index].any():
        raise UserError(
            f"{path}: index {index.tolist()} must name missing images of its train file, each once, 0 to {length - 1}"
        )
    if clean is not None:
        if clean.shape != frames.shape or not ((clean >= 0) & (clean <= 1)).all():
            raise UserError(f"{path}: clean must be in [0, 1] and of the shape of frames {frames.shape}")
        clean = clean.reshape(-1, *clean.shape[2:])
    numbers = np.full((count, length), -1)
    numbers[:, index] = np.arange(count * len(index)).reshape(count, -1)
    return SequenceSet(frames.reshape(-1, *frames.shape[2:]), numbers, clean=clean)


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write one ``.npz`` atomically; the same arrays give the same bytes."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
