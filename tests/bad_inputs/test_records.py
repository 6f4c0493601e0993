"""Damaged records of runs: `compare`, `benchmark` and its page refuse them in one line."""

import json
from pathlib import Path

import pytest

SCORES = {"n6": {"model": {"all": {"mse": 3.0, "mae": 5.0, "ssim": 0.9, "psnr": 30.0}}}}
RECORD = {"host": "embedded", "method": "SimVP", "train_set": "n6", "seed": 42, "checkpoint": "best.ckpt"}
RUN = {
    **RECORD, "scores": SCORES, "preset": "quick", "finished": "2026-01-01T00:00:00+00:00", "versions": {},
    "device": "cpu", "compiled": False, "seconds": {"training": 1.0, "scoring": 1.0}, "config": {},
    "history": [{"epoch": 1, "seconds": 1.0, "val_mse": 1.0}],
}  # fmt: skip


def _scored(**metrics):
    return {"scores": {"n6": {"model": {"all": {"mse": 3.0, **metrics}}}}}


DAMAGE = {
    "text": "hello",
    "empty": "",
    "cut": json.dumps(RUN)[:60],
    "a list": [1],
    "null": None,
    "a number": 3,
    "bytes": b"\xff\xfe\x00",
    "deep": "[" * 100_000,
    "no scores": {"scores": None},
    "scores of nothing": {"scores": {}},
    "scores in a list": {"scores": [1]},
    "scores without a model": {"scores": {"n6": {"copy": {"all": {"mse": 3.0}}}}},
    "scores without an error": {"scores": {"n6": {"model": {"all": {"mae": 3.0}}}}},
    "scores in words": _scored(mse="three"),
    "no number": _scored(mse=float("nan")),
    "infinite": _scored(ssim=float("inf")),
    "negative": _scored(mse=-5.0),
    "negative mae": _scored(mae=-1.0),
    "method": {"method": 3},
    "seed": {"seed": "a"},
    "seed below 0": {"seed": -1},
    "train set": {"train_set": None},
}
OF_RUNS = {
    "seconds": {"seconds": {"training": float("nan"), "scoring": 1.0}},
    "no seconds": {"seconds": {}},
    "history": {"history": "long"},
    "history without an epoch": {"history": [{"seconds": 1.0}]},
    "history of nothing finite": {"history": [{"epoch": 1, "seconds": 1.0, "val_mse": float("nan")}]},
    "history before the start": {"history": [{"epoch": 0, "seconds": -1.0, "val_mse": -1.0}]},
    "config": {"config": None},
    "preset": {"preset": 3},
}


@pytest.fixture
def write(bad):
    """A function (path, damage) that writes a damaged record; it is removed in the end."""
    written = []

    def save(path, damage):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**RUN, **damage} if isinstance(damage, dict) else damage
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        written.append(path)

    yield save
    for path in written:
        path.unlink()


@pytest.mark.parametrize("kind", DAMAGE)
def test_compare(write, refused, kind):
    write("records/run/scores.json", DAMAGE[kind])
    refused("compare records/run", "records/run/scores.json is damaged or not from this plugin")


@pytest.mark.parametrize("kind", [*DAMAGE, *OF_RUNS])
@pytest.mark.parametrize("flags", ["", "--baselines"])
def test_benchmark_and_its_page(write, refused, kind, flags):
    damage = {**DAMAGE, **OF_RUNS}[kind]
    write("results/quick/SimVP_n6_42.json", damage)
    words = "--data_root data --out results --methods SimVP --train_sets n6 --seeds 1"
    refused(f"benchmark {words} {flags}", "results/quick/SimVP_n6_42.json is damaged or not from this plugin")


def test_compare_refuses_a_folder_of_that_name(bad, refused):
    Path("records/folder/scores.json").mkdir(parents=True, exist_ok=True)
    refused("compare records/folder", "records/folder has no scores.json")
