import json
from dataclasses import replace

import numpy as np
import pytest
from cases import predictions
from scipy.stats import norm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.degrade import DEGRADATIONS
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.baselines import BASELINES, Baseline
from openstl_seqinterp.evaluation.metrics import METRICS
from openstl_seqinterp.evaluation.scores import collect, score
from openstl_seqinterp.protocols import ONE_SIDED

ROWS = [1, 4, 6]
FRAMES = ["4", "16", "all"]
NEAR = ([2, 4], [13, 14])  # the known images next to images 4 and 16, counted from 0


def few(data_root, variant="clean", clean=True):
    """Three sequences of n3, six cases."""
    n3 = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    withheld = n3.withheld if clean else replace(n3.withheld, clean=None)
    return TaskDataset("n3", ONE_SIDED, n3.sequences, n3.tasks, [variant], rows=ROWS, withheld=withheld)


@pytest.fixture(scope="module")
def files(data_root):
    """The arrays of n3, read without the package, in [0, 1]."""
    folder = data_root / "seqinterp"
    with np.load(folder / "n3-train.npz") as train, np.load(folder / "n3-test.npz") as test:
        return {"known": train["frames"] / 255, "true": test["frames"] / 255, "clean": test["clean"]}


def censored(clean, noise=4.5 / 255):
    """The expectation of ``clean`` plus Gaussian noise, clipped to [0, 1]: the integral of P(value > t) over [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    return norm.sf((nodes + 1) / 2, clean[..., None], noise) @ (weights / 2)


@pytest.fixture(scope="module")
def dataset(data_root):
    return few(data_root)


@pytest.fixture(scope="module")
def cases(dataset):
    return collect(dataset)


@pytest.fixture(scope="module")
def model(cases):
    """Predictions that leave [0, 1], as a network's may."""
    return cases.truths + np.random.default_rng(0).normal(0, 0.1, cases.truths.shape).astype(np.float32)


def expected_scores(predictions, truths):
    """By scikit-image and numpy in fp64, as a value that those of the package, in fp32, are compared with."""
    clipped = predictions.clip(0, 1)
    pairs = list(zip(clipped, truths, strict=True))
    scores = {
        "mse": ((predictions - truths) ** 2).sum(axis=(1, 2, 3)).mean(),
        "mae": np.abs(predictions - truths).sum(axis=(1, 2, 3)).mean(),
        "ssim": np.mean([structural_similarity(p, t, data_range=1, channel_axis=0) for p, t in pairs]),
        "psnr": np.mean([peak_signal_noise_ratio(t, p, data_range=1) for p, t in pairs]),
    }
    # Sums over 1296 pixels lose some tens of 2**-24; SSIM, at most 1, is a quotient of small differences of squares.
    return pytest.approx(scores, rel=1e-5, abs=2e-5)


def test_cases_hold_what_must_be_produced(cases, files):
    assert cases.targets.tolist() == [3, 15] * 3
    np.testing.assert_array_equal(cases.truths.reshape(3, 2, 1, 36, 36), files["true"][ROWS].astype(np.float32))


@pytest.mark.parametrize(("frame", "members"), [("4", [0, 2, 4]), ("16", [1, 3, 5]), ("all", range(6))])
def test_the_model_is_scored_on_each_image_and_on_all(cases, model, files, frame, members):
    truths = files["true"][ROWS].reshape(6, 1, 36, 36)
    expected = expected_scores(model.astype(float)[list(members)], truths[list(members)])
    assert score("n3", cases, model)[0]["model"][frame] == expected


@pytest.mark.parametrize(
    ("predictor", "predict"),
    [
        # Images 3 and 5 are as near to image 4: the later is copied. Image 16 has no known image after it.
        pytest.param("copy", lambda files: files["known"][ROWS][:, [4, 14]], id="copy"),
        pytest.param("mean", lambda files: files["known"][ROWS][:, [[2, 14], [4, 14]]].mean(axis=1), id="mean"),
        pytest.param("floor", lambda files: censored(files["clean"][ROWS].astype(float)), id="floor"),
    ],
)
def test_baselines_and_floor_are_scored_on_the_same_cases(cases, model, files, predictor, predict):
    predictions, truths = predict(files), files["true"][ROWS]
    scores = score("n3", cases, model)[0][predictor]
    for column, frame in enumerate(["4", "16"]):
        expected = expected_scores(predictions[:, column], truths[:, column])
        assert scores[frame] == expected
    expected = expected_scores(predictions.reshape(6, 1, 36, 36), truths.reshape(6, 1, 36, 36))
    assert scores["all"] == expected


def test_scores_name_each_predictor_and_frame(cases, model):
    scores, _ = score("n3", cases, model)
    assert list(scores) == ["model", "copy", "mean", "dis-flow", "motion", "floor"]
    for frames in scores.values():
        assert list(frames) == FRAMES
        assert all(list(metrics) == ["mse", "mae", "ssim", "psnr"] for metrics in frames.values())


def test_dis_flow_beats_copying_on_simulated_motion(cases, model):
    scores, _ = score("n3", cases, model)
    assert scores["floor"]["all"]["mse"] < scores["dis-flow"]["all"]["mse"] < scores["copy"]["all"]["mse"]
    assert scores["floor"]["all"]["mse"] < scores["motion"]["all"]["mse"] < scores["copy"]["all"]["mse"]


