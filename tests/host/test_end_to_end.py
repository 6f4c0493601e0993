"""Train, stop, resume and test through the commands, as a user does, on whichever host is there."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from stopping import stopped

from openstl_seqinterp import cli, host, speedups
from openstl_seqinterp.callbacks import Announcement
from openstl_seqinterp.config import resolve
from openstl_seqinterp.data.sets import scored_sets
from openstl_seqinterp.evaluation import remembered
from openstl_seqinterp.evaluation.baselines import Baseline
from openstl_seqinterp.experiment import SeqInterpExperiment

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def _weights(folder: Path, name: str) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints" / name, weights_only=True)["state_dict"]


def _same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_leaves_scores_figures_and_arrays(trained):
    folder, _ = trained
    content = json.loads((folder / "scores.json").read_text())
    assert list(content) == ["host", "method", "train_set", "seed", "checkpoint", "scores"]
    assert content["host"] == host.NAME
    assert content["method"] == "SimVP"
    assert content["train_set"] == "n6"
    assert list(content["scores"]) == scored_sets("seqinterp")
    for scores in content["scores"].values():
        assert list(scores) == ["model", "copy", "mean", "dis-flow", "motion", "floor"]
        for frames in scores.values():
            assert set(frames) == {"4", "16", "all"}
    assert {path.name for path in (folder / "saved").iterdir()} == {
        "inputs.npy",
        "preds.npy",
        "trues.npy",
        "metrics.npy",
    }
    assert (folder / "scores.md").read_text().startswith("# SimVP trained on n6")
    for name in (
        "sequence",
        *(f"{kind}-{test_set}" for kind in ("best", "worst") for test_set in scored_sets("seqinterp")),
    ):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_second_scoring_takes_the_baselines_from_beside_the_data(trained, small_root, tmp_path, monkeypatch):
    folder, command = trained
    kept = small_root / remembered.FOLDER
    assert {path.stem for path in kept.iterdir()} == {*scored_sets("seqinterp")}

    def refuse(*_):
        raise AssertionError("a baseline predicts again")

    monkeypatch.setattr(Baseline, "predict", refuse)
    best = str(folder / "checkpoints" / "best.ckpt")
    assert cli.main(["test", *command, "--res_dir", str(tmp_path), "--ex_name", "again", "--ckpt_path", best]) == 0
    first, again = (json.loads((run / "scores.json").read_text())["scores"] for run in (folder, tmp_path / "again"))
    assert again == first


def test_the_scores_are_those_of_the_saved_arrays(trained):
    folder, _ = trained
    saved = {path.stem: np.load(path) for path in (folder / "saved").iterdir()}
    assert saved["inputs"].shape == (24, 4, 1, 36, 36)
    assert saved["preds"].shape == saved["trues"].shape == (24, 1, 1, 36, 36)
    error = saved["preds"].astype(float) - saved["trues"]
    model = json.loads((folder / "scores.json").read_text())["scores"]["n6"]["model"]
    # Sums over 1296 pixels in fp32, which SSIM divides by one another: see evaluation/test_metrics.py.
    assert model["all"]["mse"] == pytest.approx((error**2).sum((1, 2, 3, 4)).mean(), rel=1e-5)
    assert model["16"]["mae"] == pytest.approx(np.abs(error[1::2]).sum((1, 2, 3, 4)).mean(), rel=1e-5)
    assert saved["metrics"].tolist() == [model["all"]["mae"], model["all"]["mse"]]
    reference = [
        structural_similarity(np.clip(p[0, 0], 0, 1).astype(float), t[0, 0].astype(float), data_range=1)
        for p, t in zip(saved["preds"], saved["trues"], strict=True)
    ]
    assert model["all"]["ssim"] == pytest.approx(np.mean(reference), abs=2e-5)


def test_the_test_command_gives_the_scores_of_training(copied, capsys):
    folder, command = copied
    before = json.loads((folder / "scores.json").read_text())["scores"]
    for name in ("scores.json", "scores.md"):
        (folder / name).unlink()
    assert cli.main(["test", *command]) == 0
    assert json.loads((folder / "scores.json").read_text())["scores"] == before
    assert "best.ckpt (epoch " in capsys.readouterr().out


def test_best_is_the_epoch_with_the_lowest_validation_loss(arguments, tmp_path, monkeypatch):
    losses = iter([0.3, 0.1, 0.2])
    finished = {}

    def validation_step(self, batch, batch_idx):
        if batch_idx == 0:
            self.log("val_loss", torch.tensor(next(losses)))
            finished[self.current_epoch] = {name: value.clone() for name, value in self.state_dict().items()}

    monkeypatch.setattr(host.SimVP, "validation_step", validation_step)
    assert cli.main(["train", *arguments]) == 0
    assert _same(_weights(tmp_path / "runs" / "run", "best.ckpt"), finished[1])
    assert _same(_weights(tmp_path / "runs" / "run", "last.ckpt"), finished[2])


def test_compiled_training_ends_with_the_same_weights(arguments, tmp_path, monkeypatch):
    compile, modes, training = torch.compile, [], []

    def recorded(function, *, mode, dynamic):
        # Without the code generator, which takes a C++ compiler and a minute, and rounds in another way.
        compiled = compile(function, backend="eager", dynamic=dynamic)
        modes.append(mode)

        def call(*args, **kwargs):
            training.append(function.__self__.training)
            return compiled(*args, **kwargs)

        return call

    assert cli.main(["train", *arguments, "--ex_name", "plain"]) == 0
    monkeypatch.setattr(torch, "compile", recorded)
    assert cli.main(["train", *arguments, "--ex_name", "compiled", "--compile"]) == 0
    assert modes == [None]
    assert len(training) == 3 * 6  # epochs of 11 training sequences with 8 windows, by 16
    assert all(training)
    plain, compiled = (_weights(tmp_path / "runs" / name, "last.ckpt") for name in ("plain", "compiled"))
    assert plain.keys() == compiled.keys()
    for name, value in compiled.items():
        torch.testing.assert_close(value, plain[name])


def test_a_network_that_cannot_be_compiled_ends_in_one_line(arguments, monkeypatch, capsys):
    def backend(graph, inputs):
        raise RuntimeError("no C++ compiler")

    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function, **_: compile(function, backend=backend))
    assert cli.main(["train", *arguments, "--compile"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("error: torch.compile failed (")
    assert "no C++ compiler" in line
    assert line.endswith("leave --compile out")


def test_a_torch_that_cannot_compile_at_all_ends_in_one_line(arguments, monkeypatch, capsys):
    def compile(function, **_):
        raise RuntimeError("torch.compile is not supported on Python 3.99+")

    monkeypatch.setattr(torch, "compile", compile)
    assert cli.main(["train", *arguments, "--compile"]) == 2
    assert "is not supported on Python 3.99+); leave --compile out" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("on", "mode"), [("cpu", None), ("gpu", "reduce-overhead")])
def test_cuda_graphs_are_for_a_gpu(monkeypatch, on, mode):
    modes = []
    monkeypatch.setattr(torch, "compile", lambda function, **options: modes.append(options["mode"]))
    network = torch.nn.Identity()
    with speedups.compiled(network, on):
        assert "forward" in vars(network)
    assert modes == [mode]
    assert "forward" not in vars(network)  # a copy of it would still run the original


def test_what_a_method_wraps_is_compiled_too(arguments, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: asked.append(type(function.__self__)) or function)
    wrapped = [*arguments[2:], "-d", "seqinterp_infill", "-m", "SimVP_Motion", "--compile", "-e", "1"]
    assert cli.main(["train", *wrapped]) == 0
    assert asked == [host.SimVP_Model]


@pytest.mark.parametrize(("stop", "schedule"), [((0, 2), "onecycle"), ((1, 3), "onecycle"), ((2, 1), "cosine")])
def test_a_resumed_run_equals_an_uninterrupted_one(arguments, tmp_path, capsys, stop, schedule):
    arguments = [*arguments, "--sched", schedule]
    assert cli.main(["train", *arguments, "--ex_name", "whole"]) == 0
    with stopped(host.SimVP, stop) as exit_code:
        cli.main(["train", *arguments])
    assert exit_code.value.code == 130
    assert "--resume" in capsys.readouterr().err
    assert cli.main(["train", *arguments, "--resume"]) == 0
    whole, resumed = tmp_path / "runs" / "whole", tmp_path / "runs" / "run"
    for name in ("best.ckpt", "last.ckpt"):
        assert _same(_weights(whole, name), _weights(resumed, name))
    scores = [json.loads((folder / "scores.json").read_text())["scores"] for folder in (whole, resumed)]
    assert scores[0] == scores[1]


def test_sigterm_leaves_a_checkpoint_and_says_how_to_go_on(arguments, tmp_path):
    command = [sys.executable, str(TOOLS / "train.py"), *arguments, "-e", "1000"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TOOLS.parent), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, text=True)
    last = tmp_path / "runs" / "run" / "checkpoints" / "last.ckpt"
    for _ in range(600):
        if last.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert errors.splitlines()[-1].startswith(f"stopped; {last}")
    assert torch.load(last, weights_only=True)["state_dict"]
    assert [path.name for path in last.parent.iterdir() if path.name.startswith(".")] == []


def test_resume_refuses_another_command(copied, capsys):
    _, command = copied
    assert cli.main(["train", *command, "--resume", "--lr", "0.1"]) == 2
    assert "lr=0.005, not 0.1" in capsys.readouterr().err


def test_seqinterp_variant_trains_on_both_losses(arguments, tmp_path):
    config = Path(arguments[arguments.index("-c") + 1])
    config.write_text(config.read_text() + "mse_weight = 1.0\nmae_weight = 0.5\n")
    assert cli.main(["train", *arguments, "-m", "SimVP_SeqInterp", "-e", "1"]) == 0
    content = json.loads((tmp_path / "runs" / "run" / "scores.json").read_text())
    assert content["method"] == "SimVP_SeqInterp"
    stored = torch.load(tmp_path / "runs" / "run" / "checkpoints" / "best.ckpt", weights_only=True)["hyper_parameters"]
    assert (stored["mse_weight"], stored["mae_weight"]) == (1.0, 0.5)


# Learning rates at the end of two epochs of six steps, from 5e-3 (1e-6 is --min_lr, 100 --decay_epoch).
SCHEDULES = {"cosine": 1e-6 + (5e-3 - 1e-6) * (1 + math.cos(math.pi)) / 2, "step": 5e-3}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_do_what_they_are_named_after(arguments, monkeypatch, schedule):
    rates = []
    monkeypatch.setattr(
        host.SimVP, "on_train_end", lambda self: rates.append(self.optimizers().param_groups[0]["lr"]), raising=False
    )
    assert cli.main(["train", *arguments, "-e", "2", "--sched", schedule]) == 0
    assert rates == [pytest.approx(SCHEDULES[schedule])]


def test_gradients_are_clipped(arguments, tmp_path):
    # Far below Adam's epsilon of 1e-8, a clipped gradient moves nothing.
    assert cli.main(["train", *arguments, "-e", "1", "--clip_grad", "1e-16"]) == 0
    assert cli.main(["train", *arguments, "-e", "1", "--ex_name", "free"]) == 0
    first = dict(resolve_and_build(arguments).method.named_parameters())
    clipped, free = (_weights(tmp_path / "runs" / name, "last.ckpt") for name in ("run", "free"))
    for name, value in first.items():
        torch.testing.assert_close(clipped[name], value.detach(), rtol=0, atol=1e-6)
    assert max(float((free[name] - value.detach()).abs().max()) for name, value in first.items()) > 1e-3


def resolve_and_build(arguments: list[str]) -> SeqInterpExperiment:
    return SeqInterpExperiment(resolve(arguments))


def test_deterministic_algorithms_are_switched_on(arguments):
    try:
        resolve_and_build([*arguments, "--deterministic"])
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_a_checkpoint_that_is_named_is_the_one_scored(copied):
    folder, command = copied
    last = folder / "checkpoints" / "last.ckpt"
    assert cli.main(["test", *command, "--test_sets", "n6", "--ckpt_path", str(last)]) == 0
    assert json.loads((folder / "scores.json").read_text())["checkpoint"] == str(last)


def test_describing_the_model_changes_nothing(arguments, tmp_path):
    config = Path(arguments[arguments.index("-c") + 1])
    assert cli.main(["train", *arguments, "-e", "1"]) == 0
    config.write_text(config.read_text().replace("no_display_method_info = True", ""))
    assert cli.main(["train", *arguments, "-e", "1", "--ex_name", "shown"]) == 0
    quiet, shown = (_weights(tmp_path / "runs" / name, "last.ckpt") for name in ("run", "shown"))
    assert _same(quiet, shown)


@pytest.mark.parametrize(("long", "announced"), [(3600.0, False), (0.0, True)])
def test_a_long_run_is_announced_with_the_quick_config(arguments, monkeypatch, capsys, long, announced):
    monkeypatch.setattr(Announcement, "long", long)
    assert cli.main(["train", *arguments]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("this will take")]
    assert len(lines) == announced
    for line in lines:  # after 5 of 3 x 6 steps
        assert re.match(
            r"this will take about 0 hours on this device \(13 steps of [0-9.]+ s\); .*SimVP_quick.py$", line
        )
