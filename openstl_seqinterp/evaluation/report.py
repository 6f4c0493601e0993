"""The output of a run: scores.json, scores.md, tables in the terminal, saved/*.npy and figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from ..data.dataset import TaskDataset
from ..files import atomic, write_text
from .figures import KINDS, Tile, case_figure, sequence_animation, sequence_figure
from .records import ALL, MODEL, Record, Scores
from .scores import Memory, collect, score
from .tables import markdown, terminal_tables


def report(
    folder: Path,
    about: dict[str, Any],
    datasets: dict[str, TaskDataset],
    predictions: dict[str, np.ndarray],
    between: Callable[[], None] | None = None,
    baselines: Path | None = None,
) -> Record:
    """Score ``predictions`` (test set: (N, 1, C, H, W)), write all to ``folder``, return the record in scores.json.

    ``between`` is called before each test set; raising ends the scoring. The scores of the baselines are kept in the
    folder ``baselines``.
    """
    console = Console()
    scores: Scores = {}
    memory: Memory = {}
    for number, (name, dataset) in enumerate(track(datasets.items(), "scoring", console=console, total=len(datasets))):
        if between is not None:
            between()
        cases, model = collect(dataset, memory, baselines), predictions[name][:, 0]
        scores[name], similarity = score(name, cases, model)
        if number == 0:
            _save_arrays(folder / "saved", dataset, cases.truths, model, scores[name][MODEL][ALL])
            _draw_sequence(folder / "sequence", dataset, model)
        for kind, case in zip(KINDS, (int(similarity.argmax()), int(similarity.argmin())), strict=True):
            _draw_case(
                folder / f"{kind}-{name}.png",
                f"{kind} case of {name}, SSIM {similarity[case]:.3f}",
                dataset,
                case,
                cases.truths[case],
                model[case],
            )
    record = Record(**about, scores=scores)
    record.write(folder / "scores.json")
    write_text(folder / "scores.md", markdown(record))
    for table in terminal_tables(record):
        console.print(table)
    console.print(
        f"[bold]{folder}[/bold]: scores.md, scores.json, sequence.png, sequence.gif, best-*.png, worst-*.png, saved/",
        highlight=False,
        soft_wrap=True,
    )
    return record


def _inputs(dataset: TaskDataset, case: int) -> np.ndarray:
    """The frames (T, C, H, W) that a network reads of a case."""
    return dataset.read(case, dataset.case(case)[1].context)[0]


def _save_arrays(
    folder: Path, dataset: TaskDataset, truths: np.ndarray, model: np.ndarray, totals: dict[str, float | None]
) -> None:
    """The arrays of the first test set as OpenSTL saves them: (N, T, C, H, W), and metrics as MAE, MSE."""
    arrays = {
        "inputs": np.stack([_inputs(dataset, case) for case in range(len(dataset))]),
        "preds": model[:, None],
        "trues": truths[:, None],
        "metrics": np.array([totals["mae"], totals["mse"]]),
    }
    for name, array in arrays.items():
        with atomic(folder / f"{name}.npy") as temporary:
            np.save(temporary, array)


def _draw_sequence(path: Path, dataset: TaskDataset, model: np.ndarray) -> None:
    sequence, filled, true = dataset.case(0)[0], {}, {}
    for case in range(len(dataset.tasks)):
        (target,) = dataset.case(case)[1].targets
        filled[target] = model[case]
        true[target] = Tile(np.nan_to_num(dataset.targets(case)[0]), f"{target + 1}: true", "tab:green")
    everything = np.arange(dataset.sequences.index.shape[1])
    frames = np.nan_to_num(dataset.sequences.read(sequence, everything))
    sequence_figure(path.with_suffix(".png"), frames, filled, true)
    sequence_animation(path.with_suffix(".gif"), frames, filled)


def _draw_case(path: Path, title: str, dataset: TaskDataset, case: int, truth: np.ndarray, image: np.ndarray) -> None:
    sequence, task, _ = dataset.case(case)
    title = f"{title}: sequence {sequence + 1}, image {task.targets[0] + 1}"
    case_figure(path, title, _inputs(dataset, case), task.context, np.nan_to_num(truth), image)
