"""Scores as tables: for the terminal (rich) and in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.table import Table

from .metrics import METRICS
from .paper import printed
from .scores import ALL, MODEL, Scores, predictors

PAPER = "paper"


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    return [_line(heading), "|---" * len(heading) + "|", *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _frames(scores: Scores) -> list[str]:
    frames = next(iter(scores.values()))[MODEL]
    return [ALL, *(frame for frame in frames if frame != ALL)]


def _title(frame: str, scores: Scores) -> str:
    return f"image {frame}" if frame != ALL else f"images {' and '.join(_frames(scores)[1:])}"


def _lookup(scores: Scores, train_set: str, frame: str) -> Callable[[str, str, str], str]:
    def cell(test_set: str, predictor: str, metric: str) -> str:
        if predictor == PAPER:
            value = printed(train_set, test_set).get(metric)
        else:
            value = scores[test_set].get(predictor, {}).get(frame, {}).get(metric)
        return "-" if value is None else format(value, METRICS[metric].format)

    return cell


def _compared(frame: str) -> list[str]:
    """What is compared: the paper printed scores of all images together alone."""
    return [*predictors(), PAPER] if frame == ALL else predictors()


def terminal_tables(scores: Scores, train_set: str, method: str) -> list[Table]:
    """One table for all images and one for each image: the model's metrics, and the MSE of everything else."""
    tables = []
    for frame in _frames(scores):
        cell = _lookup(scores, train_set, frame)
        table = Table(
            title=f"{method} trained on {train_set}: {_title(frame, scores)}",
            title_justify="left",
            padding=(0, 1, 0, 0),
        )
        table.add_column("test set", no_wrap=True)
        columns = [(MODEL, metric) for metric in METRICS]
        columns += [(other, "mse") for other in _compared(frame) if other != MODEL]
        for predictor, metric in columns:
            heading = f"MSE\n{predictor}" if predictor != MODEL else f"{METRICS[metric].label}\nmodel"
            table.add_column(heading, justify="right", style="bold" if predictor == MODEL else None)
        for test_set in scores:
            table.add_row(test_set, *(cell(test_set, predictor, metric) for predictor, metric in columns))
        tables.append(table)
    return tables


def markdown(scores: Scores, train_set: str, method: str, host: str, checkpoint: str) -> str:
    """Every predictor, metric and image: a section for each image, a table for each metric, a row for each test set."""
    lines = [
        f"# {method} trained on {train_set}",
        "",
        f"Host: {host}. Checkpoint: {checkpoint}.",
        "",
        "MSE and MAE are summed over the pixels of an image with values in [0, 1] and averaged over images; SSIM (7x7",
        "window) and PSNR (dB) have data range 1. `floor` is the noise floor: the expected stored image given the",
        "clean one, which has the least expected MSE. It has not the highest SSIM, which rewards noise where the",
        "truth has noise. `paper` is what the paper printed, on sequences that were never published.",
    ]
    for frame in _frames(scores):
        cell, columns = _lookup(scores, train_set, frame), _compared(frame)
        for name, metric in METRICS.items():
            lines += ["", f"## {metric.label}, {_title(frame, scores)}", ""]
            rows = ([test_set, *(cell(test_set, column, name) for column in columns)] for test_set in scores)
            lines += markdown_table(["test set", *columns], rows)
    return "\n".join(lines) + "\n"
