"""Several runs in one table: methods side by side, and the mean and spread over the seeds of one method."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from ..errors import UserError
from .scores import ALL, MODEL, PREDICTORS


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "scores.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        return {**run, "label": f"{run['method']} ({run['train_set']})", "models": _mse(run["scores"], MODEL)}
    except FileNotFoundError as error:
        raise UserError(f"{folder} has no scores.json; train or test that run first") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged or not of this plugin; test that run again") from error


def _mse(scores: dict[str, Any], predictor: str) -> dict[str, float]:
    return {name: rows[predictor][ALL]["mse"] for name, rows in scores.items() if predictor in rows}


def compare(folders: Sequence[Path]) -> str:
    """The MSE over all missing images, as a Markdown table: test sets down, methods and baselines across.

    Runs of the same method and training set are seeds of it: their mean, and +- their sample standard deviation.
    Raises UserError where runs were not scored on the same test cases, or one seed was given twice.
    """
    runs = [_read(folder) for folder in folders]
    columns: dict[str, dict[int, dict[str, float]]] = {}
    others = {name: _mse(runs[0]["scores"], name) for name in PREDICTORS if name != MODEL}
    for run, folder in zip(runs, folders, strict=True):
        if {name: _mse(run["scores"], name) for name in others} != others:
            raise UserError(f"{folder} and {folders[0]} were scored on other test cases; test both on the same data")
        seeds = columns.setdefault(run["label"], {})
        if run["seed"] in seeds:
            raise UserError(f"{folder} is a second run of {run['label']} with seed {run['seed']}; name one of the two")
        seeds[run["seed"]] = run["models"]
    names = [*columns, *(name for name, values in others.items() if values)]
    lines = [f"| test set | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for test_set in runs[0]["scores"]:
        cells = [_cell([values[test_set] for values in seeds.values()]) for seeds in columns.values()]
        cells += [_cell([values[test_set]]) for values in others.values() if values]
        lines.append(f"| {test_set} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")
