"""Figures of a benchmark's page: how training cases are made, and validation over time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
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
    """A method on the figure of costs: its rank, its kind, milliseconds a step, trainable weights, and MSE."""

    rank: int
    name: str
    kind: str
    step: float
    weights: float
    mse: float


def costs_figure(path: Path, title: str, points: Sequence[Point], levels: Mapping[str, float]) -> None:
    """MSE against the time of a step, and against weights: a dot for each method with its rank, dashed ``levels``.

    The ranks are spelled out beside; a colour is a kind.
    """
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    *panels, key = figure.subplots(1, 3, width_ratios=(5, 5, 2))
    colours = {kind: f"C{number}" for number, kind in enumerate(dict.fromkeys(point.kind for point in points))}
    panels[1].sharey(panels[0])
    costs = {"step": "milliseconds a step", "weights": "trainable weights"}
    for axes, (cost, text) in zip(panels, costs.items(), strict=True):
        for point in points:
            axes.plot(getattr(point, cost), point.mse, "o", color=colours[point.kind], markersize=4)
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
    panels[1].xaxis.set_major_locator(LogLocator())  # four decades
    panels[1].xaxis.set_major_formatter(EngFormatter(sep=""))
    panels[0].set(ylabel="MSE, sum over pixels")
    for number, point in enumerate(points):
        place = 0, 1 - (number + 0.5) / max(len(points), 30)
        key.text(*place, f"{point.rank:2} {point.name}", color=colours[point.kind], fontsize=7, family="monospace")
    key.set_axis_off()
    handles = [Line2D([], [], marker="o", linestyle="", color=colour, label=kind) for kind, colour in colours.items()]
    panels[0].legend(handles=handles, fontsize=7)
    figure.suptitle(title)
    figure.draw_without_rendering()  # the layout, and so where dots are
    figure.set_layout_engine("none")  # which the ranks shall not change any more
    for axes, cost in zip(panels, costs, strict=True):
        places = np.array([(getattr(point, cost), point.mse) for point in points])
        _write_beside(figure, axes, [str(point.rank) for point in points], places)
    save(figure, path)


def _write_beside(figure: Figure, axes: Axes, texts: Sequence[str], places: np.ndarray) -> None:
    """Write two digits beside each dot at ``places`` (N, 2), as near to it as nothing else is, with a line to it."""
    dots = axes.transData.transform(places) * 72 / figure.dpi  # points of 1/72 inch, as all below
    turns = np.deg2rad(np.arange(0, 360, 30))
    around = np.concatenate([radius * np.stack([np.cos(turns), np.sin(turns)], axis=-1) for radius in range(7, 70, 3)])
    low, high = axes.bbox.get_points() * 72 / figure.dpi
    taken = [*dots]
    for text, place, dot in zip(texts, places, dots, strict=True):
        spots = dot + around
        away = np.abs(spots[:, None] - taken)
        free = (away > (10, 9)).any(axis=-1).all(axis=-1)  # the width and the height of two digits
        inside = ((low < spots) & (spots < high)).all(axis=-1)
        offset = around[(free & inside).argmax()]
        taken.append(dot + offset)
        axes.annotate(
            text, place, offset, textcoords="offset points", ha="center", va="center", fontsize=7,
            arrowprops={"arrowstyle": "-", "color": "grey", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2},
        )  # fmt: skip
