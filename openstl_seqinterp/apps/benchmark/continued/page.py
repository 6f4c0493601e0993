"""The page of a comparison on imported data, from its record alone: tables, what they say, and what they cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import mean, stdev

from ....evaluation.tables import markdown_table
from ...fill.fillers import DEFAULT
from ..real.ways import PYSTEPS, SPROG
from ..real.words import listed
from .record import ContinuedResult, Lead, Row, Setup

_WHAT = {
    "copy": "`copy` repeats the last known image",
    "dis-flow": "`dis-flow` continues OpenCV's DIS flow between the last two",
    DEFAULT: f"`{DEFAULT}` is what `seqinterp predict` does without a checkpoint",
    PYSTEPS: f"{PYSTEPS} is its semi-Lagrangian extrapolation along Lucas-Kanade motion",
    SPROG: f"{SPROG} is pySTEPS's spectral prognosis along the same motion",
}
Value = Callable[[Lead], float | None]


def page(record: ContinuedResult) -> str:
    """The page in Markdown."""
    setup = record.setup
    lines = [f"# {setup.name}: {setup.horizon} images continued", "", *_head(record)]
    for title, value, how in _metrics(setup):
        lines += ["", f"## {title}", "", *_table(record, value, how)]
    lines += ["", "## Training and time", "", *_training(record)]
    lines += ["", "## What the numbers say", "", *_words(record)]
    lines += ["", f"## What {sum(setup.images.values())} images can show, and what not", "", *_limits(record)]
    return "\n".join(lines) + "\n"


def _metrics(setup: Setup) -> Iterator[tuple[str, Value, str]]:
    """The title of each table, its numbers and how they are printed."""
    yield "MSE", lambda lead: mean(lead.mse), ".1f"
    yield "MAE", lambda lead: mean(lead.mae), ".2f"
    yield "SSIM", lambda lead: mean(lead.ssim), ".3f"
    for number, threshold in enumerate(setup.thresholds):
        yield f"CSI of values from {threshold:g} on", lambda lead, n=number: lead.csi[n], ".3f"  # type: ignore[misc]


def _head(record: ContinuedResult) -> list[str]:
    setup = record.setup
    made = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    flags = f" --thresholds {' '.join(f'{each:g}' for each in setup.thresholds)}" if setup.thresholds else ""
    flags += " --pysteps" if setup.pysteps else ""
    if trained := [name for name, rows in record.methods.items() if rows[0].training]:
        flags += f" --methods {' '.join(trained)} --seeds {max(len(record.methods[name]) for name in trained)}"
    channels, height, width = setup.shape
    none = f"; {setup.fill_value:g} is no value" if setup.fill_value is not None else ""
    counts = listed([f"{count} for {part}" for part, count in setup.images.items()])
    stretches = "one stretch" if setup.stretches == 1 else f"{setup.stretches} stretches"
    lines = [
        f"Made by `python tools/benchmark.py -d {setup.name} --horizon {setup.horizon}{flags}` on {record.machine}; "
        f"{made}. Data: [{setup.name}.json]({setup.name}.json).",
        "",
        *(f"- Imported: {each}." for each in setup.understood),
        f"- As images of {width}x{height}x{channels}, {counts}. Values {setup.low:g} to {setup.high:g} are 0 to 1 "
        f"for a network{none}.",
        f"- Each method reads {setup.known} known images and predicts the {setup.horizon} behind them (lead 1 to "
        f"{setup.horizon}): {setup.windows} windows of {stretches} of test images.",
        f"- {'; '.join(text for name, text in _WHAT.items() if name in record.methods)}.",
        "- Networks are trained on the images for training with their config `METHOD_own`; the epoch that is best on",
        "  those for validation is scored.",
        "- MSE (squared levels), MAE (levels) and SSIM (7x7 window) are of images with values from 0 to 255: means",
        "  over the windows, over the pixels that have a value in the truth and in the predictions of all methods that",
        "  need no training.",
    ]
    if setup.thresholds:
        lines += ["- CSI is hits / (hits + misses + false alarms) of the same pixels, counted over all windows"]
        lines += ["  (`torchmetrics`), of events that are values of the data from a threshold on."]
    return lines


def _cell(values: Sequence[float | None], how: str) -> str:
    """The mean over seeds, ± their sample standard deviation where there are several; "-" where one has no value."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "-"
    return format(mean(known), how) + (f" ± {format(stdev(known), how)}" if len(known) > 1 else "")


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if len(known) == len(values) else None


