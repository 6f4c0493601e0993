"""Scores of the baselines, image by image, kept beside the data: they are the same whatever the model is.

A file belongs to a test set: ``keys`` uint8 (K, 32) and ``values`` float64 (K, metrics). A key is a digest of all that
a row follows from: what was handed of a case, the true image, the text of the code, the versions of the libraries.
What is damaged or does not fit is computed again, and a folder that cannot be written is left as it is.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch

from .._version import __version__
from ..data.sequences import DAMAGED, save
from ..errors import UserError
from . import baselines, metrics

FOLDER = ".baselines"  # in the data root
_ROOT = Path(__file__).parents[1]
Rows = dict[bytes, np.ndarray]  # float64 (metrics,) by key


def _foreign(name: str) -> list[int]:
    """The functions from elsewhere that the scores of a baseline come from: the text of this package misses them."""
    functions = [baselines.BASELINES[name].function, *(metric.function for metric in metrics.METRICS.values())]
    own = {baselines.__name__, metrics.__name__}
    return [id(each) for each in functions if getattr(each, "__module__", None) not in own]


def keepable(name: str) -> bool:
    """Whether the scores of a baseline may be kept: not where it, or a metric, was added from elsewhere."""
    return not _foreign(name)


@cache
def _code() -> bytes:
    """A digest of the rooms that the scores come from, and of the versions of what they use."""
    files = [Path(baselines.__file__), Path(metrics.__file__), *sorted((_ROOT / "motion").glob("*.py"))]
    digest = hashlib.sha256(repr((__version__, np.__version__, cv2.__version__, torch.__version__)).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.digest()


def key(name: str, target: int, near: baselines.Images, truth: np.ndarray) -> bytes:
    """Of the scores of a baseline that is handed images (C, H, W) by their positions, against the ``truth``."""
    digest = hashlib.sha256(_code())
    digest.update(repr((name, _foreign(name), [*metrics.METRICS], target, [*near], truth.shape)).encode())
    for image in (*near.values(), truth):
        digest.update(np.ascontiguousarray(image).data)
    return digest.digest()


def read(path: Path) -> Rows:
    """What a file keeps; nothing where it is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            keys, values = archive["keys"], archive["values"]
        whole = keys.dtype == np.uint8 and values.dtype == np.float64
        if not whole or (keys.shape, values.shape) != ((len(keys), 32), (len(keys), len(metrics.METRICS))):
            return {}
        return dict(zip(map(bytes, keys), values, strict=True))
    except (*DAMAGED, AttributeError, TypeError):  # a single array is no archive
        return {}


def write(path: Path, rows: Rows) -> None:
    """Keep rows, and nothing else, in a file that appears as a whole, if it can be written."""
    keys = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 32)
    with suppress(UserError, OSError):
        save(path, {"keys": keys, "values": np.stack([*rows.values()])})
