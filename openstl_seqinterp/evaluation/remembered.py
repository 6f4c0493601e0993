"""The scores of baselines, kept on disk: they depend on the data and on code alone, and take minutes to compute."""

from __future__ import annotations

import hashlib
import inspect
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .. import motion
from ..errors import UserError
from ..files import atomic
from . import baselines, metrics

Values = dict[str, dict[str, np.ndarray]]  # of a predictor and a metric, for each case
FOLDER = ".baselines"  # in the data root
_DAMAGED = (OSError, TypeError, AttributeError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@cache
def _code() -> bytes:
    """What the scores depend on beside the data: the code, and the libraries that compute."""
    files = [Path(baselines.__file__), Path(metrics.__file__), *Path(motion.__path__[0]).glob("*.py")]
    versions = [version(name) for name in ("numpy", "torch", "opencv-python")]
    return b"".join(path.read_bytes() for path in sorted(files)) + repr(versions).encode()


def key(parts: Iterable[bytes]) -> str | None:
    """A name for the scores of cases, of which ``parts`` are all that is read; None where a baseline has no source."""
    digest = hashlib.sha256(_code())
    try:
        for name, row in baselines.BASELINES.items():  # others may be entered from outside
            digest.update(repr((name, row.reach)).encode() + inspect.getsource(row.function).encode())
        for name, metric in metrics.METRICS.items():
            digest.update(name.encode() + inspect.getsource(metric.function).encode())
    except (OSError, TypeError):
        return None
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]


def load(path: Path, count: int) -> Values | None:
    """The scores of ``count`` cases; None where there are none, or a damaged file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except _DAMAGED:
        return None
    values: Values = {}
    for name, array in arrays.items():
        predictor, _, metric = name.partition(":")
        if array.shape != (count,) or array.dtype != np.float64 or metric not in metrics.METRICS:
            return None
        values.setdefault(predictor, {})[metric] = array
    complete = values.keys() >= baselines.BASELINES.keys() and all(
        each.keys() == metrics.METRICS.keys() for each in values.values()
    )
    return values if complete else None


def save(path: Path, values: Values) -> None:
    """Keep scores, if that is possible: it only saves time."""
    arrays = {f"{name}:{metric}": array for name, each in values.items() for metric, array in each.items()}
    with suppress(OSError, UserError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays)