def test_the_similarity_of_each_case_is_scikit_images(cases, model):
    _, similarity = score("n3", cases, model)
    pairs = zip(model.clip(0, 1).astype(float), cases.truths.astype(float), strict=True)
    expected = [structural_similarity(p, t, data_range=1, channel_axis=0) for p, t in pairs]
    np.testing.assert_allclose(similarity, expected, atol=2e-5)  # see above


def test_there_is_no_floor_where_the_clean_images_are_unknown(data_root, model):
    scores, _ = score("n3", collect(few(data_root, clean=False)), model)
    assert list(scores) == ["model", "copy", "mean", "dis-flow", "motion"]


def test_baselines_see_the_degraded_images(data_root, cases):
    blanked = few(data_root, "miss")
    np.testing.assert_array_equal(collect(blanked).truths, cases.truths)
    for number in range(len(blanked)):
        read = blanked.read(number, blanked.case(number)[1].context)[0]
        assert (~read.any(axis=(1, 2, 3))).sum() == 1
    # A blanked image is unknown to a baseline: it copies another one, never the blank.
    assert predictions(blanked, "copy").any(axis=(1, 2, 3)).all()


def test_baselines_read_the_same_images_once(data_root, monkeypatch):
    memory, flows = {}, []
    alone = [collect(few(data_root, variant)) for variant in DEGRADATIONS]
    row = BASELINES["dis-flow"]
    # A new function is one from elsewhere, as it would be in another module.
    counted = row._replace(function=lambda *args: flows.append(1) or row.function(*args))
    monkeypatch.setitem(BASELINES, "dis-flow", counted)
    together = [collect(few(data_root, variant), memory) for variant in DEGRADATIONS]
    for one, other in zip(alone, together, strict=True):
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            for metric in METRICS:
                np.testing.assert_array_equal(values[metric], other.values[name][metric])
    # What is read next to a missing image decides; a blank there makes a case differ from the one without.
    blanks = sum(not np.array_equal(*pair) for pair in zip(*(
        np.stack([few(data_root, variant).read(number, NEAR[number % 2])[1] for number in range(6)])
        for variant in ("clean", "miss")
    ), strict=True))  # fmt: skip
    assert 0 < blanks < 6
    assert len(flows) == 2 * (6 + blanks)


def test_no_more_than_scores_is_remembered_of_an_image(data_root):
    memory = {}
    collect(few(data_root), memory)
    assert all(row.shape == (len(METRICS),) and row.base is None for row in memory.values())


def test_a_baseline_that_reads_more_is_never_scored_with_another_cases_image(data_root, monkeypatch):
    # A blank among the four nearest, but not among the two nearest, must tell two cases apart.
    def four(images, target):
        return np.mean(list(images.values()), axis=0)

    monkeypatch.setitem(BASELINES, "four", Baseline(four, reach=2))
    memory = {}
    for variant in DEGRADATIONS:
        dataset = few(data_root, variant)
        found = collect(dataset, memory)
        expected = []
        for number in range(len(dataset)):
            frames, observed = dataset.read(number, range(16))
            (target,) = dataset.case(number)[1].targets
            known = np.flatnonzero(observed)
            before, after = known[known < target], known[known > target]
            expected.append(frames[[*before[-2:], *after[:2]] if len(after) else before[-4:]].mean(axis=0))
        np.testing.assert_allclose(predictions(dataset, "four"), expected, rtol=1e-6, atol=1e-7)
        squares = np.square(expected - found.truths).sum(axis=(1, 2, 3))
        np.testing.assert_allclose(found.values["four"]["mse"], squares, rtol=1e-5)


def test_equal_images_with_other_truths_are_scored_by_themselves(data_root):
    dataset = few(data_root)
    frames = dataset.sequences.frames.copy()
    index = dataset.sequences.index
    frames[index[4][index[4] >= 0]] = frames[index[1][index[1] >= 0]]  # the second sequence is the first, its truth not
    sequences = replace(dataset.sequences, frames=frames)
    same = TaskDataset("n3", ONE_SIDED, sequences, dataset.tasks, ["clean"], rows=ROWS, withheld=dataset.withheld)
    found = collect(same)
    for name in BASELINES:
        squares = np.square(predictions(same, name) - found.truths).sum(axis=(1, 2, 3))
        np.testing.assert_allclose(found.values[name]["mse"], squares, rtol=1e-5)
        assert found.values[name]["mse"][0] != found.values[name]["mse"][2]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predictions_that_are_not_finite_are_refused(cases, model, value):
    broken = model.copy()
    broken[3, 0, 5, 5] = value
    with pytest.raises(UserError, match="predictions on n3 are not finite"):
        score("n3", cases, broken)


def test_a_perfect_prediction_has_no_psnr_and_strict_json(cases):
    scores, similarity = score("n3", cases, cases.truths)
    for frame in FRAMES:
        perfect = scores["model"][frame]
        assert perfect["mse"] == perfect["mae"] == 0
        assert perfect["ssim"] == pytest.approx(1, abs=2**-22)  # ones in fp32, but for the rounding of their mean
        assert perfect["psnr"] is None
    np.testing.assert_allclose(similarity, 1, atol=2**-22)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
