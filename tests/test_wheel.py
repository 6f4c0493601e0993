"""The wheel: what it holds, and that it trains without the clone it was built from."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from openstl_seqinterp import __version__
from openstl_seqinterp.apps.web.results import CARRIED
from openstl_seqinterp.data.simulate import write_dataset

ROOT = Path(__file__).resolve().parents[1]
# What the build reads, and what it must leave out: that a folder is missing from the wheel says nothing unless the
# build had it before its eyes.
SOURCES = (
    *("setup.py", "pyproject.toml", "README.md", "LICENSE", "openstl_seqinterp", "configs"),
    *("tests", "tools", "results"),
)
INFO = f"openstl_seqinterp-{__version__}.dist-info/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the build leaves nothing in the checkout, and without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder / "built"), str(source)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (folder / "built").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def distribution(unpacked: Path) -> Distribution:
    (found,) = distributions(path=[str(unpacked)])
    return found


def test_it_holds_the_package_the_configs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(INFO)}
    package = ROOT / "openstl_seqinterp"
    modules = {path.relative_to(ROOT).as_posix() for path in package.rglob("*.py")}
    configs = {f"openstl_seqinterp/configs/seqinterp/{path.name}" for path in (ROOT / "configs/seqinterp").glob("*.py")}
    weights = {path.relative_to(ROOT).as_posix() for path in package.glob("weights/*")}
    assert len(modules) > 50
    assert len(configs) > 20
    assets = {path.relative_to(ROOT).as_posix() for path in package.glob("apps/web/assets/*")}
    results = {
        f"openstl_seqinterp/results/{path.relative_to(ROOT / 'results').as_posix()}"
        for pattern in CARRIED
        for path in (ROOT / "results").glob(pattern)
    }
    assert {"openstl_seqinterp/results/leaderboard.md", "openstl_seqinterp/results/real.png"} <= results
    assert names == modules | configs | {"openstl_seqinterp/py.typed", *weights, *assets, *results}


def test_its_metadata(distribution):
    assert distribution.metadata["Name"] == "openstl_seqinterp"
    assert distribution.version == __version__
    (command,) = distribution.entry_points
    assert (command.group, command.name, command.value) == (
        "console_scripts",
        "seqinterp",
        "openstl_seqinterp.cli:main",
    )
    required = {line.split(">=")[0] for line in distribution.requires if "extra ==" not in line}
    assert {"torch", "pytorch-lightning", "pydantic", "submitit"} <= required
    assert {"test", "tensorboard", "openstl", "science", "radar", "dask", "onnx", "app", "test-app"} == set(
        distribution.metadata.get_all("Provides-Extra")
    )
    assert f"{INFO}licenses/LICENSE" in {file.as_posix() for file in distribution.files}


def test_it_trains_in_an_empty_folder(unpacked, tmp_path):
    root, folder = tmp_path / "data", tmp_path / "empty"
    write_dataset(root, sets={"n6": (6, 12), "n3": (3, 12)})
    folder.mkdir()
    # PYTHONPATH comes before an editable install of the clone, whose finder is the last one asked.
    environment = {**os.environ, "SEQINTERP_HOST": "embedded", "PYTHONPATH": str(unpacked)}

    def python(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    imported = python("-c", "import openstl_seqinterp; print(openstl_seqinterp.__file__)").strip()
    assert Path(imported) == unpacked / "openstl_seqinterp" / "__init__.py"
    settings = ["-c", "SimVP_quick", "-e", "1", "--epoch_cases", "32", "--test_sets", "n3", "--device", "cpu"]
    python("-m", "openstl_seqinterp", "train", *settings, "--no_display_method_info", "--data_root", str(root))
    (scores,) = folder.glob("work_dirs/*/scores.json")
    assert list(json.loads(scores.read_text())["scores"]) == ["n3"]
