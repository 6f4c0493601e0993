"""Runs as jobs of submitit on this machine: each is done once, and one that was killed goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import submitit
import torch

from openstl_seqinterp import cli
from openstl_seqinterp.apps.benchmark.launch import Job
from openstl_seqinterp.apps.benchmark.runs import Run

pytestmark = pytest.mark.engines
BOTH = ["--methods", "LatentAffine", "SimVP", "--train_sets", "n6", "--seeds", "1"]
JOBS = ["--launcher", "local", "--workers", "2"]
LAST = Path("work_dirs/quick/SimVP_n6_42/checkpoints/last.ckpt")


def records(place, out="results"):
    return {path.stem: json.loads(path.read_text()) for path in (place / out / "quick").glob("*.json")}


def jobs_of(process):
    """The processes of submitit's jobs, by the names of their runs."""
    found = {}
    for child in psutil.Process(process.pid).children(recursive=True):
        if "submitit.core._submit" in " ".join(child.cmdline()):
            folder = Path(child.cmdline()[-1])
            number = child.environ()["SUBMITIT_LOCAL_JOB_ID"]
            pickled = folder / f"{number}_submitted.pkl"
            found[submitit.core.utils.DelayedSubmission.load(pickled).function.run.name] = child
    return found


def steps(checkpoint):
    try:
        return torch.load(checkpoint, weights_only=True)["global_step"]
    except (OSError, RuntimeError, EOFError):
        return 0


@pytest.fixture
def long_place(place):
    """`place` with a SimVP of many epochs, whose job can be killed in the middle of them."""
    config = place / "configs" / "seqinterp" / "SimVP_quick.py"
    config.write_text(config.read_text().replace("epoch = 3", "epoch = 8"))
    return place


def start(*flags, out):
    command = [sys.executable, "-m", "openstl_seqinterp", "benchmark", *BOTH, *JOBS, "--out", out, *flags]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def kill_in_the_middle(process, out):
    while process.poll() is None and not 0 < steps(out / LAST) < 24:  # of 8 epochs of 4 steps
        time.sleep(0.05)
    jobs_of(process)["SimVP_n6_42"].send_signal(signal.SIGKILL)


def test_a_job_that_is_killed_goes_on_and_the_other_is_not_repeated(long_place):
    assert cli.main(["benchmark", "--methods", "SimVP", *BOTH[3:], "--out", "whole"]) == 0
    process = start(out="killed")
    kill_in_the_middle(process, long_place / "killed")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 2
    line = "error: 1 of 2 runs failed, the first was SimVP_n6_42: it was stopped; repeat the command to continue"
    assert errors.splitlines()[-1].startswith(line)
    assert list(records(long_place, "killed")) == ["LatentAffine_n6_42"]
    assert "LatentAffine_n6_42" in (long_place / "killed" / "README.md").read_text()
    done = (long_place / "killed" / "quick" / "LatentAffine_n6_42.json").stat().st_mtime_ns
    finished = steps(long_place / "killed" / LAST)
    assert 0 < finished < 32
    assert cli.main(["benchmark", *BOTH, *JOBS, "--out", "killed"]) == 0
    assert (long_place / "killed" / "quick" / "LatentAffine_n6_42.json").stat().st_mtime_ns == done
    logs = "".join(path.read_text() for path in (long_place / "killed" / "work_dirs" / "jobs").glob("*_log.out"))
    assert f"after epoch {finished // 4} of 8" in logs
    (whole,), resumed = records(long_place, "whole").values(), records(long_place, "killed")
    assert resumed["SimVP_n6_42"]["scores"] == whole["scores"]


def test_jobs_end_with_the_command(long_place):
    process = start(out="stopped")
    while process.poll() is None and not steps(long_place / "stopped" / LAST):
        time.sleep(0.05)
    jobs = list(jobs_of(process).values())
    assert jobs
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not psutil.wait_procs(jobs, timeout=10)[1]


def test_none_is_begun_when_the_time_is_over(place, capsys):
    assert cli.main(["benchmark", *BOTH, *JOBS, "--max_time", "0"]) == 0
    assert "--max_time: 2 runs were not begun; repeat the command to continue" in capsys.readouterr().out
    assert not list((place / "results" / "work_dirs" / "jobs").glob("*.pkl"))


def test_a_job_that_must_leave_is_the_same_job_later(place):
    job = Job(place / "results", "data", False, Run("quick", "LatentAffine", "n6", 42), 1, None)
    again = job.checkpoint()
    assert again.function == job
    assert (again.args, again.kwargs) == ((), {})
    assert again.function() is None
    assert list(records(place)) == ["LatentAffine_n6_42"]


def test_what_fails_is_named_and_others_run(place, capsys):
    config = place / "configs" / "seqinterp" / "SimVP_quick.py"
    config.write_text(config.read_text().replace("lr = 5e-3", "lr = 1e30"))
    assert cli.main(["benchmark", *BOTH, *JOBS]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: 1 of 2 runs failed, the first was SimVP_n6_42: ")
    assert "(log: " in error
    assert list(records(place)) == ["LatentAffine_n6_42"]
