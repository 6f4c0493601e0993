"""Images as a browser shows them: small files, by value or as a map of doubt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
from PIL import Image

from ..fill.scale import Scale

_SIDE = 640  # pixels at most
_TINY = 128  # pixels: smaller images are stored without loss
_DOUBT = (255, 127, 14)  # the colour of doubt in the strip too


def url(path: Path) -> str:
    """Where Gradio serves a file of the temporary folder."""
    return f"gradio_api/file={quote(str(path))}"


def _small(image: np.ndarray) -> np.ndarray:
    factor = min(1.0, _SIDE / max(image.shape[:2]))
    if factor == 1:
        return image
    size = [max(1, round(side * factor)) for side in (image.shape[1], image.shape[0])]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def save(image: np.ndarray, scale: Scale, stem: Path) -> str:
    """Write an image (H, W, C) in unit values to a file that begins with ``stem``, and say where it is served.

    Grey or RGB; black where there is no value.
    """
    values = np.clip(np.nan_to_num(_small(scale.shown(image)[..., : 3 if image.shape[2] >= 3 else 1])), 0, 1)
    whole = np.rint(values * 255).astype(np.uint8).reshape(*values.shape[:2], -1)
    path = stem.with_suffix(".png" if max(whole.shape) <= _TINY else ".jpg")
    Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole).save(path, quality=88)
    return url(path)


def save_doubt(deviation: np.ndarray, worst: float, stem: Path) -> str:
    """Write how far an image may be off (H, W), a layer to lay over it: the more, the less it is seen through."""
    opacity = np.nan_to_num(_small(deviation.astype(np.float32))) / (worst or 1)
    layer = np.empty((*opacity.shape, 4), np.uint8)
    layer[..., :3] = _DOUBT
    layer[..., 3] = np.rint(np.clip(0.9 * opacity, 0, 1) * 255)
    path = stem.with_suffix(".png")
    Image.fromarray(layer).save(path)
    return url(path)
