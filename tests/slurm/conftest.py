"""These tests need a cluster of SLURM: `make test-slurm` starts one on this machine."""

import os
from pathlib import Path

import pytest

collect_ignore_glob = [] if os.environ.get("SLURM_CONF") else ["test_*.py"]

SIMVP = "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\ndrop_path = 0.2\n"
TRAINING = "epoch_cases = 64\nbatch_size = 16\nval_batch_size = 64\nlr = 5e-3\n"


@pytest.fixture
def place(small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with configs of tiny networks; SimVP takes many epochs, so that it can be stopped in between."""
    configs = tmp_path / "configs" / "seqinterp"
    configs.mkdir(parents=True)
    (configs / "SimVP_quick.py").write_text(f"method = 'SimVP'\n{SIMVP}{TRAINING}epoch = 40\n")
    (configs / "LatentAffine_quick.py").write_text(
        f"method = 'LatentAffine'\nhidden = 4\nrefinements = 1\n{TRAINING}epoch = 2\n"
    )
    (tmp_path / "data").symlink_to(small_root)
    monkeypatch.chdir(tmp_path)
    return tmp_path
