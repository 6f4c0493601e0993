"""A small copy of the simulated sets and a network that trains on it in seconds, on whichever host is there."""

import shutil
from pathlib import Path

import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.data.simulate import write_dataset

TINY = """
method = 'SimVP'
model_type = 'gSTA'
hid_S = 4
hid_T = 8
N_S = 2
N_T = 2
mlp_ratio = 2.
epoch = 3
batch_size = 16
val_batch_size = 64
lr = 5e-3
drop_path = 0.2
no_display_method_info = True
"""


@pytest.fixture(scope="session")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen sequences of each set."""
    root = tmp_path_factory.mktemp("small")
    write_dataset(root, sets={"n6": (6, 12), "n3": (3, 12)})
    return root


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return path


@pytest.fixture
def arguments(small_root: Path, config: Path, tmp_path: Path) -> list[str]:
    """A command line for `config`: one test set, runs below ``tmp_path/runs``."""
    return [
        *("-d", "seqinterp", "-m", "SimVP", "-c", str(config), "--data_root", str(small_root)),
        *("--res_dir", str(tmp_path / "runs"), "--ex_name", "run", "--test_sets", "n3", "--precision", "32"),
    ]


@pytest.fixture(scope="session")
def trained(small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of a finished run and its command line. Tests that change the folder work on a copy."""
    root = tmp_path_factory.mktemp("trained")
    (root / "tiny.py").write_text(TINY)
    command = ["-c", str(root / "tiny.py"), "--data_root", str(small_root), "--precision", "32"]
    assert cli.run(cli.train, [*command, "--res_dir", str(root), "--ex_name", "run"]) == 0
    return root / "run", command


@pytest.fixture
def copied(trained: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """A copy of the trained run, and the command line that finds it there."""
    folder, command = trained
    shutil.copytree(folder, tmp_path / "run")
    return tmp_path / "run", [*command, "--res_dir", str(tmp_path), "--ex_name", "run"]
