import os

import pytest
import torch
from torch import nn

from openstl_seqinterp.checkpoint import load_checkpoint, load_weights, require_same_run
from openstl_seqinterp.errors import UserError


class _Runs:
    """Unpickling this makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path):
    torch.save({"state_dict": {}, "extra": _Runs(tmp_path / "made")}, tmp_path / "bad.ckpt")
    with pytest.raises(UserError, match="could run code"):
        load_checkpoint(tmp_path / "bad.ckpt")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("damage", ["truncate", "text", "empty"])
def test_a_damaged_file_is_one_clear_line(tmp_path, damage):
    path = tmp_path / "best.ckpt"
    torch.save({"state_dict": {"a": torch.zeros(1000)}}, path)
    path.write_bytes({"truncate": path.read_bytes()[:-500], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(UserError, match=r"best\.ckpt is (damaged|refused)") as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_one_without_weights_are_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no checkpoint .*best\.ckpt"):
        load_checkpoint(tmp_path / "best.ckpt")
    torch.save([1, 2], tmp_path / "list.ckpt")
    with pytest.raises(UserError, match="has no state_dict"):
        load_checkpoint(tmp_path / "list.ckpt")
    torch.save({"state_dict": {"a": 3}}, tmp_path / "numbers.ckpt")
    with pytest.raises(UserError, match="has no state_dict of weights"):
        load_checkpoint(tmp_path / "numbers.ckpt")
    torch.save({"state_dict": {"a": torch.zeros(1)}}, tmp_path / "weights.ckpt")
    with pytest.raises(UserError, match="it has no epoch"):
        load_checkpoint(tmp_path / "weights.ckpt")


def test_weights_of_another_model_are_refused_and_nothing_is_loaded(tmp_path):
    model = nn.Linear(2, 2)
    before = model.weight.clone()
    with pytest.raises(UserError, match=r"weight is \(3, 2\) there, \(2, 2\) here"):
        load_weights(model, {"state_dict": nn.Linear(2, 3).state_dict()}, tmp_path)
    with pytest.raises(UserError, match=r"bias is absent there, \(2,\) here"):
        load_weights(model, {"state_dict": nn.Linear(2, 2, bias=False).state_dict()}, tmp_path)
    with pytest.raises(UserError, match="not finite"):
        load_weights(model, {"state_dict": {"weight": torch.full((2, 2), torch.nan), "bias": torch.zeros(2)}}, tmp_path)
    assert torch.equal(model.weight, before)


def test_resuming_tells_settings_that_matter_from_those_that_do_not(tmp_path):
    model = nn.Linear(1, 1)
    model.hparams = {"lr": 0.1, "num_workers": 4}
    state = {"optimizer_states": [], "lr_schedulers": [], "loops": {}, "callbacks": {}}
    require_same_run(model, {**state, "hyper_parameters": {"lr": 0.1, "num_workers": 0}}, tmp_path)
    with pytest.raises(UserError, match=r"lr=0\.2, not 0\.1"):
        require_same_run(model, {**state, "hyper_parameters": {"lr": 0.2, "num_workers": 4}}, tmp_path)
    model.hparams |= {"value_range": [0.0, 1.0], "fill_value": -9.0}  # as of imported data
    same = {"lr": 0.1, "num_workers": 4}  # checkpoints of earlier versions say nothing of values
    require_same_run(model, {**state, "hyper_parameters": same}, tmp_path)
    with pytest.raises(UserError, match=r"value_range=\[0\.0, 2\.0\], not \[0\.0, 1\.0\]"):
        require_same_run(model, {**state, "hyper_parameters": {**same, "value_range": [0.0, 2.0]}}, tmp_path)
    del state["loops"]
    with pytest.raises(UserError, match="it has no loops"):
        require_same_run(model, {**state, "hyper_parameters": {"lr": 0.1}}, tmp_path)
