"""A method, a degradation, a baseline and a metric from outside, from training to the table; no file is touched."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from openstl_seqinterp import cli, host, registry
from openstl_seqinterp.data.degrade import DEGRADATIONS
from openstl_seqinterp.evaluation.baselines import BASELINES, Baseline
from openstl_seqinterp.evaluation.metrics import METRICS, Metric


@pytest.fixture(scope="module")
def toys():
    spec = importlib.util.spec_from_file_location("toys", Path(__file__).with_name("toys.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def added(toys, monkeypatch):
    """One row each, taken out again after the test."""
    monkeypatch.setitem(registry.METHODS, "ScaledMean", toys.ScaledMean)
    monkeypatch.setitem(host.method_maps, "scaledmean", toys.ScaledMean)
    monkeypatch.setitem(DEGRADATIONS, "blur", toys.blur)
    monkeypatch.setitem(BASELINES, "four", Baseline(toys.mean_of_four, reach=2))
    monkeypatch.setitem(METRICS, "worst", Metric(toys.worst_pixel, "worst", ".3f"))


@pytest.mark.usefixtures("added")
def test_all_four_go_from_training_to_the_table(small_root, tmp_path, capsys):
    config = tmp_path / "toy.py"
    config.write_text("method = 'ScaledMean'\nstart = 0.5\nepoch = 2\nepoch_cases = 64\nlr = 0.1\n")
    command = ["-c", str(config), "--data_root", str(small_root), "--res_dir", str(tmp_path), "--ex_name", "run"]
    command += ["--train_set", "n6-blur", "--test_sets", "n3", "n3-blur", "--precision", "32", "--device", "cpu"]
    assert cli.main(["train", *command, "--no_display_method_info"]) == 0
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())["scores"]
    assert set(scores) == {"n3", "n3-blur"}
    with np.load(small_root / "seqinterp" / "n3-train.npz") as train:
        known = train["frames"] / 255
    with np.load(small_root / "seqinterp" / "n3-test.npz") as test:
        true = test["frames"] / 255
    # Image 4 has two known images on each side; image 16 has none behind it, so four before it.
    four = np.stack([known[:, [1, 2, 4, 5]].mean(axis=1), known[:, 11:15].mean(axis=1)], axis=1)
    errors = np.abs(four - true).reshape(-1, 36 * 36)
    assert scores["n3"]["four"]["all"]["mse"] == pytest.approx((errors**2).sum(axis=1).mean(), rel=1e-5)
    assert scores["n3"]["four"]["all"]["worst"] == pytest.approx(errors.max(axis=1).mean(), rel=1e-5)
    # The one weight was learned: the scores are those of the saved images, and not those of its start.
    images = [np.load(tmp_path / "run" / "saved" / f"{name}.npy")[:, 0] for name in ("preds", "trues")]
    squares = ((images[0] - images[1]) ** 2).sum(axis=(1, 2, 3))
    assert scores["n3"]["model"]["all"]["mse"] == pytest.approx(squares.mean(), rel=1e-5)
    mean = known.sum(axis=1, keepdims=True) / 14
    scales = (images[0].reshape(true.shape) * mean).sum(axis=(2, 3, 4)) / (mean**2).sum(axis=(2, 3, 4))
    np.testing.assert_allclose(scales, scales[0, 0], rtol=1e-5)  # sums of 14 images in fp32
    assert scales[0, 0] > 0.55
    assert scores["n3-blur"]["copy"]["all"]["mse"] != pytest.approx(scores["n3"]["copy"]["all"]["mse"], rel=0.01)
    table = (tmp_path / "run" / "scores.md").read_text()
    assert "## worst, images 4 and 16" in table
    assert "| test set | model | copy | mean | dis-flow | motion | four | floor |" in table
    capsys.readouterr()
    assert cli.main(["compare", str(tmp_path / "run")]) == 0
    assert "ScaledMean (n6-blur) | copy | mean | dis-flow | motion | four | floor" in capsys.readouterr().out


@pytest.mark.usefixtures("added")
def test_what_is_added_leaves_the_papers_sets_as_they_are():
    from openstl_seqinterp.config import resolve
    from openstl_seqinterp.data.sets import parse_set

    assert parse_set("n6-all") == ("n6", ["clean", "noise", "miss", "aug"])
    paper = [f"{family}{variant}" for family in ("n6", "n3") for variant in ("", "-noise", "-miss", "-aug")]
    assert resolve([]).test_sets == paper


def test_a_method_that_declares_nothing_is_an_error_that_says_so(monkeypatch, capsys):
    monkeypatch.setitem(registry.METHODS, "Silent", type("Silent", (host.SimVP,), {}))
    assert cli.main(["train", "-m", "Silent"]) == 2
    assert "method 'Silent' declares no abilities" in capsys.readouterr().err
