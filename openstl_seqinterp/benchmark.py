"""Runs of a benchmark: each trained and scored once, by whichever process comes first, and resumed after a kill."""

from __future__ import annotations

import _thread
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from filelock import FileLock, Timeout

from . import __version__, device
from .checkpoint import FREE, LAST
from .checks import can_compile
from .config import find_config, resolve
from .data.loaders import INFILL, ONE_SIDED, window_datasets, withheld_datasets
from .errors import UserError
from .evaluation.compare import read
from .evaluation.figures import KINDS, copy_small, sequence_figure, windows_figure
from .experiment import SeqInterpExperiment
from .files import writable_folder, write_json

PRESETS = {"quick": "_quick", "paper": ""}  # what the name of a method's config ends in
FIRST_SEED = 42  # OpenSTL's default
_SHOWN = ("n6", "n3", "n6-aug")  # the test sets of the paper's Figures 4-8


@dataclass(frozen=True)
class Run:
    """A method trained on a set with a seed, by the config of a preset."""

    preset: str
    method: str
    train_set: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.method}_{self.train_set}_{self.seed}"


def plan(preset: str, methods: Sequence[str], train_sets: Sequence[str], seeds: int) -> list[Run]:
    """All runs of a benchmark: every method once before any second seed."""
    numbers = range(FIRST_SEED, FIRST_SEED + seeds)
    return [Run(preset, method, train_set, seed) for seed, train_set, method in product(numbers, train_sets, methods)]


