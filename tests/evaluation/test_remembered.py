"""Scores of the baselines that are kept beside the data: the same bits with and without, and never those of others."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.evaluation import remembered
from openstl_seqinterp.evaluation.baselines import BASELINES, Baseline
from openstl_seqinterp.evaluation.metrics import METRICS, Metric
from openstl_seqinterp.evaluation.scores import collect, score
from openstl_seqinterp.protocols import INFILL, ONE_SIDED

ROWS = [1, 4, 6]


def few(data_root, variant="miss", protocol=ONE_SIDED, rows=ROWS):
    n3 = withheld_datasets(data_root, protocol.name, protocol, ["n3"])["n3"]
    known = n3.exposed
    return TaskDataset(
        "n3", protocol, n3.sequences, n3.tasks, [variant], rows=rows, withheld=n3.withheld, exposed=known
    )


def scored(dataset, path=None):
    return score("n3", collect(dataset, folder=path and path.parent), np.zeros((len(dataset), 1, 36, 36), np.float32))[
        0
    ]


@pytest.fixture(scope="module")
def dataset(data_root):
    return few(data_root)


@pytest.fixture(scope="module")
def expected(dataset):
    return scored(dataset)


@pytest.fixture
def path(dataset, tmp_path):
    """A file of their scores, in a folder that was not there."""
    scored(dataset, tmp_path / "new" / "n3.npz")
    return tmp_path / "new" / "n3.npz"


@pytest.fixture
def handed(monkeypatch):
    """The names of the baselines that predict anything, in order."""
    calls = []
    predict = Baseline.predict

    def counted(row, *arguments):
        calls.append(next(name for name, each in BASELINES.items() if each == row))
        return predict(row, *arguments)

    monkeypatch.setattr(Baseline, "predict", counted)
    return calls


def test_scores_are_the_same_bits_with_and_without(dataset, expected, path, handed):
    assert scored(dataset, path) == expected
    assert not handed
    assert [each.name for each in path.parent.iterdir()] == ["n3.npz"]


def test_another_protocol_is_scored_with_them(data_root, path, handed):
    found = scored(few(data_root, protocol=INFILL), path)
    assert not handed
    assert found == scored(few(data_root, protocol=INFILL))


@pytest.mark.parametrize("other", [{"variant": "clean"}, {"variant": "aug"}, {"rows": [1, 4, 7]}, {"rows": [1, 4]}])
def test_scores_of_other_images_are_computed_and_replace_them(data_root, path, handed, other):
    others = few(data_root, **other)
    assert scored(others, path) == scored(others)
    handed.clear()
    assert scored(others, path) == scored(others, path)
    assert not handed


def test_scores_against_other_truths_are_computed(dataset, path):
    frames = dataset.withheld.frames.copy()
    frames[dataset.withheld.index[4, 3]] //= 2
    others = few_of(dataset, replace(dataset.withheld, frames=frames))
    assert scored(others, path) == scored(others)


def few_of(dataset, withheld):
    return TaskDataset("n3", ONE_SIDED, dataset.sequences, dataset.tasks, ["miss"], rows=ROWS, withheld=withheld)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def _flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)


def _single(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _reshaped(path):
    with np.load(path) as archive:
        arrays = {key: archive[key][:, :-1] for key in archive.files}
    np.savez(path, **arrays)


def _retyped(path):
    with np.load(path) as archive:
        arrays = {key: archive[key].astype(np.float32) for key in archive.files}
    np.savez(path, **arrays)


def _pickled(path):
    with np.load(path) as archive:
        arrays = {key: archive[key].astype(object) for key in archive.files}
    np.savez(path, **arrays)


def _halved(path):
    with np.load(path) as archive:
        np.savez(path, keys=archive["keys"])


def _fewer(path):
    with np.load(path) as archive:
        arrays = {"keys": archive["keys"], "values": archive["values"][:-1]}
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    "damage",
    [
        *(_cut, _flipped, _single, _reshaped, _retyped, _pickled, _halved, _fewer),
        *(lambda path: path.write_bytes(b""), lambda path: path.write_text("hello")),
    ],
)
def test_a_damaged_file_is_written_again(dataset, expected, path, damage):
    whole = path.read_bytes()
    damage(path)
    assert scored(dataset, path) == expected
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_does_not_matter(dataset, expected, tmp_path):
    (tmp_path / "file").write_text("")
    assert scored(dataset, tmp_path / "file" / "n3.npz") == expected
    (tmp_path / "n3.npz").mkdir()
    assert scored(dataset, tmp_path / "n3.npz") == expected


@pytest.mark.parametrize("change", ["version", "library", "motion", "baselines"])
def test_scores_of_other_code_are_computed(dataset, path, handed, monkeypatch, tmp_path, change):
    if change == "version":
        monkeypatch.setattr(remembered, "__version__", "99")
    elif change == "library":
        monkeypatch.setattr(remembered.torch, "__version__", "99")
    elif change == "motion":
        shutil.copytree(remembered._ROOT / "motion", tmp_path / "motion")
        with (tmp_path / "motion" / "flow.py").open("a") as file:
            file.write("\n")
        monkeypatch.setattr(remembered, "_ROOT", tmp_path)
    else:
        copy = tmp_path / "baselines.py"
        copy.write_bytes(b"# another\n")
        monkeypatch.setattr(remembered.baselines, "__file__", str(copy))
    remembered._code.cache_clear()
    try:
        scored(dataset, path)
    finally:
        remembered._code.cache_clear()
    assert {*handed} == {*BASELINES}


def test_a_baseline_from_elsewhere_is_predicted_each_time(dataset, path, handed, monkeypatch):
    monkeypatch.setitem(BASELINES, "first", Baseline(lambda images, _: images[min(images)]))
    monkeypatch.setitem(BASELINES, "copy", Baseline(lambda images, _: images[max(images)]))
    found = scored(dataset, path)
    assert {*handed} == {"first", "copy"}
    assert found == scored(dataset)


def test_nothing_is_kept_of_a_metric_from_elsewhere(dataset, path, handed, monkeypatch):
    monkeypatch.setitem(
        METRICS, "worst", Metric(lambda one, other: (one - other).abs().flatten(1).amax(1).double(), "", "")
    )
    before = path.read_bytes()
    assert "worst" in scored(dataset, path)["motion"]["all"]
    assert {*handed} == {*BASELINES}
    assert path.read_bytes() == before
