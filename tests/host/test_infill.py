"""The methods of ``seqinterp_infill``, trained and scored by whichever host is there."""

import json

import numpy as np
import pytest
import torch

from openstl_seqinterp import cli

SETTINGS = {
    "SimVP_Motion": "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n",
    "LatentAffine": "hidden = 4\nrefinements = 2\n",
}
COMMON = "epoch = 2\nepoch_cases = 128\nbatch_size = 16\nval_batch_size = 64\nlr = 2e-3\n"


@pytest.fixture(params=SETTINGS)
def command(request, small_root, tmp_path):
    """The command line of a tiny run of a method, without the name of its data set."""
    config = tmp_path / "tiny.py"
    config.write_text(f"method = {request.param!r}\n{SETTINGS[request.param]}{COMMON}")
    return [
        *("-m", request.param, "-c", str(config), "--data_root", str(small_root), "--res_dir", str(tmp_path)),
        *("--ex_name", "run", "--precision", "32", "--test_sets", "n3", "n3-aug"),
    ]


@pytest.fixture
def short(command):
    """The same for what is trained alone: one short epoch, fewer scores."""
    return [*command[:-1], "-e", "1", "--epoch_cases", "32"]


def test_it_trains_scores_and_gives_the_same_scores_again(command, tmp_path):
    assert cli.main(["train", *command]) == 0
    first = json.loads((tmp_path / "run" / "scores.json").read_text())
    for test_set in ("n3", "n3-aug"):
        scores = {name: rows["all"]["mse"] for name, rows in first["scores"][test_set].items()}
        assert scores["floor"] < scores["model"] < scores["copy"]
    inputs = np.load(tmp_path / "run" / "saved" / "inputs.npy")
    assert not inputs[0, 3].any()  # image 4 is what is missing
    assert cli.main(["test", *command]) == 0
    assert json.loads((tmp_path / "run" / "scores.json").read_text())["scores"] == first["scores"]


def test_balance_changes_what_a_run_is_trained_on(short, tmp_path):
    weights = []
    for balance in ("none", "velocity"):
        assert cli.main(["train", *short, "--balance", balance]) == 0
        best = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=True)
        assert best["hyper_parameters"]["balance"] == balance
        weights.append(torch.cat([value.flatten().float() for value in best["state_dict"].values()]))
    assert not torch.equal(*weights)


def test_the_data_set_of_another_method_is_refused(command, capsys):
    assert cli.main(["train", *command, "-d", "seqinterp"]) == 2
    assert "reads -d seqinterp_infill, not seqinterp" in capsys.readouterr().err


def test_simvp_does_not_read_the_slots(arguments, capsys):
    arguments[arguments.index("seqinterp")] = "seqinterp_infill"
    assert cli.main(["train", *arguments]) == 2
    assert "SimVP reads -d seqinterp, not seqinterp_infill" in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "value"), [("--balance", "speed"), ("--epoch_cases", "0")])
def test_wrong_values_end_in_one_line(command, flag, value, capsys, tmp_path):
    assert cli.main(["train", *command, flag, value]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_training_starts_from_the_weights_that_are_named(short, tmp_path, capsys):
    assert cli.main(["train", *short]) == 0
    first = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=True)
    path = tmp_path / "first.ckpt"
    torch.save(first, path)
    # A learning rate of next to nothing, so the weights stay where they were.
    again = [*short, "--ex_name", "again", "--from", str(path), "--lr", "1e-12", "--epoch_cases", "16"]
    assert cli.main(["train", *again]) == 0
    assert f"starting from the weights of {path}" in capsys.readouterr().out
    second = torch.load(tmp_path / "again" / "checkpoints" / "best.ckpt", weights_only=True)
    for name, value in first["state_dict"].items():
        torch.testing.assert_close(second["state_dict"][name], value, msg=name)  # statistics of batches as well
    other = {**first, "hyper_parameters": {**first["hyper_parameters"], "method": "simvp"}}
    torch.save(other, path)
    assert cli.main(["train", *again]) == 2
    assert "is of method simvp, not" in capsys.readouterr().err
