"""What `--speed` measures and says; how fast anything is, no test asks."""

import json
import os

import pytest
import torch

from openstl_seqinterp import host
from openstl_seqinterp.apps.benchmark import speed
from openstl_seqinterp.errors import UserError

WAYS = ("stock", "plugin", "compiled")


def record(**metrics):
    rates = {"stock": {"train": 0.5, "test": 2.0}, "plugin": {"train": 1.5, "test": 3.0}}
    return {
        "host": "OpenSTL 1.0.0",
        "versions": {"python": "3.11", "torch": "2.14"},
        "device": "a CPU",
        "steps": {"warm-up": 1, "measured": 4},
        "iterations a second": {"gSTA": {**rates, "compiled": {"train": 1.0}}},
        "metrics": {"metrics": ["mse", "ssim"], "images": 800, "seconds": metrics},
    }


def test_the_page_has_each_rate_and_its_ratio_to_the_stock_one():
    lines = speed.page(record(stock=0.1, plugin=0.004)).splitlines()
    assert "| gSTA, train | 0.50 it/s | 1.50 it/s | 3.0 | 1.00 it/s | 2.0 | 35 it/s |" in lines
    assert "| gSTA, test | 2.00 it/s | 3.00 it/s | 1.5 | - | - | - |" in lines
    assert "| mse, ssim of 800 images | 0.1000 s | 0.0040 s | 25 |" in lines


def test_the_page_says_where_there_is_nothing_to_compare_with():
    assert "| mse, ssim of 800 images | needs OpenSTL | 0.0040 s | - |" in speed.page(record(plugin=0.004))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small network in place of the paper's."""
    (tmp_path / "configs" / "seqinterp").mkdir(parents=True)
    network = "hid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n"
    (tmp_path / "configs" / "seqinterp" / "SimVP.py").write_text(
        f"method = 'SimVP'\n{network}epoch = 1\nbatch_size = 2\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "_apart", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(speed, "_THEIR_WORKERS", 0)
    # Compiling has a test of its own.
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)


@pytest.mark.usefixtures("small")
def test_all_ways_are_measured_and_recorded(data_root, tmp_path):
    path = speed.measure(tmp_path / "out", str(data_root), ["SimVP"], "paper")
    assert path == tmp_path / "out" / "speed.md"
    found = json.loads((tmp_path / "out" / "speed.json").read_text())
    assert path.read_text() == speed.page(found)
    assert found["host"] == host.NAME
    assert (found["preset"], list(found["methods"])) == ("paper", ["SimVP:gSTA"])
    assert set(found["iterations a second"]) == {"gSTA", "IncepU"} & set(host.MODEL_TYPES)
    for ways in found["iterations a second"].values():
        assert set(ways) == set(WAYS)
        assert all(0 < rate < float("inf") for rates in ways.values() for rate in rates.values())
    assert ("stock" in found["metrics"]["seconds"]) == (host.metric is not None)


COST = {"weights": 2000, "flops": 3_000_000, "batch": 16, "step": 40.0, "image": 1.5}


@pytest.fixture
def measured(small, monkeypatch):
    """Everything that is measured takes no time, and one method cannot be."""

    def cost(entry, preset, data_root):
        if entry == "SimVP_SeqInterp":
            raise RuntimeError("out of\nmemory")
        return entry, {**COST, "weights": len(entry)}

    monkeypatch.setattr(speed, "cost", cost)
    monkeypatch.setattr(speed, "_rates", lambda *_: {"train": 1.0, "test": 2.0})
    monkeypatch.setattr(speed, "_metrics", lambda *_: {"metrics": ["mse"], "images": 8, "seconds": {"plugin": 0.1}})


@pytest.mark.usefixtures("measured")
def test_costs_of_others_are_kept_and_one_that_fails_is_named(tmp_path, capsys):
    def methods(*entries, preset="paper"):
        speed.measure(tmp_path, "data", entries, preset)
        return json.loads((tmp_path / "speed.json").read_text())["methods"]

    assert [*methods("SimVP")] == ["SimVP"]
    both = methods("SimVP_SeqInterp", "SimVP_Infill")
    assert both == {"SimVP": {**COST, "weights": 5}, "SimVP_Infill": {**COST, "weights": 12}}
    assert "SimVP_SeqInterp: not measured: out of memory" in capsys.readouterr().out
    assert [*methods("PredFormer", preset="quick")] == ["PredFormer"]
    assert "costs of 2 methods are left out, as they were measured on " in capsys.readouterr().out


def test_nothing_is_measured_where_it_could_not_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(speed, "_apart", None)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write to folder"):
        speed.measure(tmp_path / "file", "data")
    with pytest.raises(UserError, match=r"it has no config configs/seqinterp/LatentAffine_short\.py"):
        speed.measure(tmp_path, "data", ["SimVP", "LatentAffine"], "paper-short")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.usefixtures("small")
def test_a_torch_that_cannot_compile_leaves_its_cells_empty(data_root, tmp_path, monkeypatch, capsys):
    def compile(function, **_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", compile)
    path = speed.measure(tmp_path / "out", str(data_root))
    row = next(line for line in path.read_text().splitlines() if line.startswith("| gSTA, train |"))
    assert row.endswith("| - | - | 35 it/s |")
    assert "gSTA, compiled: not measured: torch.compile is not available here (no compiler)" in capsys.readouterr().out


def test_each_way_is_measured_in_a_process_of_its_own():
    assert speed._apart(os.getppid) == os.getpid()
