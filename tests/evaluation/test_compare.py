import json
from contextlib import nullcontext

import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.records import Record
from openstl_seqinterp.evaluation.tables import table


def compare_folders(folders):
    return table([Record.read(folder / "scores.json") for folder in folders])


def run(folder, method, seed, model, floor=0.25):
    """A run's folder whose model has the MSE ``model`` on n6."""
    scores = {name: {"all": {"mse": value}} for name, value in {"model": model, "copy": 6.0, "floor": floor}.items()}
    content = {"method": method, "train_set": "n6", "seed": seed, "scores": {"n6": scores}}
    folder.mkdir()
    (folder / "scores.json").write_text(json.dumps(content))
    return folder


def test_seeds_of_a_method_share_a_column_with_their_mean_and_deviation(tmp_path):
    runs = [run(tmp_path / str(seed), "A", seed, value) for seed, value in enumerate([1.0, 2.0, 3.0])]
    table = compare_folders([*runs, run(tmp_path / "b", "B", 0, 0.5)])
    assert table.splitlines() == [
        "| test set | A (n6) | B (n6) | copy | floor |",
        "|---|---|---|---|---|",
        "| n6 | 2.00 ± 1.00 | 0.50 | 6.00 | 0.25 |",
    ]


def test_runs_on_other_test_cases_are_not_compared(tmp_path):
    with pytest.raises(UserError, match="different test cases"):
        compare_folders([run(tmp_path / "a", "A", 0, 1.0), run(tmp_path / "b", "B", 0, 1.0, floor=0.3)])


def test_machines_may_add_up_in_another_order(tmp_path):
    runs = [run(tmp_path / "a", "A", 0, 1.0), run(tmp_path / "b", "A", 1, 2.0, floor=0.25 * (1 + 1e-7))]
    assert "| n6 | 1.50 ± 0.71 | 6.00 | 0.25 |" in compare_folders(runs)


@pytest.mark.parametrize(("one", "other", "same"), [(None, None, True), (None, 6.0, False), (6.0, None, False)])
def test_an_infinite_psnr_is_the_same_as_another(tmp_path, one, other, same):
    folders = [run(tmp_path / name, name, 0, 1.0, floor=value) for name, value in {"a": one, "b": other}.items()]
    with nullcontext() if same else pytest.raises(UserError, match="different test cases"):
        compare_folders(folders)


def test_a_seed_does_not_count_twice(tmp_path):
    with pytest.raises(UserError, match="second run of A"):
        compare_folders([run(tmp_path / "a", "A", 0, 1.0), run(tmp_path / "b", "A", 0, 1.0)])


WHOLE = {"method": "A", "train_set": "n6", "seed": 0, "scores": {"n6": {"model": {"all": {"mse": 1.0}}}}}


def scored(mse):
    return json.dumps({**WHOLE, "scores": {"n6": {"model": {"all": {"mse": mse}}}}})


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "[1", '"text"', "null", "\xff", json.dumps(WHOLE)[:-1]),
        *(json.dumps({key: value for key, value in WHOLE.items() if key != lacking}) for lacking in WHOLE),
        *(json.dumps({**WHOLE, "seed": seed}) for seed in (-1, "0", 0.5, None)),
        *(json.dumps({**WHOLE, "scores": scores}) for scores in ({}, [], {"n6": {}}, {"n6": {"copy": {}}}, {"n6": 1})),
        *map(scored, (float("nan"), float("inf"), -5.0, None, "1")),
    ],
)
def test_a_damaged_file_ends_in_one_line(tmp_path, content, capsys):
    (tmp_path / "scores.json").write_text(content)
    assert cli.main(["compare", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'scores.json'} is damaged")


def test_a_run_without_scores_is_named(tmp_path, capsys):
    assert cli.main(["compare", str(tmp_path)]) == 2
    assert "has no scores.json" in capsys.readouterr().err
