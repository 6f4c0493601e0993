"""Scores of the baselines, image by image, kept beside the data: they are the same whatever the model is.

A file belongs to a test set and holds an array float64 (metrics, N) for each baseline. Its name is a digest of all that
it follows from: what was handed of each case, the true images, the text of the code, the versions of the libraries.
What is damaged or does not fit is computed again, and a folder that cannot be written is left as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from .._version import __version__
from ..data.sequences import DAMAGED, save
from ..errors import UserError
from . import baselines, metrics

FOLDER = ".baselines"  # in the data root
_ROOT = Path(__file__).parents[1]
Values = dict[str, np.ndarray]  # float64 (N,) by metric


def _keepable(name: str) -> bool:
    """Whether the text of this package says all about a baseline and how it is scored: not where one was added."""
    functions = [baselines.BASELINES[name].function, *(metric.function for metric in metrics.METRICS.values())]
    return {getattr(each, "__module__", None) for each in functions} <= {baselines.__name__, metrics.__name__}


@cache
def _code() -> bytes:
    """A digest of the rooms that the scores come from, and of the versions of what they use."""
    files = [Path(baselines.__file__), Path(metrics.__file__), *sorted((_ROOT / "motion").glob("*.py"))]
    digest = hashlib.sha256(repr((__version__, np.__version__, cv2.__version__, torch.__version__)).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.digest()


def digests(handed: Mapping[str, Sequence[Any]], truths: np.ndarray) -> dict[str, str]:
    """Of the scores of each baseline that can be kept, by name.

    ``handed`` identifies what a baseline read of each case, ``truths`` are (N, C, H, W).
    """
    common = hashlib.sha256(_code())
    common.update(repr((list(metrics.METRICS), truths.shape)).encode())
    common.update(np.ascontiguousarray(truths).tobytes())
    found = {}
    for name, keys in handed.items():
        if _keepable(name):
            own = common.copy()
            own.update(repr(list(keys)).encode())
            found[name] = own.hexdigest()
    return found


def read(path: Path, digests: Mapping[str, str], count: int) -> dict[str, Values]:
    """What a file keeps of ``count`` cases, by name; nothing where it is missing or damaged."""
    names, kept = list(metrics.METRICS), {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            for name, digest in digests.items():
                if digest in archive.files:
                    values = archive[digest]
                    if values.shape == (len(names), count) and values.dtype == np.float64:
                        kept[name] = dict(zip(names, values, strict=True))
    except (*DAMAGED, AttributeError, TypeError):  # a single array is no archive
        return {}
    return kept


def write(path: Path, digests: Mapping[str, str], values: Mapping[str, Values]) -> None:
    """Keep the scores that have a digest, and nothing else, in a file that appears as a whole, if it can be written."""
    with suppress(UserError, OSError):
        save(path, {digest: np.stack(list(values[name].values())) for name, digest in digests.items()})
