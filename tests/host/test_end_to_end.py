"""Train, stop, resume and test through the commands, as a user does, on whichever host is there."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from openstl_seqinterp import cli, host
from openstl_seqinterp.data.loaders import TEST_SETS

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
    assert list(content["scores"]) == TEST_SETS
    for scores in content["scores"].values():
        assert list(scores) == ["model", "copy", "mean", "dis-flow", "floor"]
        for frames in scores.values():
            assert set(frames) == {"4", "16", "all"}
    assert {path.name for path in (folder / "saved").iterdir()} == {
        "inputs.npy",
        "preds.npy",
        "trues.npy",
        "metrics.npy",
    }
    assert (folder / "scores.md").read_text().startswith("# SimVP trained on n6")
    for name in ("sequence", *(f"{kind}-{test_set}" for kind in ("best", "worst") for test_set in TEST_SETS)):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_scores_are_those_of_the_saved_arrays(trained):
    folder, _ = trained
    saved = {path.stem: np.load(path) for path in (folder / "saved").iterdir()}
    assert saved["inputs"].shape == (24, 4, 1, 36, 36)
    assert saved["preds"].shape == saved["trues"].shape == (24, 1, 1, 36, 36)
    error = saved["preds"].astype(float) - saved["trues"]
    model = json.loads((folder / "scores.json").read_text())["scores"]["n6"]["model"]
    assert model["all"]["mse"] == pytest.approx((error**2).sum((1, 2, 3, 4)).mean(), rel=1e-9)
    assert model["16"]["mae"] == pytest.approx(np.abs(error[1::2]).sum((1, 2, 3, 4)).mean(), rel=1e-9)
    assert saved["metrics"] == pytest.approx([model["all"]["mae"], model["all"]["mse"]])
    reference = [
        structural_similarity(np.clip(p[0, 0], 0, 1).astype(float), t[0, 0].astype(float), data_range=1)
        for p, t in zip(saved["preds"], saved["trues"], strict=True)
    ]
    assert model["all"]["ssim"] == pytest.approx(np.mean(reference), abs=1e-6)


def test_the_test_command_gives_the_scores_of_training(copied, capsys):
    folder, command = copied
    before = json.loads((folder / "scores.json").read_text())["scores"]
    for name in ("scores.json", "scores.md"):
        (folder / name).unlink()
    assert cli.run(cli.test, command) == 0
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
    assert cli.run(cli.train, arguments) == 0
    assert _same(_weights(tmp_path / "runs" / "run", "best.ckpt"), finished[1])
    assert _same(_weights(tmp_path / "runs" / "run", "last.ckpt"), finished[2])


@pytest.mark.parametrize("stop", [(0, 2), (1, 3)], ids=["in the first epoch", "in the second epoch"])
def test_a_resumed_run_equals_an_uninterrupted_one(arguments, tmp_path, monkeypatch, capsys, stop):
    assert cli.run(cli.train, [*arguments, "--ex_name", "whole"]) == 0
    with monkeypatch.context() as patch:
        step = host.SimVP.training_step

        def interrupted(self, batch, batch_idx):
            if self._trainer is not None and (self.current_epoch, batch_idx) == stop:
                raise KeyboardInterrupt
            return step(self, batch, batch_idx)

        patch.setattr(host.SimVP, "training_step", interrupted)
        with pytest.raises(SystemExit) as exit_code:
            cli.run(cli.train, arguments)
    assert exit_code.value.code == 130
    assert "--resume" in capsys.readouterr().err
    assert cli.run(cli.train, [*arguments, "--resume"]) == 0
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
    assert cli.run(cli.train, [*command, "--resume", "--lr", "0.1"]) == 2
    assert "lr=0.005, not 0.1" in capsys.readouterr().err


def test_seqinterp_variant_trains_on_both_losses(arguments, tmp_path):
    config = Path(arguments[arguments.index("-c") + 1])
    config.write_text(config.read_text() + "mse_weight = 1.0\nmae_weight = 0.5\n")
    assert cli.run(cli.train, [*arguments, "-m", "SimVP_SeqInterp", "-e", "1"]) == 0
    content = json.loads((tmp_path / "runs" / "run" / "scores.json").read_text())
    assert content["method"] == "SimVP_SeqInterp"
    stored = torch.load(tmp_path / "runs" / "run" / "checkpoints" / "best.ckpt", weights_only=True)["hyper_parameters"]
    assert (stored["mse_weight"], stored["mae_weight"]) == (1.0, 0.5)


@pytest.mark.parametrize("schedule", ["cosine", "step", "onecycle"])
def test_schedules_run(arguments, tmp_path, schedule):
    assert cli.run(cli.train, [*arguments, "-e", "2", "--sched", schedule, "--clip_grad", "1.0"]) == 0
    state = torch.load(tmp_path / "runs" / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["epoch"] == 1
    assert state["optimizer_states"][0]["param_groups"][0]["lr"] <= 5e-3
