"""The page of a benchmark, from its records alone: tables beside the paper's, figures and a list of runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import mean

from ...errors import UserError
from ...evaluation.figures import KINDS
from ...evaluation.metrics import METRICS
from ...evaluation.records import ALL, FLOOR, Record
from ...evaluation.tables import markdown_table, table, title
from ...files import write_text
from .continued.measure import OTHERS
from .entries import PRESETS
from .figures import curves_figure
from .result import Epoch, Result, read_results

_INTRODUCTION = """# Results

`python tools/benchmark.py` wrote this page: it trains the missing runs and writes one JSON file per run. Every number
in a table is a mean over the files of the seeds, ± their sample standard deviation.

What can be compared, and what cannot:

- The paper's sequences were never published. Those used here are simulated from MNIST digits, with parameters that
  match the paper's figures. The `paper` columns (J. Mills, *SimVPv2 for Image Sequence Interpolation and
  Extrapolation*, 2025) are therefore for orientation: the order of their rows can be compared, their values cannot.
- All other columns of a table use the same test cases with the same degraded pixels and can be compared with each
  other. `copy`, `mean`, `dis-flow` and `motion` need no training. `floor` is the noise floor: the expectation of the
  stored image given the clean one (stored noise is clipped to [0, 1]), which has the lowest expected MSE. SSIM rewards
  noise where the truth has noise, so the floor is no upper bound for SSIM.
- SimVP, SimVP_SeqInterp and PredFormer read the four images on one side, as in the paper; SimVP_Motion, SimVP_Infill
  and PredFormer_Infill the eight slots around the missing image, LatentAffine the whole sequence.
- MSE and MAE are summed over the pixels of an image with values in [0, 1], as in OpenSTL. The paper prints 10 x MSE;
  here its values are divided by 10. SSIM uses a 7x7 window and data range 1; the paper's settings are not known.
