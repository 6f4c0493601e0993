"""Pictures of a run: a filled sequence (the paper's Figure 1) and single cases (its Figures 4-8)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..files import atomic

_RANGE = 200  # the paper's colour range, on the scale 0-255


def _show(axes: Axes, image: np.ndarray, title: str, colour: str = "black") -> None:
    picture = np.clip(image.transpose(1, 2, 0), 0, 1) if len(image) == 3 else image.mean(axis=0) * 255
    axes.imshow(picture, cmap="viridis", vmin=0, vmax=_RANGE)
    axes.set_title(title, fontsize=8, color=colour)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=2 if colour != "black" else 0.5)


def _save(figure: Figure, path: Path) -> None:
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, bbox_inches="tight")


def sequence_figure(
    path: Path, frames: np.ndarray, filled: Mapping[int, np.ndarray], true: Mapping[int, np.ndarray]
) -> None:
    """A whole sequence (T, C, H, W) in [0, 1] with its missing images as predicted, and the true ones below."""
    length = len(frames)
    columns = (length + 1) // 2
    figure = Figure(figsize=(1.05 * columns, 5.0), layout="constrained")
    grid = figure.subplots(4, columns)
    for axes in grid.flat:
        axes.axis("off")
    for position in range(length):
        row, column = 2 * (position // columns), position % columns
        axes = grid[row, column]
        axes.axis("on")
        if position in filled:
            _show(axes, filled[position], f"{position + 1}: filled", "tab:red")
            below = grid[row + 1, column]
            below.axis("on")
            _show(below, true[position], f"{position + 1}: true", "tab:green")
        else:
            _show(axes, frames[position], str(position + 1))
    _save(figure, path)


def case_figure(
    path: Path, title: str, inputs: np.ndarray, positions: tuple[int, ...], true: np.ndarray, predicted: np.ndarray
) -> None:
    """One case: the inputs (T, C, H, W) above; the true image (C, H, W), the prediction and the difference below."""
    columns = max(len(inputs), 3)
    figure = Figure(figsize=(1.7 * columns, 4.0), layout="constrained")
    grid = figure.subplots(2, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    difference = np.abs(true - predicted)
    below = {"true": true, "predicted": predicted, "difference": difference}
    for axes, image, position in zip(grid[0], inputs, positions, strict=False):
        axes.axis("on")
        _show(axes, image, f"input: image {position + 1}")
    for axes, (label, image) in zip(grid[1], below.items(), strict=False):
        axes.axis("on")
        _show(axes, image, label)
    figure.colorbar(grid[1, 0].images[0], ax=grid, shrink=0.8, label="intensity (0-255)")
    figure.suptitle(title, fontsize=10)
    _save(figure, path)
