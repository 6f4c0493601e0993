"""Runs as an array of SLURM, one of them stopped in between; and training by two processes that srun starts."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import torch

from openstl_seqinterp import cli

BOTH = ["--methods", "LatentAffine", "SimVP", "--train_sets", "n6", "--seeds", "1"]
PACKAGE = Path(__file__).resolve().parents[2]


def records(place, out):
    return {path.stem: json.loads(path.read_text()) for path in (place / out / "quick").glob("*.json")}


def steps(checkpoint):
    try:
        return torch.load(checkpoint, weights_only=True)["global_step"]
    except (OSError, RuntimeError, EOFError):
        return 0


def test_a_job_that_is_preempted_is_requeued_and_goes_on(place):
    assert cli.main(["benchmark", *BOTH, "--out", "whole"]) == 0
    launcher = ["--launcher", "slurm", "--workers", "2", "--cpus", "1", "--minutes", "30", "--partition", "all"]
    command = [sys.executable, "-m", "openstl_seqinterp", "benchmark", *BOTH, *launcher, "--out", "killed"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    last = place / "killed" / "work_dirs" / "quick" / "SimVP_n6_42" / "checkpoints" / "last.ckpt"
    while process.poll() is None and not 0 < steps(last) < 120:  # of 40 epochs of 4 steps
        time.sleep(0.1)
    (job,) = re.findall(r"^(\d+_1) ", subprocess.check_output(["squeue", "-h", "-o", "%i "], text=True), re.MULTILINE)
    subprocess.check_call(["scancel", "--signal=USR2", job])  # what SLURM sends before a time limit and to preempt
    output, errors = process.communicate(timeout=900)
    assert process.returncode == 0, output + errors
    logs = "".join(path.read_text() for path in (place / "killed" / "work_dirs" / "jobs").glob("*_1_*_log.*"))
    assert "Requeued job" in logs
    (finished,) = map(int, re.findall(r"after epoch (\d+) of 40", logs))
    assert 0 < finished < 40
    whole, resumed = records(place, "whole"), records(place, "killed")
    for name in ("LatentAffine_n6_42", "SimVP_n6_42"):
        assert resumed[name]["scores"] == whole[name]["scores"]


def test_two_processes_train_that_srun_starts(place):
    command = [
        "train",
        "-m",
        "SimVP",
        "-c",
        "configs/seqinterp/SimVP_quick.py",
        "--epoch",
        "2",
        "--precision",
        "32",
        "--ex_name",
        "run",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PACKAGE)}
    tasks = ["srun", "--nodes", "1", "--ntasks-per-node", "2", "--cpus-per-task", "1"]
    arguments = [*tasks, sys.executable, "-m", "openstl_seqinterp", *command]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    state = torch.load(place / "work_dirs" / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["global_step"] == 2 * 2  # 64 cases, 32 for each process, in batches of 16
    assert json.loads((place / "work_dirs" / "run" / "scores.json").read_text())["scores"]
