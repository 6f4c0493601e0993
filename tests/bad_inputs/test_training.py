"""Damaged data sets, checkpoints to go on from, and training that leaves the finite numbers."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from openstl_seqinterp import cli


def _rewrite(path, **changes):
    with np.load(path) as archive:
        arrays = {**{key: archive[key] for key in archive.files}, **changes}
    np.savez(path, **arrays)


def _edit(path: Path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _first(folder: Path, pattern: str) -> Path:
    return next(path for path in sorted(folder.rglob(pattern)) if path.is_file())


SIMULATED = {
    "missing": (Path.unlink, "n6-train.npz is missing.*seqinterp prepare --data_root copy"),
    "text": (lambda path: path.write_text("hello"), "n6-train.npz is damaged.*seqinterp prepare --data_root copy"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:1000]), "n6-train.npz is damaged.*seqinterp prepare"),
    "float": (lambda path: _rewrite(path, frames=np.zeros((2, 16, 1, 36, 36), np.float32)), "frames is float32"),
    "shape": (lambda path: _rewrite(path, frames=np.zeros((2, 16, 36, 36), np.uint8)), r"expected uint8 \(N, T, C"),
    "observed": (lambda path: _rewrite(path, observed=np.ones(3, bool)), "observed is for"),
    "unmasked": (lambda path: _rewrite(path, observed=np.zeros(16, bool)), "marked as missing are not zero"),
}
OLD = {
    "own-train.npz": "own/own-train.npz is damaged.*seqinterp import",
    "own-test.npz": "own/own-test.npz is damaged.*seqinterp import",
}
STORE = {
    "about is gone": (lambda store: (store / "import.json").unlink(), "store is damaged"),
    "about is text": (lambda store: (store / "import.json").write_text("hello"), "store is damaged"),
    "about is a list": (lambda store: (store / "import.json").write_text("[1]"), "store is damaged"),
    "no range": (lambda store: _edit(store / "import.json", range=None), "store is damaged"),
    "range of words": (lambda store: _edit(store / "import.json", range=["a", "b"]), "store is damaged"),
    "a turned range": (lambda store: _edit(store / "import.json", range=[3, 1]), "store is damaged"),
    "no stride": (lambda store: _edit(store / "import.json", stride=0), "store is damaged"),
    "length": (lambda store: _edit(store / "import.json", length="a"), "store is damaged"),
    "withheld": (lambda store: _edit(store / "import.json", withheld=[99]), "store is damaged"),
    "frames are gone": (lambda store: shutil.rmtree(store / "frames.zarr"), "store"),
    "withheld are gone": (lambda store: shutil.rmtree(store / "withheld.zarr"), "damaged"),
    "no part": (lambda store: shutil.rmtree(store / "frames.zarr" / "part"), "store is damaged"),
}  # fmt: skip


@pytest.fixture
def copy(bad):
    """A data root of its own, which is removed in the end."""
    shutil.copytree("data", "copy")
    yield Path("copy")
    shutil.rmtree("copy")


@pytest.fixture(scope="session")
def store(_folder_of_all, tmp_path_factory):
    out = tmp_path_factory.mktemp("stores") / "store"
    assert cli.main(["import", str(_folder_of_all / "long.npy"), "--out", str(out), "--length", "8"]) == 0
    return out


@pytest.mark.parametrize("kind", SIMULATED)
def test_simulated_data(copy, refused, kind):
    damage, message = SIMULATED[kind]
    damage(copy / "seqinterp" / "n6-train.npz")
    refused(f"train -c tiny.py --data_root {copy} --res_dir out", message)


@pytest.mark.parametrize("name", OLD)
def test_data_that_were_imported_before_there_were_stores(copy, refused, name):
    (copy / "own").mkdir()
    for part in ("train", "test"):
        shutil.copy(copy / "seqinterp" / f"n6-{part}.npz", copy / "own" / f"own-{part}.npz")
    path = copy / "own" / name
    path.write_bytes(path.read_bytes()[:1000])
    refused(f"train -c tiny.py --data_root {copy} --res_dir out -d own", OLD[name])


@pytest.mark.parametrize("kind", STORE)
def test_imported_data(copy, store, refused, kind):
    shutil.copytree(store, copy / "store")
    damage, message = STORE[kind]
    damage(copy / "store")
    refused(f"train -c tiny.py -d store --data_root {copy} --res_dir out", message)


RESUMED = {
    "no optimizer": ("optimizer_states", None, "it has no optimizer_states"),
    "two optimizers": ("optimizer_states", [1, 2], "cannot resume"),
    "an empty optimizer": ("optimizer_states", [{}], "cannot resume"),
    "loops": ("loops", {"fit_loop": 3}, "cannot resume"),
    "schedule": ("lr_schedulers", [3], "cannot resume"),
    "callbacks": ("callbacks", [], "it has no callbacks"),
    "history": ("callbacks", {"History": {"epochs": 3}}, "cannot resume"),
    "seed": ("hyper_parameters", {"method": "simvp"}, "it was trained with"),
}


def test_frames_that_are_damaged_are_found_when_they_are_read(copy, store, capsys):
    shutil.copytree(store, copy / "store")
    _first(copy / "store" / "frames.zarr" / "frames" / "c", "*").write_bytes(b"x")
    command = f"train -c tiny.py -d store --data_root {copy} --res_dir {copy}/out"
    assert cli.main(command.split()) == 2
    assert "frames.zarr is damaged" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.filterwarnings("ignore:The dirpath has changed")
@pytest.mark.parametrize("kind", RESUMED)
def test_going_on_from_a_damaged_checkpoint(bad, trained, refused, kind):
    key, value, message = RESUMED[kind]
    run, command = trained
    shutil.copytree(run, "resumed/run")
    path = Path("resumed/run/checkpoints/last.ckpt")
    state = torch.load(path, weights_only=True)
    torch.save({**state, key: value}, path)
    try:
        refused(f"train {' '.join(command)} --res_dir resumed --ex_name run --resume", message)
    finally:
        shutil.rmtree("resumed")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--lr 1e30", "^error: the loss of step [2-4] is (nan|inf)"),
        ("--lr 1e30 -e 1 -b 88", "^error: .*validation after epoch 1 is (nan|inf)"),
    ],
)
def test_training_stops_at_the_first_step_that_is_not_finite(bad, capsys, flags, message):
    command = f"train -c tiny.py --data_root data --precision 32 --res_dir diverged --ex_name run {flags}"
    try:
        assert cli.main(command.split()) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert re.search(message, line), line
        assert "expected a finite number; train again with a lower --lr" in line
        assert not Path("diverged/run/scores.json").exists()
        assert not Path("diverged/run/checkpoints/best.ckpt").exists()
    finally:
        shutil.rmtree("diverged")
