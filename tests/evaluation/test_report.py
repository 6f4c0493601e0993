import json
from contextlib import redirect_stdout
from io import StringIO

import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.evaluation import report as module
from openstl_seqinterp.evaluation.report import report
from openstl_seqinterp.protocols import ONE_SIDED

ABOUT = {"host": "embedded", "method": "SimVP", "train_set": "n6", "seed": 42, "checkpoint": "best.ckpt"}
ROWS, CASES = [5, 9], 4
SETS = ["n3", "n3-aug"]


@pytest.fixture(scope="module")
def datasets(data_root):
    datasets = withheld_datasets(data_root, "seqinterp", ONE_SIDED, SETS)
    return {
        name: TaskDataset(
            name, ONE_SIDED, data.sequences, data.tasks, data.degradations, rows=ROWS, withheld=data.withheld
        )
        for name, data in datasets.items()
    }


@pytest.fixture(scope="module")
def predictions():
    rng = np.random.default_rng(0)
    return {name: rng.random((CASES, 1, 1, 36, 36), np.float32) for name in SETS}


@pytest.fixture(scope="module")
def run(datasets, predictions, tmp_path_factory):
    """The folder of a report, what it returned, and what the terminal showed."""
    folder = tmp_path_factory.mktemp("run") / "new"
    with redirect_stdout(StringIO()) as terminal:
        content = report(folder, dict(ABOUT), datasets, predictions)
    return folder, content, terminal.getvalue()


def test_a_report_leaves_all_its_files_and_no_others(run):
    folder, _, _ = run
    pictures = {"sequence.png", "sequence.gif", *(f"{kind}-{name}.png" for kind in ("best", "worst") for name in SETS)}
    arrays = {f"saved/{name}.npy" for name in ("inputs", "preds", "trues", "metrics")}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"scores.json", "scores.md", *pictures, *arrays}


def test_pictures_can_be_read_and_show_something(run):
    folder, _, _ = run
    for path in folder.glob("*.png"):
        picture = cv2.imread(str(path))
        assert picture is not None, path.name
        assert min(picture.shape[:2]) > 100
        assert picture.std() > 1


def test_pictures_show_the_best_and_the_worst_case_and_a_filled_sequence(datasets, predictions, tmp_path, monkeypatch):
    drawn = {}
    for figure in ("case_figure", "sequence_figure"):
        monkeypatch.setattr(module, figure, lambda path, *content: drawn.update({path.name: content}))
    report(tmp_path, dict(ABOUT), datasets, predictions)
    truths = datasets["n3"].withheld.frames.reshape(-1, 2, 1, 36, 36)[ROWS].reshape(CASES, 1, 36, 36) / 255
    pairs = zip(predictions["n3"][:, 0].astype(float), truths, strict=True)
    similarity = [structural_similarity(p, t, data_range=1, channel_axis=0) for p, t in pairs]
    for kind, case in {"best": np.argmax(similarity), "worst": np.argmin(similarity)}.items():
        title, inputs, positions, true, predicted = drawn[f"{kind}-n3.png"]
        row, column = divmod(int(case), 2)
        assert title.endswith(f"SSIM {similarity[case]:.3f}: sequence {ROWS[row] + 1}, image {[4, 16][column]}")
        assert positions == [(7, 6, 5, 4), (11, 12, 13, 14)][column]
        np.testing.assert_array_equal(inputs, datasets["n3"].sequences.read(ROWS[row], np.array(positions)))
        np.testing.assert_allclose(true, truths[case], rtol=1e-6)
        np.testing.assert_array_equal(predicted, predictions["n3"][case, 0])
    frames, filled, true = drawn["sequence.png"]
    np.testing.assert_array_equal(frames, datasets["n3"].sequences.read(ROWS[0], np.arange(16)))
    for case, position in enumerate([3, 15]):
        np.testing.assert_array_equal(filled.pop(position), predictions["n3"][case, 0])
        np.testing.assert_allclose(true.pop(position).image, truths[case], rtol=1e-6)
    assert not filled
    assert not true


def test_scores_json_is_strict_and_holds_what_was_returned(run):
    folder, content, _ = run

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads((folder / "scores.json").read_text(), parse_constant=refuse)
    assert set(found) == {"host", "method", "train_set", "seed", "checkpoint", "scores"}
    assert found == content.model_dump()
    assert {key: found[key] for key in ABOUT} == ABOUT
    assert list(found["scores"]) == SETS


def test_scores_are_those_of_the_predictions(run, datasets, predictions):
    _, content, _ = run
    for name, data in datasets.items():
        truths = data.withheld.frames.reshape(-1, 2, 1, 36, 36)[ROWS].reshape(CASES, 1, 36, 36) / 255
        expected = ((predictions[name][:, 0] - truths) ** 2).sum(axis=(1, 2, 3))
        model = content.scores[name]["model"]
        assert model["all"]["mse"] == pytest.approx(expected.mean(), rel=1e-5)
        assert model["4"]["mse"] == pytest.approx(expected[::2].mean(), rel=1e-5)


def test_scores_md_has_a_row_for_each_test_set(run):
    folder, content, _ = run
    text = (folder / "scores.md").read_text()
    for name in SETS:
        assert f"| {name} | {content.scores[name]['model']['all']['mse']:.2f} |" in text


def test_saved_arrays_have_openstls_shapes_and_the_first_test_set(run, datasets, predictions):
    folder, content, _ = run
    saved = {path.stem: np.load(path) for path in (folder / "saved").iterdir()}
    assert saved["inputs"].shape == (CASES, 4, 1, 36, 36)
    assert saved["trues"].shape == saved["preds"].shape == (CASES, 1, 1, 36, 36)
    np.testing.assert_array_equal(saved["preds"], predictions["n3"])
    truths = datasets["n3"].withheld.frames.reshape(-1, 2, 1, 36, 36)[ROWS].reshape(CASES, 1, 1, 36, 36)
    np.testing.assert_allclose(saved["trues"], truths / 255, rtol=1e-6)
    np.testing.assert_array_equal(saved["inputs"][1], datasets["n3"].sequences.read(ROWS[0], np.arange(11, 15)))
    totals = content.scores["n3"]["model"]["all"]
    assert saved["metrics"].tolist() == [totals["mae"], totals["mse"]]


def test_the_terminal_shows_the_tables_and_where_the_files_are(run):
    folder, _, shown = run
    assert "SimVP trained on n6: images 4 and 16" in shown
    assert all(name in shown for name in SETS)
    assert str(folder) in shown
