"""A picture of hidden images, what was made of them, and the errors."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from ....evaluation.figures import save
from ..figures import copy_small
from .measure import Shown

_SIDE = 256  # pixels of the window that is shown
_MOST_ROWS = 8
_BRIGHTEST = 64  # levels of 255: an error that is drawn brightest


def _window(shown: Shown) -> tuple[slice, slice]:
    """Where predictions err most: the window in which an image that moved needs looking at."""
    errors = [np.abs(image - shown.truth).mean(axis=-1) for image in shown.predictions.values()]
    error = np.nan_to_num(np.minimum.reduce(errors)).astype(np.float32)
    size = [min(_SIDE, side) for side in error.shape]
    sums = cv2.boxFilter(error, -1, (size[1], size[0]), anchor=(0, 0), borderType=cv2.BORDER_ISOLATED)
    inside = sums[: error.shape[0] - size[0] + 1, : error.shape[1] - size[1] + 1]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return slice(int(top), int(top) + size[0]), slice(int(left), int(left) + size[1])


def picture(path: Path, rows: Sequence[Shown], methods: Sequence[str]) -> None:
    """A row for each image: the truth, what each of ``methods`` made of it, how far each is off, and may be."""
    rows = rows[:_MOST_ROWS]
    unsure = [method for method in methods if any(method in shown.deviations for shown in rows)]
    columns = 1 + 2 * len(methods) + len(unsure)
    figure = Figure(figsize=(1.9 * columns, 2.05 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, shown in zip(axes, rows, strict=True):
        part = _window(shown)
        present = [method for method in methods if method in shown.predictions]
        images = {f"{shown.sequence}, image {shown.number}": shown.truth[part]}
        images |= {method: shown.predictions[method][part] for method in present}
        low, high = np.nanpercentile(shown.truth[part], (0.5, 99.5)) if np.isfinite(shown.truth[part]).any() else (0, 1)
        for each in line:
            each.axis("off")
        for each, (title, image) in zip(line, images.items(), strict=False):
            if image.shape[-1] == 3:
                each.imshow(np.clip(np.nan_to_num(image), 0, 1))
            else:
                each.imshow(image.mean(axis=-1), cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
            each.set_title(title, fontsize=7)
        maps = {f"{method}, error": np.abs(images[method] - shown.truth[part]).mean(axis=-1) for method in present}
        maps |= {
            f"{name}, uncertainty": each[part] for name in unsure if (each := shown.deviations.get(name)) is not None
        }
        for each, (title, values) in zip(line[len(images) :], maps.items(), strict=False):
            each.imshow(255 * values, cmap="inferno", vmin=0, vmax=_BRIGHTEST)
            each.set_title(f"{title} {255 * np.nanmean(values):.1f}", fontsize=7)
    with tempfile.TemporaryDirectory() as folder:
        save(figure, Path(folder) / path.name)
        copy_small(Path(folder) / path.name, path)