class Benchmark:
    """The runs whose records are in ``out/PRESET/NAME.json``, and whose work is in ``out/work_dirs/PRESET/NAME``."""

    def __init__(self, out: Path, data_root: str, compile: bool = False) -> None:
        self.out, self.data_root, self.compile = out, data_root, compile
        writable_folder(out)

    def record(self, run: Run) -> Path:
        """The file that exists once a run is complete."""
        return self.out / run.preset / f"{run.name}.json"

    def _settings(self, run: Run) -> tuple[Path, list[str]]:
        folder = self.out / "work_dirs" / run.preset
        argv = ["-m", run.method, "-c", str(find_config(run.method + PRESETS[run.preset])), "--seed", str(run.seed)]
        argv += ["--train_set", run.train_set, "--data_root", self.data_root, "--no_display_method_info"]
        argv += ["--res_dir", str(folder), "--ex_name", run.name]
        return folder / run.name, [*argv, "--compile"] if self.compile and can_compile(run.method) else argv

    def check(self, run: Run) -> None:
        """UserError where a run cannot be: before hours are spent on those before it. A word where it is outdated."""
        config = _plain(vars(resolve(self._settings(run)[1])))
        if not self.record(run).exists():
            return
        then = read(self.record(run))["config"]
        for key in sorted(config.keys() & then.keys()):
            if config[key] != then[key]:
                print(
                    f"{self.record(run)} was made with {key}={then[key]!r}, now it is {config[key]!r}; "
                    "remove the file to run it again"
                )

    def draw(self, runs: Sequence[Run]) -> None:
        """A sequence, how training cases are made of it, and pictures of the complete ``runs`` with the first seed."""
        pictures = ["sequence.png", "sequence.gif", *(f"{kind}-{name}.png" for kind in KINDS for name in _SHOWN)]
        for run in runs:
            folder = self._settings(run)[0]
            for name in pictures if run.seed == FIRST_SEED and self.record(run).exists() else ():
                if (folder / name).exists():
                    copy_small(
                        folder / name, self.record(run).parent / "figures" / f"{run.method}_{run.train_set}" / name
                    )
        dataset = withheld_datasets(Path(self.data_root), INFILL, ["n6"])["n6"]
        true = {task.targets[0]: dataset.targets(number)[0] for number, task in enumerate(dataset.tasks)}
        frames = dataset.sequences.frames[dataset.case(0)[0]] / np.float32(255)
        whole = np.stack([true.get(position, frame) for position, frame in enumerate(frames)])
        sequence_figure(self.out / "sequence.png", whole, {}, {})
        papers, slots = (window_datasets(Path(self.data_root), name, "n6", 0)[0].tasks for name in (ONE_SIDED, INFILL))
        chosen = {"forwards": papers[0], "backwards": papers[len(papers) // 2], "8 slots, inside": slots[3]}
        windows_figure(self.out / "windows.png", frames, {**chosen, "8 slots, at the end": slots[-1]})

    def execute(self, run: Run) -> None:
        """Train what is left of a run, score it and write its record. Nothing where it is complete or another's."""
        folder, argv = self._settings(run)
        writable_folder(folder.parent)
        try:
            with FileLock(f"{folder}.lock", timeout=0):
                if not self.record(run).exists():
                    self._execute(run, folder, argv)
        except Timeout:
            print(f"{run.name} is being run by another process")

    def _execute(self, run: Run, folder: Path, argv: list[str]) -> None:
        if (folder / "checkpoints" / LAST).exists():
            argv = [*argv, "--resume"]
        settings = resolve(argv)
        config = _plain(vars(settings))
        experiment = SeqInterpExperiment(settings)
        experiment.train()
        start = time.perf_counter()
        content = experiment.test()
        scored = time.perf_counter() - start
        pixels = int(np.prod(experiment.args.in_shape[-2:]))  # of a grey image: scores are sums over them
        record = {
            "preset": run.preset,
            **{key: content[key] for key in ("method", "train_set", "seed", "host")},
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "versions": {
                "openstl_seqinterp": __version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "pytorch_lightning": pl.__version__,
                "numpy": np.__version__,
                "opencv": cv2.__version__,
            },
            "device": device.describe(experiment.accelerator, experiment.precision),
            "compiled": settings.compile,
            "seconds": {"training": experiment.history.seconds, "scoring": scored},
            "config": config,
            "history": [
                {"epoch": each["epoch"], "seconds": each["seconds"], "val_mse": each["val_mse"] * pixels}
                for each in experiment.history.epochs
            ],
            "scores": content["scores"],
        }
        write_json(self.record(run), record)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that decide on the result, as JSON holds them."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in sorted(settings.items())
        if key not in FREE and isinstance(value, str | int | float | list | tuple | bool | None)
    }


def side_by_side(argv: Sequence[str], jobs: int, records: Sequence[Path]) -> None:
    """Run the same command ``jobs`` times at once; locks share out the runs. UserError where one of them failed."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ}
    code = "import sys; from openstl_seqinterp import cli; sys.exit(cli.run(cli.benchmark))"
    logs = [records[0].parents[1] / "work_dirs" / f"job-{number}-{os.getpid()}.log" for number in range(jobs)]
    writable_folder(logs[0].parent)
    print(f"{jobs} jobs, {threads} threads each; logs: {logs[0].with_name('job-*.log')}", flush=True)
    done = {path for path in records if path.exists()}
    children = []
    try:
        for log in logs:
            with log.open("w") as output:
                command = [sys.executable, "-c", code, *argv, "--jobs", "1"]
                children.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment))
        while any(child.poll() is None for child in children):
            time.sleep(1)
            for path in {path for path in records if path.exists()} - done:
                done.add(path)
                print(f"{len(done)} of {len(records)}: {path}", flush=True)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
    for child, log in zip(children, logs, strict=True):
        if child.returncode:
            raise UserError(f"a job ended with code {child.returncode}: {_last_line(log)} (log: {log})")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip()[-200:] for line in reversed(lines) if line.strip()), "no output")


@contextmanager
def stopped_after(minutes: float | None) -> Iterator[None]:
    """Interrupt what runs in this block like Ctrl-C when its time is over, and go on behind it."""
    if minutes is None:
        yield
        return
    over = threading.Event()

    def stop() -> None:
        over.set()
        _thread.interrupt_main()

    timer = threading.Timer(60 * minutes, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if not over.is_set():
            raise
        print(f"--max_time: stopped after {minutes:g} minutes; the same command goes on")
    finally:
        timer.cancel()
