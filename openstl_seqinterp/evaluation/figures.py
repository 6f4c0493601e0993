"""Pictures: a filled sequence (the paper's Figure 1), training windows (3), single cases (4-8), and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..data.tasks import Task
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


def sequence_animation(path: Path, frames: np.ndarray, filled: Mapping[int, np.ndarray], scale: int = 5) -> None:
    """A sequence (T, C, H, W) in [0, 1] as an animated GIF, two images a second, predicted ones framed in red."""
    pictures = []
    for position, frame in enumerate(frames):
        image = filled.get(position, frame)
        value = np.clip(image.transpose(1, 2, 0), 0, 1)
        if len(image) != 3:
            value = colormaps["viridis"](np.clip(image.mean(axis=0) * 255 / _RANGE, 0, 1))[..., :3]
        large = np.kron(np.rint(value * 255).astype(np.uint8), np.ones((scale, scale, 1), np.uint8))
        colour = (214, 39, 40) if position in filled else (255, 255, 255)
        picture = Image.new("RGB", (large.shape[1] + 2 * scale, large.shape[0] + 2 * scale), colour)
        picture.paste(Image.fromarray(large), (scale, scale))
        pictures.append(picture)
    with atomic(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], duration=500, loop=0)


def windows_figure(path: Path, frames: np.ndarray, tasks: Mapping[str, Task]) -> None:
    """How tasks read a sequence (T, C, H, W): a row for each, inputs framed in black, images to predict in red."""
    width = len(frames)
    figure = Figure(figsize=(0.8 * width, 1.05 * len(tasks)), layout="constrained")
    for row, (title, task) in zip(figure.subplots(len(tasks), width, squeeze=False), tasks.items(), strict=True):
        for axes in row:
            axes.axis("off")
        order = [position for position in task.context if position not in task.targets]
        for position in range(width):
            if position in task.targets:
                label, colour = f"{position + 1}: out {task.targets.index(position) + 1}", "tab:red"
            elif position in order:
                label, colour = f"{position + 1}: in {order.index(position) + 1}", "black"
            else:
                continue
            row[position].axis("on")
            _show(row[position], frames[position], label, colour)
        row[0].text(-0.1, 0.5, title, transform=row[0].transAxes, ha="right", va="center", fontsize=8)
    _save(figure, path)


def curves_figure(
    path: Path,
    title: str,
    histories: Mapping[str, Sequence[Sequence[Mapping[str, float]]]],
    levels: Mapping[str, float],
) -> None:
    """Validation MSE over minutes of training: a colour for each method, a line for each seed, dashed ``levels``."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, (method, seeds) in enumerate(histories.items()):
        for seed, epochs in enumerate(seeds):
            minutes, values = ([each[key] for each in epochs] for key in ("seconds", "val_mse"))
            label = method if seed == 0 else None
            axes.plot(np.divide(minutes, 60), values, "o-", color=f"C{number}", label=label, markersize=3, linewidth=1)
    for number, (name, value) in enumerate(levels.items()):
        axes.axhline(value, color="black" if number else "grey", linestyle="--", linewidth=1)
        axes.annotate(
            name, (1, value), (3, 0), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=8
        )
    axes.set(title=title, xlabel="minutes of training", ylabel="validation MSE, sum over pixels", yscale="log")
    axes.legend(fontsize=8)
    _save(figure, path)
