"""Scores as tables: for the terminal (rich) and for ``scores.md``."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table

from .paper import printed
from .scores import ALL, MODEL, PREDICTORS, Scores

PAPER = "paper"
LABELS = {"mse": "MSE", "mae": "MAE", "ssim": "SSIM", "psnr": "PSNR"}
FORMATS = {"mse": ".2f", "mae": ".1f", "ssim": ".3f", "psnr": ".1f"}


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
        return "-" if value is None else format(value, FORMATS[metric])

    return cell


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
        others = [*PREDICTORS[1:], PAPER] if frame == ALL else list(PREDICTORS[1:])
        columns = [(MODEL, metric) for metric in LABELS] + [(other, "mse") for other in others]
        for predictor, metric in columns:
            heading = f"MSE\n{predictor}" if predictor != MODEL else f"{LABELS[metric]}\nmodel"
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
        "window) and PSNR (dB) have data range 1. `floor` is the noise floor, the clean image itself: the least MSE",
        "that can be had, not the highest SSIM, which rewards noise in the prediction where the truth has noise.",
        "`paper` is what the paper printed, on sequences that were never published.",
    ]
    for frame in _frames(scores):
        cell = _lookup(scores, train_set, frame)
        predictors = [*PREDICTORS, PAPER] if frame == ALL else list(PREDICTORS)
        for metric, label in LABELS.items():
            lines += ["", f"## {label}, {_title(frame, scores)}", "", f"| test set | {' | '.join(predictors)} |"]
            lines.append("|---" * (len(predictors) + 1) + "|")
            for test_set in scores:
                cells = (cell(test_set, predictor, metric) for predictor in predictors)
                lines.append(f"| {test_set} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
