"""Methods and networks that a benchmark compares, what they cost, and the page that sorts them."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from openstl_seqinterp import cli, host, registry
from openstl_seqinterp.apps.benchmark.cost import cost, flops
from openstl_seqinterp.apps.benchmark.entries import PRESETS, arguments, entries, every
from openstl_seqinterp.apps.benchmark.leaderboard import write_leaderboard
from openstl_seqinterp.config import resolve
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.methods.predformer import TYPES

RESULTS = Path(__file__).resolve().parents[3] / "results"
COST = {"weights": 2000, "flops": 3_000_000, "batch": 16, "step": 40.0, "image": 1.5}


def test_all_is_every_method_and_network_of_the_host_with_the_plugins_first():
    registry.register()
    found = every()
    assert len(set(found)) == len(found)
    assert [name for name in found if ":" not in name][: len(registry.METHODS) - 1] == [
        name for name in registry.METHODS if name != "PredFormer"
    ]
    assert [name for name in found if name.startswith("PredFormer:")] == [f"PredFormer:{name}" for name in TYPES]
    unfit = {"Swin", "MLP", "Moga"}  # does not run at 36x36, and second names of others
    assert {name for name in found if name.startswith("SimVP:")} == {
        f"SimVP:{name}" for name in set(host.MODEL_TYPES) - unfit
    }
    methods = {name.partition(":")[0] for name in found}
    assert methods == set(registry.method_names().values())


def test_the_network_of_the_config_is_the_methods_own():
    registry.register()
    words = ["predformer:facts", "SimVP:gsta", "SimVP", "PredFormer:QuadrupletTSST"]
    assert entries(words, "quick") == ["PredFormer:FacTS", "SimVP", "PredFormer"]
    whole = entries(["all"], "quick")
    assert len(whole) == len(every())
    assert {"SimVP", "PredFormer"} < set(whole)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_the_papers_networks(preset):
    registry.register()
    for entry in ("SimVP", "SimVP_SeqInterp"):
        settings = resolve(arguments(entry, preset))
        network = (settings.hid_S, settings.hid_T, settings.N_S, settings.N_T)
        assert (network == (64, 256, 2, 8)) == preset.startswith("paper")
        assert settings.sched == "onecycle"


def rows(page, title):
    """The cells of a table, by the name in its row."""
    lines = page.split(title)[1].split("\n\n")[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[1].strip("*").partition("]")[0].strip("["): dict(zip(cells[0], row, strict=True)) for row in cells[2:]}


def test_a_network_is_a_run_of_its_own_and_has_a_row(place, capsys):
    command = ["benchmark", "--methods", "PredFormer:FacTS", "PredFormer", "--train_sets", "n6", "--seeds", "1"]
    assert cli.main(command) == 0
    found = {path.stem: json.loads(path.read_text()) for path in (place / "results" / "quick").glob("*.json")}
    assert {name: record["config"]["model_type"] for name, record in found.items()} == {
        "PredFormer_n6_42": "TripletTST",
        "PredFormer-FacTS_n6_42": "FacTS",
    }
    page = (place / "results" / "leaderboard.md").read_text()
    table = rows(page, "### Trained on n6")
    values = {}
    for name, record in found.items():
        row = table[f"PredFormer:{record['config']['model_type']}"]
        assert f"]({'quick/' + name}.json)" in row["method"]
        for test_set in ("n6", "n3", "n6-aug"):
            assert row[test_set] == f"{record['scores'][test_set]['model']['all']['mse']:.2f}"
        for image in ("4", "16"):
            assert row[f"n6, image {image}"] == f"{record['scores']['n6']['model'][image]['mse']:.2f}"
        score = {who: each["all"]["mse"] for who, each in record["scores"]["n6"].items()}
        assert row["n6 / floor"] == f"{score['model'] / score['floor']:.2f}"
        values |= {who: each for who, each in score.items() if who != "model"}
        values[f"PredFormer:{record['config']['model_type']}"] = score["model"]
        assert row["weights"] == row["ms a step"] == "-"  # nothing was measured
    assert list(table) == sorted(values, key=values.get)
    # The page beside the paper's numbers has the method's own network alone.
    readme = (place / "results" / "README.md").read_text()
    assert "[PredFormer_n6_42](quick/PredFormer_n6_42.json)" in readme
    assert "FacTS" not in readme
    assert "[leaderboard.md](leaderboard.md)" in readme

    capsys.readouterr()
    (place / "results" / "speed.json").write_text(
        json.dumps({"device": "a CPU", "preset": "quick", "methods": {"PredFormer:FacTS": COST}})
    )
    assert cli.main(command) == 0
    assert "run 1 of" not in capsys.readouterr().out
    page = (place / "results" / "leaderboard.md").read_text()
    assert "measured on one machine: a CPU" in page
    row = rows(page, "### Trained on n6")["PredFormer:FacTS"]
    assert [row[key] for key in ("weights", "FLOPs", "ms a step", "ms an image")] == ["2,000", "3 M", "40", "1.5"]
    assert "(quick/leaderboard-n6.png)" in page
    assert (place / "results" / "quick" / "leaderboard-n6.png").is_file()


def test_damaged_costs_end_in_one_line(place, capsys):
    (place / "results").mkdir()
    (place / "results" / "speed.json").write_text('{"device": "a CPU", "methods": {"SimVP": {"weights": -1}}}')
    command = ["benchmark", "--methods", "LatentAffine", "--train_sets", "n6", "--seeds", "1", "--max_time", "0"]
    assert cli.main(command) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "speed.json is damaged (methods.SimVP.weights: " in error
    assert "measure again with --speed" in error


def test_the_committed_leaderboard_is_that_of_the_committed_records(tmp_path):
    shutil.copytree(RESULTS, tmp_path / "results", ignore=shutil.ignore_patterns("*.gif", "work_dirs", "figures"))
    assert write_leaderboard(tmp_path / "results").read_text() == (RESULTS / "leaderboard.md").read_text()


@pytest.fixture
def few(tmp_path):
    """A folder of results with two committed records."""
    (tmp_path / "quick").mkdir()
    for name in ("LatentAffine_n6_42", "TAU_n6_42"):
        shutil.copy(RESULTS / "quick" / f"{name}.json", tmp_path / "quick")
    return tmp_path


def test_what_is_being_written_is_no_record(few):
    page = write_leaderboard(few).read_text()
    shutil.copy(few / "quick" / "TAU_n6_42.json", few / "quick" / ".TAU_n6_42.99999.json")
    (few / "quick" / ".TAU_n6_43.99999.json").write_text('{"method"')
    assert write_leaderboard(few).read_text() == page
    assert "2 runs, " in page


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("TAU_n6_42 (copy)", {}, "is the record of TAU_n6_42, preset quick, which is kept elsewhere"),
        ("TAU_n6_43", {}, "is the record of TAU_n6_42, preset quick, which is kept elsewhere"),
        ("TAU_n6_43", {"seed": 43, "preset": "paper"}, "is the record of TAU_n6_43, preset paper, which is kept"),
    ],
)
def test_a_record_in_the_place_of_another_is_named(few, name, changes, message):
    record = json.loads((few / "quick" / "TAU_n6_42.json").read_text())
    (few / "quick" / f"{name}.json").write_text(json.dumps(record | changes))
    with pytest.raises(UserError, match=re.escape(message)):
        write_leaderboard(few)


def test_one_run_under_two_names_is_named(few):
    shutil.copy(RESULTS / "quick" / "PredFormer-FacTS_n6_42.json", few / "quick")
    record = json.loads((RESULTS / "quick" / "PredFormer_n6_42.json").read_text())
    record["config"]["model_type"] = "FacTS"  # what the config has by now
    (few / "quick" / "PredFormer_n6_42.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="are the same run: PredFormer:FacTS n6 42; remove one"):
        write_leaderboard(few)


def test_records_without_the_usual_sets_or_a_floor_have_rows_too(few):
    for path in (few / "quick").glob("*.json"):
        record = json.loads(path.read_text())
        record["scores"] = {"n3": {k: v for k, v in record["scores"]["n3"].items() if k != "floor"}}
        path.write_text(json.dumps(record))
    page = write_leaderboard(few).read_text()
    table = rows(page, "### Trained on n6, sorted by n3")
    assert table["TAU"]["n3"] != "-"
    assert (table["TAU"]["n6"], table["TAU"]["n3 / floor"]) == ("-", "-")


def test_operations_are_counted_in_convolutions_products_and_attention():
    class Method(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.linear = nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.Linear(5, 7, bias=False)
            self.hparams = {"aft_seq_length": 1}

        def forward(self, x, y):
            images = self.linear(self.conv(x[:, 0]))  # (1, 3, 4, 7)
            return nn.functional.scaled_dot_product_attention(images, images, images)

    # 3 x 3 x 2 products for each of 3 x 4 x 5 values; 5 for each of 3 x 4 x 7; and 7 and 4 in attention of 4 tokens.
    expected = 2 * (18 * 60 + 5 * 84 + 3 * (4 * 4 * 7 + 4 * 7 * 4))
    assert flops(Method(), torch.rand(1, 1, 2, 4, 5)) == expected


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("entry", "name"), [("PredFormer", "PredFormer:TripletTST"), ("LatentAffine", "LatentAffine")])
def test_a_method_is_measured_with_its_config(entry, name):
    found, measured = cost(entry, "quick", "data")
    assert found == name
    assert measured["batch"] == 16
    assert all(value > 0 for value in measured.values())
    if entry == "PredFormer":
        # Six blocks: 3 x 8 x 8, 8 x 9, 16 x 9 twice, 8 x 17 and three norms; 36 x 8 + 8 in, and 16 and 36 x 9 out.
        assert measured["weights"] == 6 * (192 + 72 + 2 * 144 + 136 + 48) + 296 + 16 + 324
