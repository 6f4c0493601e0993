"""Weights as safetensors: what is written is read again, what is damaged is refused, and the package's own work."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import openstl_seqinterp
from openstl_seqinterp import registry
from openstl_seqinterp.apps.fill.trained import remark
from openstl_seqinterp.checkpoint import load_checkpoint
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.shipped import SHIPPED, WEIGHTS, named_checkpoint, save_weights

SETTINGS = {
    "method": "simvp_motion", "in_shape": [8, 3, 36, 36], "pre_seq_length": 8, "aft_seq_length": 1,
    "dataname": "seqinterp_infill", "metrics": ["mse"], "model_type": "gSTA", "hid_S": 4, "hid_T": 8, "N_S": 2,
    "N_T": 2, "mlp_ratio": 2.0,
}  # fmt: skip


@pytest.fixture
def weights(tmp_path):
    """A file of the weights of an untrained network, and what was saved."""
    registry.register()
    from openstl_seqinterp import host

    method = host.method_maps["simvp_motion"](**SETTINGS)
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": SETTINGS, "epoch": 1, "global_step": 2}
    path = tmp_path / "some.safetensors"
    save_weights(path, checkpoint, {"all": {"network": 31.0, "motion": 30.0}})
    return path, checkpoint


def test_what_is_written_is_read_again(weights):
    path, saved = weights
    found = load_checkpoint(path)
    assert found["hyper_parameters"] == SETTINGS
    assert found["state_dict"].keys() == saved["state_dict"].keys()
    for name, value in saved["state_dict"].items():
        assert torch.equal(found["state_dict"][name], value)


def test_what_only_the_machine_knows_does_not_travel(weights, tmp_path):
    _, checkpoint = weights
    local = {**SETTINGS, "res_dir": "/home/me", "save_dir": "/home/me/run", "data_root": "/data", "ex_name": "run"}
    save_weights(tmp_path / "other.safetensors", {**checkpoint, "hyper_parameters": local}, {})
    assert load_checkpoint(tmp_path / "other.safetensors")["hyper_parameters"] == SETTINGS


GAPS = {
    "one": [8],
    "three in a row": [6, 7, 8],
    "nine in a row": list(range(4, 13)),
    "every second": list(range(1, 17, 2)),
    "three at either end": [0, 1, 2, 15, 16, 17],
}


@pytest.mark.parametrize("missing", GAPS.values(), ids=GAPS)
def test_an_untrained_network_fills_any_gap_as_motion_does(weights, missing):
    frames = np.random.default_rng(0).integers(0, 255, (18, 24, 30), np.uint8)
    observed = ~np.isin(np.arange(18), missing)
    filled = openstl_seqinterp.fill(frames, observed, checkpoint=weights[0], device="cpu")
    # It reads images between pixels to a little more than OpenCV does, and so rounds another way.
    assert np.abs(filled.astype(int) - openstl_seqinterp.fill(frames, observed)).max() <= 1


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "other", "no settings"])
def test_a_damaged_file_is_refused_in_one_line(weights, damage):
    path, _ = weights
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-8])
    elif damage == "other":
        save_file({"a": torch.zeros(1)}, path)
    elif damage == "no settings":
        save_file({"a": torch.zeros(1)}, path, {"checkpoint": json.dumps({"epoch": 1})})
    else:
        path.write_bytes({"text": b"hello", "empty": b""}[damage])
    with pytest.raises(UserError, match=r"some\.safetensors") as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


def test_a_checkpoint_that_is_no_better_than_motion_says_so():
    def trained(network, motion):
        return {"callbacks": {"History": {"epochs": [{"val_mse": network, "val_motion": motion}]}}}

    assert remark(trained(0.1, 0.2)) is None
    assert "no better than motion" in remark(trained(0.2, 0.1))
    assert remark({"scores": {"all": {"network": 31.0, "motion": 30.0}}}) is None
    assert "PSNR 29, motion 30" in remark({"scores": {"all": {"network": 29.0, "motion": 30.0}}})
    for unknown in ({}, {"callbacks": 3}, {"callbacks": {"History": {"epochs": []}}}, {"scores": {"all": {}}}):
        assert remark(unknown) is None


def test_any_other_name_is_a_path(tmp_path):
    assert named_checkpoint(tmp_path / "best.ckpt") == tmp_path / "best.ckpt"


@pytest.mark.skipif(WEIGHTS.is_file(), reason="they are there")
def test_where_the_package_has_none_it_says_how_to_make_them():
    with pytest.raises(UserError, match=r"tools/pretrain\.py"):
        named_checkpoint(SHIPPED)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="tools/pretrain.py has not been run")
def test_the_package_has_weights_of_its_own_that_fill_in_any_number_of_channels():
    assert WEIGHTS.stat().st_size < 2e6
    assert remark(load_checkpoint(WEIGHTS)) is None
    y, x = np.mgrid[:96, :128]
    scene = np.stack([127 + 60 * np.sin((x - 2 * time) / 9) + 60 * np.cos((y + time) / 7) for time in range(8)])
    observed = np.arange(8) != 4
    for frames in (scene, np.stack([scene, 255 - scene, scene / 2], axis=-1)):
        frames = np.rint(frames).astype(np.uint8)
        filled = openstl_seqinterp.fill(frames, observed, checkpoint=SHIPPED, device="cpu")
        error, still = (np.abs(image.astype(float) - frames[4]).mean() for image in (filled[4], frames[3]))
        assert error < still / 5


def test_naming_them_imports_no_torch():
    code = "import sys; from openstl_seqinterp import shipped; shipped.named_checkpoint('best.ckpt')"
    code += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
