"""Runs of a benchmark: each trained and scored once, by whichever process is first; resumed if killed."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from filelock import FileLock, Timeout

from ... import device, registry
from ..._version import __version__
from ...callbacks import Deadline, OutOfTime
from ...checkpoint import BEST, FREE, LAST
from ...config import resolve
from ...data.loaders import window_datasets, withheld_datasets
from ...errors import UserError, one_line
from ...evaluation import remembered
from ...evaluation.figures import KINDS, sequence_figure
from ...evaluation.records import MODEL
from ...evaluation.scores import Memory, collect, score
from ...evaluation.tables import require_same_cases
from ...experiment import SeqInterpExperiment
from ...files import writable_folder
from ...protocols import INFILL, ONE_SIDED
from .entries import arguments, paged
from .figures import copy_small, windows_figure
from .result import Epoch, Result, run_name

FIRST_SEED = 42  # OpenSTL's default
_SHOWN = ("n6", "n3", "n6-aug")  # the test sets of the paper's Figures 4-8


@dataclass(frozen=True)
class Run:
    """A method, or ``NAME:MODEL_TYPE``, trained on a set with a seed and a preset's config.

    ``dataname`` is the imported data set that it is of, and ``data`` the digest of that; None for the simulated ones.
    """

    preset: str
    method: str
    train_set: str
    seed: int
    dataname: str | None = None
    data: str | None = None

    @property
    def name(self) -> str:
        return run_name(self.method, self.train_set, self.seed)


def plan(
    preset: str,
    methods: Sequence[str],
    train_sets: Sequence[str],
    seeds: int,
    dataname: str | None = None,
    data: str | None = None,
) -> list[Run]:
    """All runs of a benchmark, each once: all of the first seed, then the next."""
    order = product(range(FIRST_SEED, FIRST_SEED + seeds), train_sets, methods)
    return [*dict.fromkeys(Run(preset, method, train_set, seed, dataname, data) for seed, train_set, method in order)]


class Benchmark:
    """The runs with records in ``out/PRESET/NAME.json`` and working folders ``out/work_dirs/PRESET/NAME``."""

    def __init__(self, out: Path, data_root: str, compile: bool = False, max_time: float | None = None) -> None:
        self.out, self.data_root, self.compile = out, data_root, compile
        self.deadline = None if max_time is None else Deadline(max_time)
        writable_folder(out)

    def record(self, run: Run) -> Path:
        """The file that exists once a run is complete."""
        return self.out / run.preset / f"{run.name}.json"

    def checkpoint(self, run: Run) -> Path:
        """The best weights of a run, once it was trained."""
        return self._settings(run)[0] / "checkpoints" / BEST

    def _settings(self, run: Run) -> tuple[Path, list[str]]:
        folder = self.out / "work_dirs" / run.preset
        argv = [*arguments(run.method, run.preset), "--seed", str(run.seed)]
        argv += ["--train_set", run.train_set, "--data_root", self.data_root, "--no_display_method_info"]
        argv += ["--res_dir", str(folder), "--ex_name", run.name]
        if run.dataname is not None:
            argv += ["--dataname", run.dataname, "--test_sets", run.dataname]
        if self.compile and registry.abilities(run.method.partition(":")[0]).compiles:
            argv.append("--compile")
        return folder / run.name, argv

    def check(self, run: Run) -> None:
        """UserError if a run cannot work, before hours go into others. Reports an outdated record."""
        folder, argv = self._settings(run)
        config = _plain(vars(resolve(argv)))
        if not self.record(run).exists():
            return
        then = Result.read(self.record(run))
        if then.data != run.data:
            raise UserError(
                f"{self.record(run)} is of other images that were imported as {run.dataname}; "
                f"remove it and {folder} to train on these"
            )
        for key in sorted(config.keys() & then.config.keys()):
            if config[key] != then.config[key]:
                print(
                    f"{self.record(run)} was made with {key}={then.config[key]!r}, now it is {config[key]!r}; "
                    f"remove it and {folder} to run it again"
                )

    def draw(self, runs: Sequence[Run]) -> None:
        """Draw a sequence, its training cases, and figures of what the page shows of ``runs``: of the first seed."""
        pictures = ["sequence.png", "sequence.gif", *(f"{kind}-{name}.png" for kind in KINDS for name in _SHOWN)]
        for run in runs:
            folder = self._settings(run)[0]
            shown = run.seed == FIRST_SEED and run.method in paged() and self.record(run).exists()
            for name in pictures if shown else ():
                if (folder / name).exists():
                    copy_small(
                        folder / name, self.record(run).parent / "figures" / f"{run.method}_{run.train_set}" / name
                    )
        dataset = withheld_datasets(Path(self.data_root), INFILL.name, INFILL, ["n6"])["n6"]
        true = {task.targets[0]: dataset.targets(number)[0] for number, task in enumerate(dataset.tasks)}
        frames = dataset.sequences.read(dataset.case(0)[0], np.arange(dataset.sequences.index.shape[1]))
        whole = np.stack([true.get(position, frame) for position, frame in enumerate(frames)])
        sequence_figure(self.out / "sequence.png", whole, {}, {})
        papers, slots = (
            window_datasets(Path(self.data_root), each.name, each, "n6", 0)[0].tasks for each in (ONE_SIDED, INFILL)
        )
        chosen = {"forwards": papers[0], "backwards": papers[len(papers) // 2], "8 slots, inside": slots[3]}
        windows_figure(self.out / "windows.png", frames, {**chosen, "8 slots, at the end": slots[-1]})

    def score_baselines(self, runs: Sequence[Run]) -> None:
        """Score the baselines and the noise floor again in the records of ``runs``: they depend only on the data.

        A new or corrected baseline thus needs no training. The model's scores stay. UserError, with nothing
        written, if the scores of ``copy`` differ from a record's: the data are then not the same.
        """
        fresh: dict[str, dict[str, Any]] = {}
        memory: Memory = {}
        records = [Result.read(self.record(run)) for run in runs if self.record(run).exists()]
        renewed = []
        for record in records:
            for name in record.scores.keys() - fresh.keys():
                dataset = withheld_datasets(Path(self.data_root), ONE_SIDED.name, ONE_SIDED, [name])[name]
                fresh[name] = score(name, collect(dataset, memory, Path(self.data_root) / remembered.FOLDER), None)[0]
            scores = {name: {MODEL: old[MODEL], **fresh[name]} for name, old in record.scores.items()}
            renewed.append(record.model_copy(update={"scores": scores}))
            require_same_cases(record, renewed[-1], ["copy"])
        for record in renewed:
            record.write(record.path)
            print(f"scored the baselines of {record.path} again")

    def execute(self, run: Run) -> None:
        """Train the rest of a run, score it and write its record. Skips a run that is complete or in progress.

        Raises OutOfTime if ``max_time`` passes first; the run is then incomplete and has no record. UserError for
        whatever else goes wrong, as it is not to end the other runs; a traceback of what is no user's error is printed.
        """
        folder, argv = self._settings(run)
        writable_folder(folder.parent)
        try:
            with FileLock(f"{folder}.lock", timeout=0):
                if not self.record(run).exists():
                    self._execute(run, folder, argv)
        except Timeout:
            print(f"{run.name} is being run by another process")
        except (OutOfTime, UserError):
            raise
        except Exception as error:
            traceback.print_exc()
            raise UserError(f"{type(error).__name__}: {one_line(error)}; its traceback is above") from error

    def _execute(self, run: Run, folder: Path, argv: list[str]) -> None:
        resumed = (folder / "checkpoints" / LAST).exists()
        settings = resolve([*argv, "--resume"] if resumed else argv)
        config = _plain(vars(settings))
        if self.deadline is not None:
            self.deadline.check()
        experiment = SeqInterpExperiment(settings)
        if self.deadline is not None:
            experiment.stop_at(self.deadline)
        try:
            experiment.train()
            start = time.perf_counter()
            scores = experiment.test()
        except UserError as error:
            if not resumed:
                raise
            raise UserError(f"{error}; or remove {folder} to train it anew") from error
        if scores is None:
            raise UserError("each run of a benchmark needs a single process; start it without torchrun")
        scored = time.perf_counter() - start
        pixels = int(np.prod(experiment.args.in_shape[-2:]))  # of a grey image; scores are sums over these
        packages = {"pytorch_lightning": pl, "torch": torch, "numpy": np, "opencv": cv2}
        Result(
            **scores.model_dump(exclude={"checkpoint"}),
            preset=run.preset,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            versions={
                "openstl_seqinterp": __version__,
                "python": platform.python_version(),
                **{name: package.__version__ for name, package in packages.items()},
            },
            device=device.describe(experiment.accelerator, experiment.precision),
            compiled=settings.compile,
            seconds={"training": experiment.history.seconds, "scoring": scored},
            config=config,
            data=run.data,
            history=[
                Epoch(epoch=int(each["epoch"]), seconds=each["seconds"], val_mse=each["val_mse"] * pixels)
                for each in experiment.history.epochs
            ],
        ).write(self.record(run))


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that affect the result, as stored in JSON."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in sorted(settings.items())
        if key not in FREE and isinstance(value, str | int | float | list | tuple | bool | None)
    }
