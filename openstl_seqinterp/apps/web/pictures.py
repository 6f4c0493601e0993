"""Images as a browser shows them: small files, by value or as a map of doubt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image

from ..fill.pictures import shrunk
from ..fill.scale import Scale

_SIDE = 640  # pixels at most
_TINY = 128  # pixels: smaller images are stored without loss
_DOUBT = (255, 127, 14)  # the colour of doubt in the strip too


def url(path: Path) -> str:
    """Where Gradio serves a file of the temporary folder."""
    return f"gradio_api/file={quote(str(path))}"


def save(image: np.ndarray, scale: Scale, stem: Path) -> str:
    """Write an image (H, W, C) in unit values to a file that begins with ``stem``, and say where it is served.

    Grey or RGB; black where there is no value.
    """
    values = np.clip(np.nan_to_num(shrunk(scale.shown(image)[..., : 3 if image.shape[2] >= 3 else 1], _SIDE)), 0, 1)
    whole = np.rint(values * 255).astype(np.uint8)
    path = stem.with_suffix(".png" if max(whole.shape) <= _TINY else ".jpg")
    Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole).save(path, quality=88)
    return url(path)


def save_doubt(deviation: np.ndarray, worst: float, stem: Path) -> str:
    """Write how far an image may be off (H, W), a layer to lay over it: the more, the less it is seen through."""
    opacity = np.nan_to_num(shrunk(deviation.astype(np.float32), _SIDE)) / (worst or 1)
    layer = np.empty((*opacity.shape, 4), np.uint8)
    layer[..., :3] = _DOUBT
    layer[..., 3] = np.rint(np.clip(0.9 * opacity, 0, 1) * 255)
    path = stem.with_suffix(".png")
    Image.fromarray(layer).save(path)
    return url(path)
