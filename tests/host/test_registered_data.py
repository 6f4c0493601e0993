"""Imported data sets wherever a name is looked up: OpenSTL's own scripts, torchrun, one method after another."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from openstl_seqinterp import cli, host, registry

ROOT = Path(__file__).resolve().parents[2]
NETWORK = "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n"
LATENT = "hidden = 4\nrefinements = 1\n"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A data root with the data set ``mine``: noise of 10 sequences of 12 images, 8x12."""
    root = tmp_path_factory.mktemp("imported")
    np.save(root / "noise.npy", np.random.default_rng(0).integers(0, 256, (10, 12, 8, 12), np.uint8))
    argv = [str(root / "noise.npy"), "--out", str(root / "mine"), "--length", "12", "--withhold", "6", "--axes", "NTYX"]
    assert cli.main(["import", *argv]) == 0
    return root


@pytest.fixture
def command(imported, tmp_path):
    def build(method, network):
        config = tmp_path / f"{method}.py"
        config.write_text(f"method = {method!r}\n{network}epoch = 1\nbatch_size = 4\nno_display_method_info = True\n")
        return [
            *("-d", "mine", "-m", method, "-c", str(config), "--data_root", str(imported), "--precision", "32"),
            *("--res_dir", str(tmp_path), "--ex_name", method, "--test_sets", "mine"),
        ]

    return build


def test_methods_of_different_protocols_read_it_one_after_the_other(command, tmp_path):
    registry.register()
    tables = [dict(registry.DATASETS), dict(host.dataset_parameters)]
    for method, network in (("SimVP", NETWORK), ("LatentAffine", LATENT), ("SimVP", NETWORK)):
        assert cli.main(["train", *command(method, network)]) == 0
    inputs = {name: np.load(tmp_path / name / "saved" / "inputs.npy").shape for name in ("SimVP", "LatentAffine")}
    assert inputs["SimVP"][1:] == (4, 1, 8, 12)  # five known images before the withheld one: four in, four out
    assert inputs["LatentAffine"][1:] == (12, 1, 8, 12)
    assert [dict(registry.DATASETS), dict(host.dataset_parameters)] == tables


def _torchrun(words):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*launcher, *words], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_processes_find_it(command, tmp_path):
    _torchrun([str(ROOT / "tools" / "train.py"), *command("LatentAffine", LATENT)])
    assert set(json.loads((tmp_path / "LatentAffine" / "scores.json").read_text())["scores"]) == {"mine"}


@pytest.mark.skipif(host.EMBEDDED, reason="runs scripts of OpenSTL, which is not installed")
@pytest.mark.parametrize(("method", "network"), [("SimVP", NETWORK), ("LatentAffine", LATENT)])
def test_openstls_own_script_finds_it(command, tmp_path, method, network):
    script = Path(sys.modules["openstl"].__file__).parents[1] / "tools" / "train.py"
    arguments = [str(script), *command(method, network), "--batch_size", "4", "--val_batch_size", "4"]
    done = subprocess.run(
        [sys.executable, "-m", "openstl_seqinterp", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(json.loads((tmp_path / method / "scores.json").read_text())["scores"]) == {"mine"}
