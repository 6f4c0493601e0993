"""The leaderboard: what was trained, the baselines and the noise floor, sorted, from records alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import mean

from ...errors import UserError
from ...evaluation.records import FLOOR, MODEL
from ...evaluation.scores import predictors
from ...evaluation.tables import cell, markdown_table, require_same_cases
from ...files import write_text
from .cost import Cost, Costs
from .entries import PRESETS, UNFIT
from .figures import Point, costs_figure
from .meaning import kind, meaning
from .result import Result, read_results

LEADERBOARD = "leaderboard.md"
_SETS = ("n6", "n3", "n6-aug")
_IMAGES = ("4", "16")
_BASELINES = [name for name in predictors() if name != MODEL]
_INTRODUCTION = """# Leaderboard

`python tools/benchmark.py --methods all` wrote this page: one row for each method and network that was trained, with
the baselines (in italics) and the noise floor among them, sorted. MSE is summed over the pixels of an image with values
in [0, 1] and averaged over images 4 and 16: mean ± standard deviation over seeds, one seed where no deviation is given.
The last column divides by the noise floor, below which no predictor's expected error is. [README.md](README.md) says
how the data were made, and what can be compared with the paper.

- SimVP, SimVP_SeqInterp, PredFormer and OpenSTL's other methods read the four images on one side of the missing one;
  SimVP_Motion, SimVP_Infill and PredFormer_Infill read the eight slots around it, LatentAffine the whole sequence.
- Weights are what is trained. FLOPs are of one prediction, with a multiplication and an addition counted as two, in
  convolutions, matrix products and attention alone. A step is one of training with a batch of 16, and an image one of
  such a batch, both in fp32.
