"""Scores of baselines that are kept on disk: the same as computed ones, and never those of other data or other code."""

import numpy as np
import pytest

from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.evaluation import remembered
from openstl_seqinterp.evaluation.baselines import BASELINES, Baseline
from openstl_seqinterp.evaluation.scores import collect, score
from openstl_seqinterp.protocols import ONE_SIDED


def few(data_root, variant="clean"):
    """Two sequences of n3, four cases."""
    n3 = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    return TaskDataset("n3", ONE_SIDED, n3.sequences, n3.tasks, [variant], rows=[3, 40], withheld=n3.withheld)


@pytest.fixture
def counted(monkeypatch):
    """A list that grows by one with each image that the baselines predict."""
    calls = []
    for name, row in [*BASELINES.items()]:

        def function(images, target, row=row, name=name):
            calls.append(name)
            return row.function(images, target)

        monkeypatch.setitem(BASELINES, name, row._replace(function=function))
    return calls


def test_kept_scores_are_the_computed_ones_bit_for_bit(data_root, tmp_path, counted):
    dataset = few(data_root)
    first = score("n3", collect(dataset, folder=tmp_path), None)[0]
    computed = len(counted)
    assert computed == len(BASELINES) * len(dataset)
    again = collect(dataset, folder=tmp_path)
    assert len(counted) == computed
    assert score("n3", again, None)[0] == first == score("n3", collect(dataset), None)[0]
    np.testing.assert_array_equal(again.inputs, collect(dataset).inputs)


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_a_damaged_file_is_made_again(data_root, tmp_path, damage, counted):
    dataset = few(data_root)
    expected = score("n3", collect(dataset, folder=tmp_path), None)[0]
    (path,) = tmp_path.iterdir()
    whole, computed = path.read_bytes(), len(counted)
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert score("n3", collect(dataset, folder=tmp_path), None)[0] == expected
    assert len(counted) == 2 * computed
    assert path.read_bytes() == whole


def test_other_data_other_baselines_and_other_code_are_scored_anew(data_root, tmp_path, counted, monkeypatch):
    collect(few(data_root), folder=tmp_path)
    collect(few(data_root, "noise"), folder=tmp_path)
    assert len([*tmp_path.iterdir()]) == 2
    monkeypatch.setitem(BASELINES, "black", Baseline(lambda images, target: 0 * next(iter(images.values()))))
    assert "black" in collect(few(data_root), folder=tmp_path).values
    assert len([*tmp_path.iterdir()]) == 3
    monkeypatch.setattr(remembered, "_code", lambda: b"another version")
    collect(few(data_root), folder=tmp_path)
    assert len([*tmp_path.iterdir()]) == 4


def test_a_folder_that_cannot_be_written_does_not_matter(data_root, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert collect(few(data_root), folder=tmp_path / "file" / "below").values.keys() >= BASELINES.keys()
