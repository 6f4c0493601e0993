"""Command lines for the small sets and the tiny network, and copies of its run."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def config(tiny: str, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.py"
    path.write_text(tiny)
    return path


@pytest.fixture
def arguments(small_root: Path, config: Path, tmp_path: Path) -> list[str]:
    """A command line for `config`: one test set, runs below ``tmp_path/runs``."""
    return [
        *("-d", "seqinterp", "-m", "SimVP", "-c", str(config), "--data_root", str(small_root)),
        *("--res_dir", str(tmp_path / "runs"), "--ex_name", "run", "--test_sets", "n3", "--precision", "32"),
    ]


@pytest.fixture
def copied(trained: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """A copy of the trained run, and the command line that finds it there."""
    folder, command = trained
    shutil.copytree(folder, tmp_path / "run")
    return tmp_path / "run", [*command, "--res_dir", str(tmp_path), "--ex_name", "run"]
