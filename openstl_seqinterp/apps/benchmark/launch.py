"""Runs of a benchmark as jobs of submitit: some at a time on this machine, or an array of SLURM."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import submitit
import torch

from ... import registry
from ...callbacks import OutOfTime
from ...errors import UserError, one_line, require_known
from ...files import writable_folder
from ...running import quiet_lightning
from .runs import Benchmark, Run

LOCAL, SLURM = "local", "slurm"
FORMER = {
    "jobs": "--launcher local --workers N",
    "shard": "--launcher slurm --workers N",
}  # flags, and what they are now
_OPTIONS = ("workers", "gpus", "cpus", "memory", "partition", "minutes")
_A_YEAR, _A_DAY = 365 * 24 * 60, 24 * 60  # minutes
_REQUEUED = 1000  # times that SLURM may stop a job
_PAUSE = {LOCAL: 0.5, SLURM: 10.0}  # seconds between looks at jobs


def add_launcher_flags(parser: ArgumentParser) -> None:
    """Let ``parser`` take where runs are executed."""
    group = parser.add_argument_group("runs as jobs of submitit (docs/scale.md)")
    group.add_argument("--launcher", help=f"{LOCAL} (this machine) or {SLURM} (default: one by one in this process)")
    group.add_argument("--workers", type=int, metavar="N", help="jobs at a time (default: 1)")
    group.add_argument("--gpus", type=int, metavar="N", help="of a job (default: one, where this machine has some)")
    group.add_argument("--cpus", type=int, metavar="N", help="of a job (default: all, shared out among the jobs)")
    group.add_argument("--memory", type=float, metavar="GB", help="of a job of SLURM")
    group.add_argument("--partition", help="of SLURM")
    group.add_argument("--minutes", type=float, metavar="MIN", help="of a job; SLURM then puts it back into the queue")


def check_launcher(args: Namespace) -> None:
    """UserError where flags of launchers are not as they must be."""
    given = [name for name in _OPTIONS if getattr(args, name) is not None]
    if args.launcher is None:
        if given:
            raise UserError(f"--{given[0]} is of runs that are launched as jobs; add --launcher, or leave it out")
        return
    require_known("--launcher", args.launcher, [LOCAL, SLURM])
    for name in given:
        value = getattr(args, name)
        least = 0 if name == "gpus" else 1
        if not isinstance(value, str) and value < least:
            raise UserError(f"--{name} is {value:g}, expected at least {least}")
        if args.launcher == LOCAL and name in ("memory", "partition"):
            raise UserError(f"--{name} is of --launcher {SLURM}; leave it out")


@dataclass(frozen=True)
class Job(submitit.helpers.Checkpointable):
    """A run as submitit calls it, again after it was stopped: it goes on from its ``last.ckpt``.

    ``threads`` is how many it may use, ``until`` when it must stop, in seconds since 1970; None is no limit.
    """

    out: Path
    data_root: str
    compile: bool
    run: Run
    threads: int | None
    until: float | None

    def __call__(self) -> str | None:
        """Execute it; what went wrong, in one line."""
        quiet_lightning()
        registry.register()
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        left = None if self.until is None else max(0.0, (self.until - time.time()) / 60)
        try:
            Benchmark(self.out, self.data_root, self.compile, left).execute(self.run)
        except OutOfTime:
            return None
        except UserError as error:
            return str(error)
        return None


def launch(board: Benchmark, runs: Sequence[Run], args: Namespace) -> None:
    """Execute what has no record as jobs, and wait for them. UserError, after all have ended, if some failed.

    On this machine jobs end with this process, unless it is killed; those of SLURM go on.
    """
    waiting = [run for run in runs if not board.record(run).exists()]
    if not waiting:
        return
    workers = args.workers or 1
    threads = args.cpus or (max(1, (os.cpu_count() or 1) // workers) if args.launcher == LOCAL else None)
    until = None if args.max_time is None else time.time() + 60 * args.max_time
    jobs = [Job(board.out, board.data_root, board.compile, run, threads, until) for run in waiting]
    logs = writable_folder(board.out / "work_dirs" / "jobs")
    print(f"{len(jobs)} runs, {workers} at a time; logs: {logs}", flush=True)
    submitted = (
        _local(logs, jobs, args, workers, until) if args.launcher == LOCAL else _array(logs, jobs, args, workers)
    )
    failed, done = [], 0
    for done, (job, task) in enumerate(submitted, 1):
        problem = _problem(task)
        if problem is None and board.record(job.run).exists():
            print(f"{done} of {len(jobs)}: {board.record(job.run)}", flush=True)
        elif problem is not None:
            failed.append(f"{job.run.name}: {problem} (log: {task.paths.stderr})")
            print(f"failed: {failed[-1]}", flush=True)
        else:
            print(f"{done} of {len(jobs)}: {job.run.name} is not complete; repeat the command to continue", flush=True)
    if done < len(jobs):
        print(f"--max_time: {len(jobs) - done} runs were not begun; repeat the command to continue", flush=True)
    if failed:
        raise UserError(f"{len(failed)} of {len(runs)} runs failed, the first was {failed[0]}")


def _problem(task: Any) -> str | None:
    """What went wrong with a task that has ended, in one line."""
    try:
        return task.result()
    except submitit.core.utils.FailedJobError as error:
        return one_line(ValueError(str(error).strip().splitlines()[-1]))
    except submitit.core.utils.UncompletedJobError:
        return "it was stopped; repeat the command to continue"


def _local(
    logs: Path, jobs: Sequence[Job], args: Namespace, workers: int, until: float | None
) -> Iterator[tuple[Job, Any]]:
    """Each job and its task when that has ended, ``workers`` of them at a time: submitit alone would start all.

    From the time ``until`` on, none is begun.
    """
    executor = submitit.LocalExecutor(logs)
    there = torch.cuda.device_count()
    if (args.gpus or 0) > there:
        raise UserError(f"--gpus is {args.gpus}, this machine has {there}")
    gpus = args.gpus if args.gpus is not None else min(1, there)
    left, running = list(jobs), dict[int, tuple[Job, Any]]()  # by the number of the worker, whose GPUs are its own
    with _cancelled(running):
        while left or running:
            if until is not None and time.time() >= until:
                left.clear()
            for number in range(workers):
                if number not in running and left:
                    visible = [(number * gpus + each) % there for each in range(gpus)] if there else []
                    minutes = args.minutes or _A_YEAR
                    executor.update_parameters(timeout_min=minutes, gpus_per_node=len(visible), visible_gpus=visible)
                    running[number] = left[0], executor.submit(left.pop(0))
            time.sleep(_PAUSE[LOCAL])
            for number, (job, task) in list(running.items()):
                if task.done():
                    del running[number]
                    yield job, task


@contextmanager
def _cancelled(running: dict[int, tuple[Job, Any]]) -> Iterator[None]:
    """In the end nothing runs on."""
    try:
        yield
    finally:
        for _, task in running.values():
            task.cancel(check=False)
        for _, task in running.values():
            while not task.done():
                time.sleep(_PAUSE[LOCAL])


def _array(logs: Path, jobs: Sequence[Job], args: Namespace, workers: int) -> Iterator[tuple[Job, Any]]:
    """Each job and its task when that has ended: one array, requeued by SLURM where it stops a task."""
    try:
        executor = submitit.SlurmExecutor(logs, max_num_timeout=_REQUEUED)
        given = {"cpus_per_task": args.cpus, "gpus_per_node": args.gpus, "partition": args.partition}
        given["mem"] = args.memory and f"{args.memory:g}GB"
        executor.update_parameters(
            job_name="seqinterp",
            time=int(args.minutes or _A_DAY),
            array_parallelism=workers,
            **{name: value for name, value in given.items() if value is not None},
        )
        with executor.batch():
            running = [(job, executor.submit(job)) for job in jobs]
    except (RuntimeError, submitit.core.utils.FailedJobError) as error:
        raise UserError(f"--launcher slurm: {one_line(error)}; start it where sbatch and srun are") from error
    while running:
        ended = [each for each in running if each[1].done()]
        yield from ended
        running = [each for each in running if each not in ended]
        time.sleep(_PAUSE[SLURM] if running else 0)