def _table(record: ContinuedResult, value: Value, how: str) -> list[str]:
    """A row for each method, a column for each lead and one for their mean."""
    lines = []
    for name, rows in record.methods.items():
        seeds = [[value(lead) for lead in row.leads] for row in rows]
        columns = [*zip(*seeds, strict=True), [_average(each) for each in seeds]]
        lines.append([name, *(_cell(each, how) for each in columns)])
    return markdown_table(["method", *(f"lead {step}" for step in range(1, record.setup.horizon + 1)), "mean"], lines)


def _training(record: ContinuedResult) -> list[str]:
    rows = []
    for row in record.rows:
        cells = ["-"] * 5
        if (each := row.training) is not None:
            cells = [str(each.seed), f"{each.weights:,}", f"{each.best} of {each.epochs}", f"{each.minutes:.1f}"]
            cells.append(each.device)
        rows.append([row.method, *cells, f"{1000 * row.seconds:.0f}"])
    heading = ["method", "seed", "weights", "best epoch", "minutes of training", "trained on", "ms an image"]
    lines = markdown_table(heading, rows)
    lines += [
        "",
        "Minutes are by the clock, on a machine that may have had other work; milliseconds are of one processor.",
    ]
    return lines


def _squares(rows: Sequence[Row]) -> list[list[float]]:
    """The squared error by lead and window, the mean over seeds."""
    leads = zip(*(row.leads for row in rows), strict=True)
    return [[mean(each) for each in zip(*(lead.mse for lead in seeds), strict=True)] for seeds in leads]


def _words(record: ContinuedResult) -> list[str]:
    """`motion` against a copy, and all others against motion."""
    others = [name for name in record.methods if name not in ("copy", DEFAULT)]
    return [_against(record, one, other) for one, other in [(DEFAULT, "copy"), *((name, DEFAULT) for name in others)]]


def _against(record: ContinuedResult, one: str, other: str) -> str:
    """The squared error of one as a share of another's, in how many images it is smaller, and the other metrics."""
    mine, peers = (_squares(record.methods[name]) for name in (one, other))
    shares = [
        f"{mean(a) / mean(b):.2f} (lead {step})"
        for step, (a, b) in enumerate(zip(mine, peers, strict=True), start=1)
        if mean(b)
    ]
    pairs = [pair for a, b in zip(mine, peers, strict=True) for pair in zip(a, b, strict=True)]
    text = f"- **{one} against {other}**: its squared error, as a share, is {listed(shares)}, and smaller in "
    text += f"{sum(a < b for a, b in pairs)} of {len(pairs)} predicted images."
    found = []
    for title, value, how in _metrics(record.setup):
        one_mean, other_mean = (_average(_means(record.methods[name], value)) for name in (one, other))
        if title != "MSE" and one_mean is not None and other_mean is not None:
            found.append(f"{title} {format(one_mean - other_mean, f'+{how}')}")
    return f"{text} On average over leads: {listed(found)}."


def _means(rows: Sequence[Row], value: Value) -> list[float | None]:
    """The mean over leads, by seed."""
    return [_average([value(lead) for lead in row.leads]) for row in rows]


def _limits(record: ContinuedResult) -> list[str]:
    setup = record.setup
    trained = [row.training for row in record.rows if row.training]
    early = sum(each.best < each.epochs for each in trained)
    lines = [
        f"- They show what is learned from {setup.trained} windows of training in minutes, whether that is worth more",
        "  than methods that need no training, and how errors grow with the lead.",
    ]
    if setup.windows * (setup.known + setup.horizon) > setup.images["tests"]:
        lines += ["- Windows of tests share images, so they are no independent trials: a difference whose sign is not"]
        lines += ["  the same in nearly all predicted images says nothing."]
    if setup.stretches == 1:
        lines += [
            "- All windows of tests are of one stretch of time, and the images for training are of the same scene:"
        ]
        lines += ["  what holds on another day, or in another scene, they do not show."]
    if trained:
        lines += ["- They do not show what networks can do after training on the thousands of sequences that they are"]
        lines += ["  made for. Each has one setting, for a small machine and not tuned further."]
        lines += [f"- {early} of {len(trained)} trained networks were best on the images for validation before their"]
        lines += ["  last epoch; those that were not might gain from more epochs."]
        if max(map(len, record.methods.values())) == 1:
            lines += ["- One seed each: how far others lie from it is not known."]
    return lines