- No network saw images 4 or 16 of any sequence, or the digit 3, before the test.
"""
_COMMAND = "`python tools/benchmark.py"  # which made a page, as that says among its first lines
_HEAD = 4
_TABLES = {"n6": "Table 2", "n6-all": "Table 3"}
_FIGURES = {"n6": "Figures 4 and 5", "n3": "Figures 6 and 7", "n6-aug": "Figure 8"}


def require_ours(out: Path, names: Sequence[str]) -> None:
    """UserError where pages of these ``names`` would replace files in ``out`` that no benchmark has written."""
    for name in names:
        try:
            with (out / name).open(encoding="utf-8", errors="replace") as file:
                head = "".join(islice(file, _HEAD))
        except OSError:  # what cannot be written either is found when it is
            continue
        if _COMMAND not in head:
            raise UserError(
                f"{out / name} is there, and not from this command, which would replace it; name another --out"
            )


def _method(run: Record) -> str:
    return run.method


def _tables(train_set: str, runs: Sequence[Result]) -> list[str]:
    both = title(ALL, runs[0])
    of_paper = f" ({_TABLES[train_set]} of the paper)" if train_set in _TABLES else ""
    lines = ["", f"### Trained on {train_set}{of_paper}"]
    for name, metric in METRICS.items():
        lines += ["", f"**{metric.label}**, {both}:", "", table(runs, name, label=_method, paper=True)]
    lines += ["", f"**MSE / floor**, {both}:", "", table(runs, label=_method, ratio=True)]
    for frame in runs[0].frames[1:]:
        lines += ["", f"**MSE**, {title(frame, runs[0])}:", "", table(runs, frame=frame, label=_method)]
    return lines


def _figures(folder: Path) -> list[str]:
    lines: list[str] = []
    for pictures in sorted(path for path in folder.glob("figures/*") if path.is_dir()):
        lines += ["", f"### {pictures.name.replace('_', ' ')}", ""]
        where = f"{folder.name}/figures/{pictures.name}"
        lines.append(f"![sequence]({where}/sequence.gif) ![sequence]({where}/sequence.png)")
        for test_set, figures in _FIGURES.items():
            shown = [kind for kind in KINDS if (pictures / f"{kind}-{test_set}.png").is_file()]
            lines += ["", f"Best and worst by SSIM on {test_set} ({figures} of the paper):", ""]
            lines.append(" ".join(f"![{kind}]({where}/{kind}-{test_set}.png)" for kind in shown))
    return lines


def _list(out: Path, runs: Sequence[Result]) -> list[str]:
    rows = []
    for run in runs:
        times = [f"{run.seconds['training'] / 60:.1f} min", f"{run.seconds['scoring']:.0f} s"]
        name = f"[{run.path.stem}]({run.path.relative_to(out).as_posix()})"
        rows.append([name, str(len(run.history)), *times, run.host, run.device])
    return markdown_table(["run", "epochs", "training", "scoring", "host", "device"], rows)


def write_page(out: Path, methods: Sequence[str]) -> Path:
    """``out/README.md`` and the validation curves, from the records of ``methods``. UserError on a damaged one.

    Columns are in the order of ``methods``; a network other than that of a method's config is left to the leaderboard.
    """
    lines = [_INTRODUCTION.rstrip()]
    if (out / "speed.md").is_file():
        lines += ["", "Speed: [speed.md](speed.md)."]
    if (out / "leaderboard.md").is_file():
        lines += ["", "All methods and networks that were trained, sorted: [leaderboard.md](leaderboard.md)."]
    if (out / "real.md").is_file():
        lines += ["", "On real sequences, beside RIFE and pySTEPS: [real.md](real.md)."]
    for path in sorted({*out.glob("*.json")} - {out / f"{name}.json" for name in OTHERS}):
        if path.with_suffix(".md").is_file():  # other files may lie there
            lines += ["", f"Trained on imported data, and continuing it: [{path.stem}.md]({path.stem}.md)."]
    for name in ("sequence", "windows"):
        if (out / f"{name}.png").is_file():
            lines += ["", _CAPTIONS[name], "", f"![{name}]({name}.png)"]
    for preset, (_, about) in PRESETS.items():
        runs = [run for run in read_results(out, preset) if run.method in methods and not run.is_variant]
        runs.sort(key=lambda run: (methods.index(run.method), run.train_set, run.seed))
        lines += ["", f"## Preset {preset}: {about}"]
        if not runs:
            lines += ["", "Not run."]
            continue
        for train_set in sorted({run.train_set for run in runs}):
            these = [run for run in runs if run.train_set == train_set]
            lines += _tables(train_set, these)
            test_set = these[0].main_set
            levels = {name: these[0].values(name).get(test_set) for name in ("dis-flow", FLOOR)}
            figure = out / preset / f"curves-{train_set}.png"
            histories: dict[str, list[list[Epoch]]] = {}
            for run in these:
                histories.setdefault(run.method, []).append(run.history)
            curves_figure(
                figure, f"trained on {train_set}", histories, {f"{k}, {test_set}": v for k, v in levels.items()}
            )
            lines += ["", "Validation MSE, summed over the pixels of an image, during training. Each method is"]
            lines += ["validated on windows as it reads them; the dashed lines show the test set, for orientation."]
            lines += ["", f"![curves]({preset}/{figure.name})"]
        lines += _figures(out / preset)
        lines += ["", "### Runs", "", *_list(out, runs)]
        seconds = mean(run.seconds["scoring"] for run in runs)
        lines += [
            "",
            f"Scoring took {seconds:.0f} s on average, for all test sets with baselines and figures. Times depend on",
        ]
        lines += ["the machine's load: parallel jobs, and whatever else ran on it."]
    write_text(out / "README.md", "\n".join(lines) + "\n")
    return out / "README.md"


_CAPTIONS = {
    "sequence": "A sequence whose images 4 and 16 are withheld (Figure 1 of the paper):",
    "windows": "How training cases are cut from it: windows of 4 images in and 4 out, in both directions (Figure 3),"
    " and the 8 slots of `seqinterp_infill` with the target at any position:",
}