- What it does not show: how large networks do after long training, how a method does with settings chosen for it (all
  quick configs of OpenSTL's methods have one learning rate), and anything but digits that turn and drift as a whole,
  which suits methods that move pixels.
"""
_REMARKS = {
    **UNFIT,
    "SimVP:MLP, SimVP:Moga": "the networks of SimVP:MLPMixer and SimVP:MogaNet under other names, and not run",
    "PhyDNet": "OpenSTL trains on the MSE between the loss of its model and the target; here, on the loss itself. True "
    "images are fed back to it in training with a probability that falls by 0.003 an epoch, however few epochs there "
    "are: in a quick training it hardly ever reads what it predicted, and in tests always",
    "ConvLSTM, PredRNN, PredRNNpp, PredRNNv2, MIM, MAU, E3DLSTM": "true images are fed back, ever fewer, for the first "
    "40% of the steps, as in OpenSTL's settings for Moving MNIST. With more of them, five of the seven were worse on "
    "the four images of validation windows, and all but PredRNNv2 better on the first one, which is all that counts "
    "here: on n6, MIM had 1.38 and PredRNN 1.45 (the records of commit 48161f1)",
    "MIM": "OpenSTL carries its memory over from batch to batch; here, each batch begins without",
    "MMVP": "mixes up the channels of colour images",
    "WaST": "`loss_weight` is left out: it needs a GPU whatever the device",
}


@dataclass
class Row:
    """A method or a baseline: its MSE by test set, and by image of the set that counts, one value for each seed."""

    name: str
    link: str
    sets: dict[str, list[float | None]]
    images: dict[str, list[float | None]]
    cost: Cost | None = None

    def mse(self, test_set: str) -> float:
        """The mean over seeds."""
        return mean(value for value in self.sets[test_set] if value is not None)


def _rows(runs: Sequence[Result], costs: Costs | None, out: Path) -> Iterator[Row]:
    """The runs by method, and what needs no training. UserError if they were scored on different cases."""
    main = runs[0].main_set
    for run in runs:
        if main not in run.scores:
            raise UserError(f"{run.path} was not scored on {main}, as {runs[0].path} was; move one of them away")
        require_same_cases(run, runs[0], _BASELINES)
    for name, group in groupby(sorted(runs, key=lambda run: (run.entry, run.seed)), lambda run: run.entry):
        seeds = list(group)
        link = f"[{name}]({seeds[0].path.relative_to(out).as_posix()})"
        sets = {each: [run.values(MODEL).get(each) for run in seeds] for each in {*_SETS, main}}
        images = {each: [run.values(MODEL, frame=each).get(main) for run in seeds] for each in _IMAGES}
        yield Row(name, link, sets, images, costs.methods.get(name) if costs else None)
    for name in _BASELINES:
        values = runs[0].values(name)
        if values:
            images = {each: [runs[0].values(name, frame=each).get(main)] for each in _IMAGES}
            yield Row(name, f"*{name}*", {each: [values.get(each)] for each in {*_SETS, main}}, images)


def _table(rows: Sequence[Row], main: str) -> list[str]:
    floor = next((row.mse(main) for row in rows if row.name == FLOOR), None)
    heading = ["", "method", "weights", "FLOPs", "ms a step", "ms an image", *_SETS]
    heading += [*(f"{main}, image {each}" for each in _IMAGES), f"{main} / floor"]
    cells, rank = [], 0
    for row in rows:
        cost = row.cost
        rank += row.name not in _BASELINES
        paid = [f"{cost.weights:,}", f"{cost.flops / 1e6:,.0f} M"] if cost else ["-", "-"]
        paid += [f"{cost.step:.0f}", f"{cost.image:.1f}"] if cost else ["-", "-"]
        scores = [cell(values, 1.0, "mse") for values in (*(row.sets[name] for name in _SETS), *row.images.values())]
        place = "" if row.name in _BASELINES else str(rank)
        cells.append([place, row.link, *paid, *scores, cell(row.sets[main], floor, "mse")])
    return markdown_table(heading, cells)


def _section(out: Path, preset: str, runs: Sequence[Result], costs: Costs | None) -> list[str]:
    train_set, main = runs[0].train_set, runs[0].main_set
    rows = sorted(_rows(runs, costs, out), key=lambda row: row.mse(main))
    lines = ["", f"### Trained on {train_set}, sorted by {main}", "", *_table(rows, main)]
    points = [
        Point(rank, row.name, kind(row.name), row.cost.step, row.cost.weights, row.mse(main))
        for rank, row in enumerate((row for row in rows if row.name not in _BASELINES), 1)
        if row.cost
    ]
    if points:
        figure = f"{preset}/leaderboard-{train_set}.png"
        levels = {row.name: row.mse(main) for row in rows if row.name in _BASELINES}
        costs_figure(out / figure, f"trained on {train_set}, MSE on {main}", points, levels)
        lines += ["", f"![MSE against milliseconds a step and against weights]({figure})"]
    errors, untrained = (
        {row.name: row.mse(main) for row in rows if (row.name in _BASELINES) is each} for each in (False, True)
    )
    said = meaning(errors, untrained, {row.name: row.cost.weights for row in rows if row.cost})
    lines += ["", *(f"- {sentence}" for sentence in said)]
    hours = sum(run.seconds["training"] for run in runs) / 3600
    hosts, devices = ("; ".join(dict.fromkeys(getattr(run, key) for run in runs)) for key in ("host", "device"))
    lines += [
        "",
        f"{len(runs)} run{'s' * (len(runs) > 1)}, {hours:.1f} hours of training. Hosts: {hosts}. Devices: {devices}.",
    ]
    return lines


def write_leaderboard(out: Path) -> Path:
    """``out/leaderboard.md`` and its figures, from all records below ``out`` and ``out/speed.json``.

    Methods without a record have no row. UserError on a damaged file.
    """
    costs = Costs.read(out / "speed.json")
    lines = [_INTRODUCTION.rstrip()]
    if costs and costs.methods:
        lines += [f"- Costs of all rows were measured on one machine: {costs.device} ([speed.json](speed.json))."]
    for preset, (_, about) in PRESETS.items():
        runs = read_results(out, preset)
        if not runs:
            continue
        lines += ["", f"## Preset {preset}: {about}"]
        for train_set in sorted({run.train_set for run in runs}):
            these = [run for run in runs if run.train_set == train_set]
            lines += _section(out, preset, these, costs if costs and costs.preset == preset else None)
    lines += ["", "## Remarks", "", *markdown_table(["method", "remark"], [[*each] for each in _REMARKS.items()])]
    write_text(out / LEADERBOARD, "\n".join(lines) + "\n")
    return out / LEADERBOARD
