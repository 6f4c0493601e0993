"""Figures of a benchmark's page: how training cases are made, and validation over time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter
from PIL import Image

from ...evaluation.figures import Tile, mosaic, save
from ...files import atomic
from ...tasks import Task
from .result import Epoch


def copy_small(source: Path, target: Path) -> None:
    """Copy a picture; a PNG gets a palette of 256 colours, a third of the size."""
    with Image.open(source) as picture, atomic(target) as temporary:
        if picture.format == "PNG":
            picture.convert("RGB").quantize(256).save(temporary, optimize=True)
        else:
            shutil.copyfile(source, temporary)


def windows_figure(path: Path, frames: np.ndarray, tasks: Mapping[str, Task]) -> None:
    """How tasks read a sequence (T, C, H, W): a row for each, its inputs in black, its targets in red."""
    used = sorted({position for task in tasks.values() for position in (*task.context, *task.targets)})
    rows: list[tuple[str, list[Tile | None]]] = []
    for name, task in tasks.items():
        labels: dict[int, str] = {}
        inputs = [position for position in task.context if position not in task.targets]
        for kind, order in (("in", inputs), ("out", task.targets)):
            labels |= {position: f"{position + 1}: {kind} {number}" for number, position in enumerate(order, start=1)}
        colours = {position: "tab:red" if position in task.targets else "black" for position in labels}
        rows.append((name, [Tile(frames[p], labels[p], colours[p]) if p in labels else None for p in used]))
    mosaic(path, rows)


def curves_figure(
    path: Path,
    title: str,
    histories: Mapping[str, Sequence[Sequence[Epoch]]],
    levels: Mapping[str, float | None],
) -> None:
    """Validation MSE over minutes of training: a colour for each method, a line for each seed, dashed ``levels``."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, (method, seeds) in enumerate(histories.items()):
        for seed, epochs in enumerate(seeds):
            minutes, values = ([getattr(each, key) for each in epochs] for key in ("seconds", "val_mse"))
            label = method if seed == 0 else None
            axes.plot(np.divide(minutes, 60), values, "o-", color=f"C{number}", label=label, markersize=3, linewidth=1)
    for number, (name, value) in enumerate(levels.items()):
        if value is None:
            continue
        axes.axhline(value, color="black" if number else "grey", linestyle="--", linewidth=1)
        axes.annotate(
            name, (1, value), (3, 0), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=8
        )
    axes.set(title=title, xlabel="minutes of training", ylabel="validation MSE, sum over pixels", yscale="log")
    axes.legend(fontsize=8)
    save(figure, path)


class Point(NamedTuple):
    """A method on the figure of costs: milliseconds a step, trainable weights, and MSE."""

    name: str
    step: float
    weights: float
    mse: float


def costs_figure(path: Path, title: str, points: Sequence[Point], levels: Mapping[str, float]) -> None:
    """MSE against the time of a step, and against weights: a labelled dot for each method, dashed ``levels``."""
    figure = Figure(figsize=(13, 6.5), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, key, text in zip(panels, ("step", "weights"), ("milliseconds a step", "trainable weights"), strict=True):
        for number, point in enumerate(points):
            place = getattr(point, key), point.mse
            axes.plot(*place, "o", color=f"C{number % 10}", markersize=4)
            axes.annotate(point.name, place, (4, 2), textcoords="offset points", fontsize=7)
        for name, value in levels.items():
            axes.axhline(value, color="grey", linestyle="--", linewidth=0.7)
            axes.annotate(
                name, (1, value), (3, 0), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=7
            )
        axes.set(xlabel=text, xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_formatter(NullFormatter())
    panels[1].xaxis.set_major_formatter(EngFormatter(sep=""))
    panels[0].set(ylabel="MSE, sum over pixels")
    figure.suptitle(title)
    save(figure, path)
