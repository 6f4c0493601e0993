"""What is told about a result: scores, report and pictures."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import openstl_seqinterp

LENGTH, HEIGHT, WIDTH = 7, 13, 18


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_scores_against_the_truth(tmp_path, kind, random, predict, middle, report_of):
    frames = random(2, LENGTH, HEIGHT, WIDTH, *([3] * (kind == "colour")), dtype="float64")
    known = frames.copy()
    known[0, 2], known[1, 4] = 0, 0
    np.save(tmp_path / "data.npy", known)
    np.save(tmp_path / "truth.npy", frames)
    truth = ["--truth", tmp_path / "truth.npy"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "auto", *truth) == 0
    scores = report_of(tmp_path / "out")["scores"]
    expected = []
    for number, place in ((0, 2), (1, 4)):
        true, guess = frames[number, place], middle(frames[number], place)
        axis = -1 if kind == "colour" else None
        expected.append({
            "mse": ((guess - true) ** 2).sum(),
            "mae": np.abs(guess - true).sum(),
            "ssim": structural_similarity(true, guess, data_range=1, channel_axis=axis),
            "psnr": peak_signal_noise_ratio(true, guess, data_range=1),
        })  # fmt: skip
    assert [(each["sequence"], each["image"]) for each in scores["images"]] == [(1, 3), (2, 5)]
    # In fp32, and to six decimals: SSIM is a quotient of small differences, and PSNR a logarithm.
    for found, right in zip(scores["images"], expected, strict=True):
        assert {name: found[name] for name in right} == pytest.approx(right, rel=1e-4, abs=1e-5)
    mean = {name: np.mean([each[name] for each in expected]) for name in expected[0]}
    assert scores["mean"] == pytest.approx(mean, rel=1e-4, abs=1e-5)


def test_a_truth_is_as_long_as_what_is_made(tmp_path, random, predict, report_of):
    frames = random(LENGTH + 2, 8, 9)
    np.savetxt(tmp_path / "truth.csv", frames.reshape(len(frames), -1), fmt="%d", delimiter=",")
    np.savetxt(tmp_path / "data.csv", frames[:-2].reshape(LENGTH, -1), fmt="%d", delimiter=",")
    more = ["--csv_shape", LENGTH, 8, 9, "--truth", tmp_path / "truth.csv"]
    assert predict(tmp_path / "data.csv", tmp_path / "out", "--method", "copy", "--extend", "2", *more) == 0
    errors = [each["mae"] for each in report_of(tmp_path / "out")["scores"]["images"]]
    right = [np.abs(frames[place] / 255 - frames[LENGTH - 1] / 255).sum() for place in (LENGTH, LENGTH + 1)]
    assert errors == pytest.approx(right, rel=1e-5)


def test_an_exact_prediction_has_a_finite_score(tmp_path, random, predict, report_of):
    frames = np.repeat(random(1, HEIGHT, WIDTH), LENGTH, axis=0)
    np.save(tmp_path / "data.npy", frames)
    truth = ["--truth", tmp_path / "data.npy"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", "--missing", "4", *truth) == 0
    mean = report_of(tmp_path / "out")["scores"]["mean"]
    assert mean["mse"] == 0
    assert mean["psnr"] == 1e6


def test_report_and_pictures(sequence, tmp_path, capsys, predict, read_gif, report_of):
    source, _ = sequence
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "6", "--extend", "1") == 0
    report = report_of(tmp_path / "out")
    assert report.pop("seconds") >= 0
    assert report == {
        "input": str(source),
        "checkpoint": None,
        "method": "mean",
        "openstl_seqinterp": openstl_seqinterp.__version__,
        "torch": torch.__version__,
        "images": {"type": "uint8", "shape": [HEIGHT, WIDTH, 1]},
        "sequences": 1,
        "length": {"before": LENGTH, "after": LENGTH + 1},
        "extended_by": 1,
        "inserted_between": 0,
        "filled": [
            {"sequence": 1, "image": 4, "read_from": [3, 5]},
            {"sequence": 1, "image": 6, "read_from": [5, 7]},
            {"sequence": 1, "image": 8, "read_from": [5, 7]},
        ],
        "notes": [],
    }
    with Image.open(tmp_path / "out" / "strip.png") as strip:
        strip.load()
        assert min(strip.size) > 50
    shown = read_gif(tmp_path / "out" / "sequence.gif")
    assert shown.shape == (LENGTH + 1, 4 * HEIGHT + 8, 4 * WIDTH + 8, 3)
    red = (shown[:, 0, 0] == [214, 39, 40]).all(axis=-1)
    np.testing.assert_array_equal(np.flatnonzero(red), [3, 5, 7])
    assert "filled 3 images" in capsys.readouterr().out
    assert predict(source, tmp_path / "more", "--method", "mean", "--insert", "2", "--extend", "1") == 0
    assert "filled 16 images" in capsys.readouterr().out  # one missing, one more, and two in each of seven gaps


def test_pictures_of_a_folder_show_its_colours(tmp_path, predict, folder, read_gif):
    frames = np.zeros((4, 70, 80, 3), np.uint8)
    frames[:] = [200, 100, 10]  # BGR
    frames[..., 40:, 0] -= np.arange(0, 80, 20, dtype=np.uint8)[:, None, None]  # Pillow merges equal images
    source = folder(tmp_path / "seq", frames)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "2") == 0
    shown = read_gif(tmp_path / "out" / "sequence.gif")
    np.testing.assert_allclose(shown[:, 30, 30], [[10, 100, 200]] * 4, atol=8)


@pytest.mark.parametrize("size", [(300, 2), (2, 500), (1, 1)])
def test_images_of_any_size_have_pictures(tmp_path, size, random, predict, assert_filled):
    frames = random(4, *size)
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "2") == 0
    assert_filled(np.load(tmp_path / "out" / "data.npy"), frames, [1])
    assert (tmp_path / "out" / "strip.png").stat().st_size > 0
