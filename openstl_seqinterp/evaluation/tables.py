"""Scores as tables, in Markdown and for the terminal: test sets down, predictors across, one column for all seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isclose
from statistics import mean, stdev

from rich.table import Table

from ..errors import UserError
from .metrics import METRICS
from .paper import printed
from .records import ALL, FLOOR, MODEL, Record
from .scores import predictors

PAPER = "paper"
Values = dict[str, float | None]  # by test set


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    return [f"| {' | '.join(heading)} |", "|---" * len(heading) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def title(frame: str, run: Record) -> str:
    """In words, what a table of ``frame`` shows."""
    return f"image {frame}" if frame != ALL else f"images {' and '.join(run.frames[1:])}"


def _trained_on(run: Record) -> str:
    return f"{run.method} ({run.train_set})"


def _same(one: Values, other: Values) -> bool:
    """Equal, except for rounding by the order of sums."""
    close = (
        a is b if a is None or b is None else isclose(a, b, rel_tol=1e-5)
        for a, b in ((one[key], other.get(key)) for key in one)
    )
    return one.keys() == other.keys() and all(close)


def require_same_cases(run: Record, other: Record, names: Iterable[str]) -> None:
    """UserError unless the predictors ``names``, which need no training, score equally in both records."""
    for name in names:
        if not all(_same(run.values(name, metric), other.values(name, metric)) for metric in METRICS):
            raise UserError(f"{run.path} and {other.path} have different test cases; test both on the same data")


def table(
    runs: Sequence[Record],
    metric: str = "mse",
    frame: str = ALL,
    *,
    label: Callable[[Record], str] = _trained_on,
    paper: bool = False,
    ratio: bool = False,
) -> str:
    """A metric as a Markdown table: test sets down; methods, baselines and, if requested, the ``paper`` across.

    Runs with the same label are seeds: the cell is their mean +- sample standard deviation. ``ratio`` divides by the
    noise floor of each test set. UserError if runs were scored on different test cases, or a seed occurs twice.
    """
    columns: dict[str, dict[int, Values]] = {}
    others = [name for name in predictors() if name != MODEL]
    for run in runs:
        require_same_cases(run, runs[0], others)
        seeds = columns.setdefault(label(run), {})
        if run.seed in seeds:
            raise UserError(f"{run.path} is a second run of {label(run)} with seed {run.seed}; name one of the two")
        seeds[run.seed] = run.values(MODEL, metric, frame)
    cells = {name: list(seeds.values()) for name, seeds in columns.items()}
    cells |= {name: [values] for name in others if (values := runs[0].values(name, metric, frame))}
    if paper:
        cells[PAPER] = [{name: printed(runs[0].train_set, name).get(metric) for name in runs[0].scores}]
    cells = {name: column for name, column in cells.items() if name in columns or any(map(_known, column))}
    floor = runs[0].values(FLOOR, metric, frame)
    rows = [
        [
            name,
            *(
                cell([each.get(name) for each in column], floor.get(name) if ratio else 1.0, metric)
                for column in cells.values()
            ),
        ]
        for name in runs[0].scores
    ]
    return "\n".join(markdown_table(["test set", *cells], rows))


def _known(values: Values) -> bool:
    """Whether there is a value at all: own data have no noise floor, and the paper did not print everything."""
    return any(value is not None for value in values.values())


def cell(values: Sequence[float | None], unit: float | None, metric: str) -> str:
    """The mean of a metric's ``values``, +- their sample standard deviation where there are more, in a ``unit``."""
    how = METRICS[metric].format
    known = [value / unit for value in values if value is not None and unit]
    if not known:
        return "-"
    return format(mean(known), how) + (f" ± {format(stdev(known), how)}" if len(known) > 1 else "")


def terminal_tables(run: Record) -> list[Table]:
    """A table for all images and one for each image: the model's metrics, and the MSE of everything else."""
    tables = []
    for frame in run.frames:
        heading = f"{run.method} trained on {run.train_set}: {title(frame, run)}"
        shown = Table(title=heading, title_justify="left", padding=(0, 1, 0, 0))
        shown.add_column("test set", no_wrap=True)
        columns = {f"{metric.label}\nmodel": (run.values(MODEL, name, frame), name) for name, metric in METRICS.items()}
        columns |= {f"MSE\n{name}": (run.values(name, "mse", frame), "mse") for name in predictors() if name != MODEL}
        if frame == ALL:  # the paper printed only scores of all images together
            columns[f"MSE\n{PAPER}"] = {name: printed(run.train_set, name).get("mse") for name in run.scores}, "mse"
        columns = {name: column for name, column in columns.items() if name.endswith(MODEL) or _known(column[0])}
        for name in columns:
            shown.add_column(name, justify="right", style="bold" if name.endswith(MODEL) else None)
        for name in run.scores:
            shown.add_row(name, *(cell([values.get(name)], 1.0, metric) for values, metric in columns.values()))
        tables.append(shown)
    return tables


def markdown(run: Record) -> str:
    """Every predictor, metric and image: a section for each image, a table for each metric, a row for each test set."""
    lines = [
        f"# {run.method} trained on {run.train_set}",
        "",
        f"Host: {run.host}. Checkpoint: {run.checkpoint}.",
        "",
        "MSE and MAE are summed over the pixels of an image with values in [0, 1] and averaged over images; SSIM (7x7",
        "window) and PSNR (dB) have data range 1. `floor` is the noise floor: the expected stored image given the",
        "clean one, which has the lowest expected MSE. Its SSIM is no upper bound, because SSIM rewards noise where",
        "the truth has noise. `paper` is what the paper printed, on sequences that were never published.",
    ]
    for frame in run.frames:
        for name, metric in METRICS.items():
            lines += ["", f"## {metric.label}, {title(frame, run)}", ""]
            lines.append(table([run], name, frame, label=lambda run: MODEL, paper=frame == ALL))
    return "\n".join(lines) + "\n"
