"""What is told about a result: scores, report and pictures."""

from importlib.metadata import version

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import openstl_seqinterp

LENGTH, HEIGHT, WIDTH = 7, 13, 18


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_scores_against_the_truth(tmp_path, kind, random, predict, middle, report_of):
    frames = random(2, LENGTH, HEIGHT, WIDTH, *([3] * (kind == "colour")), dtype="float64")
    known = frames.copy()
    known[0, 2], known[1, 4] = np.nan, np.nan
    np.save(tmp_path / "data.npy", known)
    np.save(tmp_path / "truth.npy", frames)
    truth = ["--truth", tmp_path / "truth.npy", "--range", 0, 1, "--axes", "NTYXC"[: frames.ndim]]
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
    more = ["--csv_shape", LENGTH, 8, 9, "--truth", tmp_path / "truth.csv", "--range", 0, 255]
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


def test_values_beyond_the_range_are_not_clipped(tmp_path, smooth, predict, report_of):
    frames = smooth(LENGTH, 48, 64)
    frames[:, 20, 20], frames[:, 30, 9] = 1.6, -0.7  # a hot pixel and a dead one: the range leaves both out
    np.save(tmp_path / "data.npy", frames)
    truth = ["--truth", tmp_path / "data.npy"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "4", *truth) == 0
    report = report_of(tmp_path / "out")
    low, high = report["range"]
    assert -0.7 < low < high < 1.6
    true, found = ((each[3] - low) / (high - low) for each in (frames, np.load(tmp_path / "out" / "data.npy")))
    expected = peak_signal_noise_ratio(true, found, data_range=1), structural_similarity(true, found, data_range=1)
    mean = report["scores"]["mean"]
    assert (mean["psnr"], mean["ssim"]) == pytest.approx(expected, rel=1e-4)


def test_images_without_any_value_are_said_to_have_none(tmp_path, predict, report_of):
    np.save(tmp_path / "data.npy", np.full((5, 12, 16), np.nan, np.float32))
    more = ["--missing", "2", "3", "--uncertainty"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", *more) == 0
    report = report_of(tmp_path / "out")
    assert "images 2, 3: no value, since no image that is read has one" in report["notes"]
    assert [each["uncertainty"] for each in report["filled"]] == [None, None]
    assert np.isnan(np.load(tmp_path / "out" / "data.npy")).all()


def test_report_and_pictures(sequence, tmp_path, capsys, predict, read_gif, report_of):
    source, frames = sequence
    present = [place for place in range(LENGTH) if place != 3]
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "6", "--extend", "1") == 0
    report, observed = report_of(tmp_path / "out"), [0, 1, 2, 4, 6]
    assert report.pop("seconds") >= 0
    assert report == {
        "input": str(source),
        "understood": (
            f"{source}: folder of png files, 6 images, 1 to 7, 1 missing: 4; 18x13 grey, "
            f"uint8 {frames[present].min()} to {frames[present].max()} (axes TYX)"
        ),
        "found": [],
        "method": "mean",
        "openstl_seqinterp": openstl_seqinterp.__version__,
        "torch": version("torch"),
        "images": {"type": "uint8", "shape": [HEIGHT, WIDTH, 1]},
        "range": [float(frames[observed].min()), float(frames[observed].max())],
        "sequences": 1,
        "form": "folder",
        "files": ["seq"],
        "length": {"before": LENGTH, "after": LENGTH + 1},
        "extended_by": 1,
        "inserted_between": 0,
        "filled": [
            {"sequence": 1, "image": 4, "at": "4", "read_from": [3, 5]},
            {"sequence": 1, "image": 6, "at": "6", "read_from": [5, 7]},
            {"sequence": 1, "image": 8, "at": "8", "read_from": [5, 7]},
        ],
        "cuts": [],
        "notes": [],
    }
    with Image.open(tmp_path / "out" / "strip.png") as strip:
        strip.load()
        assert min(strip.size) > 50
    shown = read_gif(tmp_path / "out" / "sequence.gif")
    assert shown.shape == (LENGTH + 1, 17 * (HEIGHT + 2), 17 * (WIDTH + 2), 3)
    red = (shown[:, 0, 0] == [214, 39, 40]).all(axis=-1)
    np.testing.assert_array_equal(np.flatnonzero(red), [3, 5, 7])
    assert "filled 3 images" in capsys.readouterr().out
    assert predict(source, tmp_path / "more", "--method", "mean", "--insert", "2", "--extend", "1") == 0
    assert "filled 16 images" in capsys.readouterr().out  # one missing, one more, and two in each of seven gaps


def test_images_below_the_window_of_ssim_have_the_other_scores(tmp_path, random, predict, report_of):
    frames = random(LENGTH, 5, 6)
    np.save(tmp_path / "data.npy", frames)
    truth = ["--truth", tmp_path / "data.npy", "--range", 0, 255]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", "--missing", "4", *truth) == 0
    mean = report_of(tmp_path / "out")["scores"]["mean"]
    assert mean["psnr"] == pytest.approx(peak_signal_noise_ratio(frames[3], frames[4]), rel=1e-5)
    assert "ssim" not in mean


def test_pixels_without_a_value_take_no_part_in_scores(tmp_path, random, predict, report_of):
    truth = random(LENGTH, HEIGHT, WIDTH, dtype="float64")
    known = truth.copy()
    known[2:5, :4] = np.nan
    truth[3, :, 9:] = np.nan
    np.save(tmp_path / "data.npy", known)
    np.save(tmp_path / "truth.npy", truth)
    more = ["--missing", "4", "--truth", tmp_path / "truth.npy", "--range", 0, 1]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", *more) == 0
    part = np.s_[4:, :9]
    mean = report_of(tmp_path / "out")["scores"]["mean"]
    assert mean["mse"] == pytest.approx(((truth[4][part] - truth[3][part]) ** 2).sum(), rel=1e-5)
    assert mean["psnr"] == pytest.approx(peak_signal_noise_ratio(truth[3][part], truth[4][part], data_range=1))
    assert "ssim" not in mean


def test_labels_are_seen_in_the_pictures(tmp_path, predict, read_gif):
    frames = np.zeros((4, 80, 90), np.uint8)
    frames[:, :40] = 5
    frames[:, :, 45:] *= 2
    frames[:, 41, 1:5] = np.arange(4)[:, None]  # Pillow merges equal images
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "2", "--labels") == 0
    shown = read_gif(tmp_path / "out" / "sequence.gif")[1, ..., 1]
    levels = [int(shown[y, x]) for y, x in ((200, 100), (60, 100), (60, 200))]
    assert min(np.diff(levels)) > 40  # green, of colours that rise in it


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
    more = ["--missing", "2", "--axes", "TYX"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", *more) == 0
    assert_filled(np.load(tmp_path / "out" / "data.npy"), frames, [1])
    assert (tmp_path / "out" / "strip.png").stat().st_size > 0
