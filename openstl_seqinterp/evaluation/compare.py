"""Several runs in one table: methods side by side, and the mean and spread over the seeds of one method."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import isclose
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from ..errors import UserError
from .metrics import METRICS
from .paper import printed
from .scores import ALL, FLOOR, MODEL, predictors
from .tables import PAPER, markdown_table

Record = dict[str, Any]


def read(path: Path) -> Record:
    """What a file of scores holds, and its ``path``. UserError where it is damaged."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        _values(run, MODEL, "mse", ALL)
        return {**{key: run[key] for key in ("method", "train_set", "seed")}, **run, "path": path}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged or not of this plugin; remove it and make it again") from error


def _values(run: Record, predictor: str, metric: str, frame: str) -> dict[str, float | None]:
    return {name: rows[predictor][frame][metric] for name, rows in run["scores"].items() if predictor in rows}


def _same(one: dict[str, float | None], other: dict[str, float | None]) -> bool:
    """Equal but for the order in which a machine adds up."""

    def close(a: float | None, b: float | None) -> bool:
        return a is b if a is None or b is None else isclose(a, b, rel_tol=1e-5)

    return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)


def _trained_on(run: Record) -> str:
    return f"{run['method']} ({run['train_set']})"


def table(
    runs: Sequence[Record],
    metric: str = "mse",
    frame: str = ALL,
    *,
    label: Callable[[Record], str] = _trained_on,
    paper: bool = False,
    ratio: bool = False,
) -> str:
    """A metric as a Markdown table: test sets down; methods, baselines and, where requested, the ``paper`` across.

    Runs of the same label are seeds of it: their mean, and +- their sample standard deviation. ``ratio`` divides by the
    noise floor of each test set. UserError where runs were not scored on the same test cases, or one seed comes twice.
    """
    columns: dict[str, dict[int, dict[str, float | None]]] = {}
    others = {name: _values(runs[0], name, metric, frame) for name in predictors() if name != MODEL}
    for run in runs:
        if not all(_same(_values(run, name, metric, frame), values) for name, values in others.items()):
            raise UserError(
                f"{run['path']} and {runs[0]['path']} were scored on other test cases; test both on the same data"
            )
        seeds = columns.setdefault(label(run), {})
        if run["seed"] in seeds:
            raise UserError(
                f"{run['path']} is a second run of {label(run)} with seed {run['seed']}; name one of the two"
            )
        seeds[run["seed"]] = _values(run, MODEL, metric, frame)
    cells: dict[str, Callable[[str], list[float | None]]] = {}
    if paper:
        (train_set,) = {run["train_set"] for run in runs}
        cells[PAPER] = lambda test_set: [printed(train_set, test_set).get(metric)]
    for name, seeds in columns.items():
        cells[name] = lambda test_set, seeds=seeds: [values.get(test_set) for values in seeds.values()]  # type: ignore[misc]
    for name, values in others.items():
        if values:
            cells[name] = lambda test_set, values=values: [values.get(test_set)]  # type: ignore[misc]
    rows = []
    for test_set in runs[0]["scores"]:
        unit = others[FLOOR][test_set] if ratio else 1.0
        rows.append([test_set, *(_cell(values(test_set), unit, METRICS[metric].format) for values in cells.values())])
    return "\n".join(markdown_table(["test set", *cells], rows))


def _cell(values: Sequence[float | None], unit: float | None, how: str) -> str:
    known = [value / unit for value in values if value is not None and unit]
    if not known:
        return "-"
    return format(mean(known), how) + (f" ± {format(stdev(known), how)}" if len(known) > 1 else "")


def compare_folders(folders: Sequence[Path]) -> str:
    """The MSE over all missing images of the runs in ``folders``; see `table`."""
    for folder in folders:
        if not (folder / "scores.json").is_file():
            raise UserError(f"{folder} has no scores.json; train or test that run first")
    return table([read(folder / "scores.json") for folder in folders])
