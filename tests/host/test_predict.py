"""``seqinterp predict`` from end to end: every form in and out, what is filled, the report, and every mistake."""

import json
import re

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import openstl_seqinterp
from openstl_seqinterp import cli

LENGTH, HEIGHT, WIDTH = 7, 13, 18
TINY_LATENT = "method = 'LatentAffine'\nhidden = 4\npasses = 1\nrefinements = 2\nepoch = 1\nepoch_cases = 64\n"
TINY_MOTION = (
    "method = 'SimVP_Motion'\nmodel_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n"
    "epoch = 1\nepoch_cases = 64\n"
)


def random(*shape, dtype="uint8", seed=0):
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (np.random.default_rng(seed).random(shape) * top).astype(dtype)


def smooth(length, height, width, *, speed=0.7):
    """Soft waves that move ``speed`` pixels an image, float32 (T, H, W) in [0.1, 0.9]."""
    time, y, x = np.ogrid[:length, :height, :width]
    waves = np.sin((x - speed * time) / 9) * np.cos(y / 11) + np.sin((x + y - speed * time) / 17)
    return (0.5 + 0.2 * waves).astype(np.float32)


def predict(source, out, *more):
    return cli.run(cli.predict, [str(source), "--out", str(out), "--device", "cpu", *map(str, more)])


def folder(path, frames, name="frame_{:03d}.png", skip=()):
    path.mkdir()
    for position, frame in enumerate(frames):
        if position not in skip:
            assert cv2.imwrite(str(path / name.format(position + 1)), frame)
    return path


def read_folder(path):
    """Images (T, H, W, C) in the order of their names."""
    images = [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted(path.iterdir())]
    return np.stack(images).reshape(len(images), *images[0].shape[:2], -1)


def video(path, frames):
    """A lossy video of ``frames`` (T, H, W, 3), 12 a second."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 12, frames.shape[2:0:-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def read_video(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (result := capture.read())[0]:
        frames.append(result[1])
    return np.stack(frames)


def read_gif(path):
    with Image.open(path) as image:
        frames = []
        for position in range(image.n_frames):
            image.seek(position)
            frames.append(np.array(image.convert("RGB")))
    return np.stack(frames)


def middle(frames, position):
    """The mean of two neighbours, as whole numbers where these are; within a half of it is right."""
    return (frames[position - 1].astype(float) + frames[position + 1]) / 2


def assert_filled(found, frames, missing):
    """All images of ``frames`` but those ``missing``, which are the mean of their neighbours."""
    assert found.shape == frames.shape
    assert found.dtype == frames.dtype
    for position in range(len(frames)):
        if position in missing:
            tolerance = 0.501 if frames.dtype.kind == "u" else 1e-6
            np.testing.assert_allclose(found[position], middle(frames, position), atol=tolerance)
        else:
            np.testing.assert_array_equal(found[position], frames[position])


def report_of(out):
    return json.loads((out / "report.json").read_text())


@pytest.fixture(scope="session")
def checkpoints(trained, tmp_path_factory):
    """``best.ckpt`` of tiny runs: SimVP, and the two methods that read both sides."""
    found = {"SimVP": next(trained[0].rglob("best.ckpt"))}
    for method, config in (("LatentAffine", TINY_LATENT), ("SimVP_Motion", TINY_MOTION)):
        root = tmp_path_factory.mktemp(method)
        (root / "tiny.py").write_text(config + "batch_size = 16\nval_batch_size = 64\nlr = 2e-3\n")
        command = [*trained[1], "-m", method, "-c", str(root / "tiny.py"), "--res_dir", str(root), "--ex_name", "run"]
        assert cli.run(cli.train, [*command, "--test_sets", "n3"]) == 0
        found[method] = next(root.rglob("best.ckpt"))
    return found


@pytest.fixture
def sequence(tmp_path):
    """A folder of seven grey images without number 4, and all seven."""
    frames = random(LENGTH, HEIGHT, WIDTH)
    return folder(tmp_path / "seq", frames, skip=[3]), frames


# Forms in and out


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_folder_with_a_gap_and_a_named_image(tmp_path, dtype, channels):
    frames = random(LENGTH, HEIGHT, WIDTH, channels, dtype=dtype)
    source = folder(tmp_path / "seq", frames, skip=[3])
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "auto", "6") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq"), frames, [3, 5])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"seq", "strip.png", "sequence.gif", "report.json"}
    names = [path.name for path in sorted((tmp_path / "out" / "seq").iterdir())]
    assert names == [f"frame_{number:03d}.png" for number in range(1, LENGTH + 1)]
    for name in set(names) - {names[3], names[5]}:  # the very files
        assert (tmp_path / "out" / "seq" / name).read_bytes() == (source / name).read_bytes()


def test_a_gap_needs_no_word(sequence, tmp_path, capfd):
    source, frames = sequence
    assert predict(source, tmp_path / "out", "--method", "mean") == 0
    assert not capfd.readouterr().err  # nor has OpenCV anything to say
    assert_filled(read_folder(tmp_path / "out" / "seq")[..., 0], frames, [3])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_auto_takes_a_black_image_for_missing(tmp_path, channels):
    frames = random(LENGTH, HEIGHT, WIDTH, channels)
    frames[..., 3:] = 255
    black = frames.copy()
    black[4, ..., :3] = 0
    source = folder(tmp_path / "seq", black)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "auto") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq"), frames, [4])


def test_video(tmp_path):
    source = video(tmp_path / "film.mp4", random(LENGTH, 16, 24, 3))
    frames = read_video(source)  # as decoded
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    assert_filled(read_video(tmp_path / "out" / "film.mp4"), frames, [2])
    before, after = (cv2.VideoCapture(str(path)) for path in (source, tmp_path / "out" / "film.mp4"))
    assert before.get(cv2.CAP_PROP_FPS) == after.get(cv2.CAP_PROP_FPS) == 12
    assert "without loss" in report_of(tmp_path / "out")["notes"][0]


@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels):
    frames = np.broadcast_to(random(LENGTH, HEIGHT, WIDTH, channels) // 2 * 2, (LENGTH, HEIGHT, WIDTH, 3)).copy()
    frames[:, 0, 0] = 255 if channels == 1 else [255, 0, 20]  # no grey start
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(tmp_path / "film.gif", save_all=True, append_images=pictures[1:], duration=90)
    frames = read_gif(tmp_path / "film.gif")
    assert predict(tmp_path / "film.gif", tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    assert_filled(read_gif(tmp_path / "out" / "film.gif"), frames, [2])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_arrays(tmp_path, suffix, dtype):
    frames = random(2, LENGTH, HEIGHT, WIDTH, dtype=dtype)
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, frames)
    else:
        np.savez(path, frames=frames, labels=np.arange(5))
    assert predict(path, tmp_path / "out", "--method", "mean", "--missing", "2", "6") == 0
    found = np.load(tmp_path / "out" / path.name)
    if suffix == "npz":
        np.testing.assert_array_equal(found["labels"], np.arange(5))
        found = found["frames"]
    assert found.shape == frames.shape
    for sequence, expected in zip(found, frames, strict=True):
        assert_filled(sequence, expected, [1, 5])


@pytest.mark.parametrize("rows", ["frames", "sequences"])
def test_table(tmp_path, rows):
    frames = random(2, LENGTH, 8, 9)
    cells = frames.reshape(2 * LENGTH if rows == "frames" else 2, -1)
    np.savetxt(tmp_path / "data.csv", cells, fmt="%d", delimiter=",")
    shape = ["--csv_shape", LENGTH, 8, 9]
    assert predict(tmp_path / "data.csv", tmp_path / "out", "--method", "mean", "--missing", "4", *shape) == 0
    found = np.loadtxt(tmp_path / "out" / "data.csv", delimiter=",", dtype=np.uint8)
    assert found.shape == cells.shape
    for sequence, expected in zip(found.reshape(frames.shape), frames, strict=True):
        assert_filled(sequence, expected, [3])


def test_what_is_missing_in_one_sequence_alone_stays_in_the_others(tmp_path):
    frames = random(3, LENGTH, HEIGHT, WIDTH)
    missing = {0: [2], 1: [2, 4], 2: [5]}
    black = frames.copy()
    for number, places in missing.items():
        black[number, places] = 0
    np.save(tmp_path / "data.npy", black)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "auto") == 0
    found = np.load(tmp_path / "out" / "data.npy")
    for number, places in missing.items():
        assert_filled(found[number], frames[number], places)
    filled = {(each["sequence"] - 1, each["image"] - 1) for each in report_of(tmp_path / "out")["filled"]}
    assert filled == {(number, place) for number, places in missing.items() for place in places}


@pytest.mark.parametrize("method", ["copy", "mean", "dis-flow"])
def test_methods_without_training_equal_their_functions(tmp_path, method):
    frames = np.rint(smooth(LENGTH, 40, 50) * 255).astype(np.uint8)
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", method, "--missing", "4") == 0
    found = np.load(tmp_path / "out" / "data.npy")
    expected = openstl_seqinterp.fill(frames, np.arange(LENGTH) != 3, method=method)
    np.testing.assert_array_equal(found, expected)
    if method == "copy":
        np.testing.assert_array_equal(found[3], frames[4])
    if method == "dis-flow":  # better than no motion, inside
        error = np.abs(found[3].astype(float) - frames[3])[8:-8, 8:-8].mean()
        assert error < np.abs(frames[4].astype(float) - frames[3])[8:-8, 8:-8].mean() / 2


# More images


def test_extend_continues_a_motion(tmp_path):
    frames = smooth(LENGTH + 2, 64, 64, speed=1)
    np.save(tmp_path / "data.npy", frames[:LENGTH])
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "dis-flow", "--extend", "2") == 0
    found = np.load(tmp_path / "out" / "data.npy")
    assert found.shape == frames.shape
    np.testing.assert_array_equal(found[:LENGTH], frames[:LENGTH])
    inner = np.s_[LENGTH:, 12:-12, 12:-12]
    assert np.abs(found[inner] - frames[inner]).mean() < np.abs(frames[LENGTH - 1] - frames[inner[0]]).mean() / 2
    assert report_of(tmp_path / "out")["length"] == {"before": LENGTH, "after": LENGTH + 2}


@pytest.mark.parametrize(("extend", "insert"), [(0, 1), (2, 1), (1, 3)])
def test_insert_and_extend(tmp_path, extend, insert):
    frames = random(LENGTH, HEIGHT, WIDTH, 3, dtype="float32")
    np.save(tmp_path / "data.npy", frames)
    assert (
        predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--insert", insert, "--extend", extend)
        == 0
    )
    found, every = np.load(tmp_path / "out" / "data.npy"), insert + 1
    images = LENGTH + extend
    assert len(found) == images + (images - 1) * insert
    np.testing.assert_array_equal(found[::every][:LENGTH], frames)
    longer = np.concatenate([frames, np.repeat(frames[-1:], extend, axis=0)])  # a mean of one side is a copy
    np.testing.assert_array_equal(found[::every], longer)
    for place in range(len(found)):
        position, share = divmod(place / every, 1)
        after = longer[min(int(position) + 1, images - 1)]
        np.testing.assert_allclose(found[place], (1 - share) * longer[int(position)] + share * after, atol=1e-6)


def test_a_folder_with_images_between_is_numbered_anew(sequence, tmp_path):
    source, frames = sequence
    assert predict(source, tmp_path / "out", "--method", "mean", "--insert", "1") == 0
    found = read_folder(tmp_path / "out" / "seq")[..., 0]
    assert len(found) == 2 * LENGTH - 1
    whole = frames.astype(float)
    whole[3] = middle(frames, 3)
    np.testing.assert_allclose(found[::2], whole, atol=0.501)
    np.testing.assert_allclose(found[1::2], (whole[:-1] + whole[1:]) / 2, atol=0.501)


# What is told about it


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_scores_against_the_truth(tmp_path, kind):
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
    for found, right in zip(scores["images"], expected, strict=True):
        assert {name: found[name] for name in right} == pytest.approx(right, rel=1e-4, abs=1e-5)
    mean = {name: np.mean([each[name] for each in expected]) for name in expected[0]}
    assert scores["mean"] == pytest.approx(mean, rel=1e-4, abs=1e-5)


def test_a_truth_is_as_long_as_what_is_made(tmp_path):
    frames = random(LENGTH + 2, 8, 9)
    np.savetxt(tmp_path / "truth.csv", frames.reshape(len(frames), -1), fmt="%d", delimiter=",")
    np.savetxt(tmp_path / "data.csv", frames[:-2].reshape(LENGTH, -1), fmt="%d", delimiter=",")
    more = ["--csv_shape", LENGTH, 8, 9, "--truth", tmp_path / "truth.csv"]
    assert predict(tmp_path / "data.csv", tmp_path / "out", "--method", "copy", "--extend", "2", *more) == 0
    errors = [each["mae"] for each in report_of(tmp_path / "out")["scores"]["images"]]
    right = [np.abs(frames[place] / 255 - frames[LENGTH - 1] / 255).sum() for place in (LENGTH, LENGTH + 1)]
    assert errors == pytest.approx(right, rel=1e-5)


def test_an_exact_prediction_has_a_finite_score(tmp_path):
    frames = np.repeat(random(1, HEIGHT, WIDTH), LENGTH, axis=0)
    np.save(tmp_path / "data.npy", frames)
    truth = ["--truth", tmp_path / "data.npy"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", "--missing", "4", *truth) == 0
    mean = report_of(tmp_path / "out")["scores"]["mean"]
    assert mean["mse"] == 0
    assert mean["psnr"] == 1e6


def test_report_and_pictures(sequence, tmp_path, capsys):
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


def test_pictures_of_a_folder_show_its_colours(tmp_path):
    frames = np.zeros((4, 70, 80, 3), np.uint8)
    frames[:] = [200, 100, 10]  # BGR
    frames[..., 40:, 0] -= np.arange(0, 80, 20, dtype=np.uint8)[:, None, None]  # Pillow merges equal images
    source = folder(tmp_path / "seq", frames)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "2") == 0
    shown = read_gif(tmp_path / "out" / "sequence.gif")
    np.testing.assert_allclose(shown[:, 30, 30], [[10, 100, 200]] * 4, atol=8)


@pytest.mark.parametrize("size", [(300, 2), (2, 500), (1, 1)])
def test_images_of_any_size_have_pictures(tmp_path, size):
    frames = random(4, *size)
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "2") == 0
    assert_filled(np.load(tmp_path / "out" / "data.npy"), frames, [1])
    assert (tmp_path / "out" / "strip.png").stat().st_size > 0


# Trained methods


@pytest.mark.parametrize("method", ["SimVP", "LatentAffine", "SimVP_Motion"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_trained_method_fills_any_size(checkpoints, tmp_path, method, channels):
    frames = np.rint(smooth(10, 37, 46) * 255).astype(np.uint8)
    frames = np.stack([frames // (channel + 1) for channel in range(channels)], axis=-1)
    source = folder(tmp_path / "seq", frames, skip=[5])
    assert predict(source, tmp_path / "out", "--checkpoint", checkpoints[method]) == 0
    found = read_folder(tmp_path / "out" / "seq")
    assert found.shape == frames.shape
    np.testing.assert_array_equal(np.delete(found, 5, 0), np.delete(frames, 5, 0))
    report = report_of(tmp_path / "out")
    assert report["method"] == method
    (filled,) = report["filled"]
    assert filled["read_from"] == ([2, 3, 4, 5] if method == "SimVP" else filled["read_from"])
    if method != "SimVP":
        assert {5, 7} <= set(filled["read_from"])
    if method == "SimVP_Motion":  # finds an easy motion after little training
        assert np.abs(found[5].astype(float) - frames[5]).mean() < 6


@pytest.mark.parametrize("method", ["LatentAffine", "SimVP_Motion"])
def test_a_trained_method_extends_and_inserts(checkpoints, tmp_path, method):
    frames = smooth(9, 36, 36)
    np.save(tmp_path / "data.npy", frames)
    more = ["--extend", "1", "--insert", "1"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--checkpoint", checkpoints[method], *more) == 0
    found = np.load(tmp_path / "out" / "data.npy")
    assert found.shape == (19, 36, 36)
    np.testing.assert_array_equal(found[:18:2], frames)
    assert np.isfinite(found).all()
    if method == "SimVP_Motion":
        between = (frames[:-1] + frames[1:]) / 2
        assert np.abs(found[1:17:2] - between).mean() < 0.03


def test_simvp_extends_from_what_it_predicted(checkpoints, tmp_path):
    frames = random(LENGTH, 36, 36)
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--checkpoint", checkpoints["SimVP"], "--extend", 2) == 0
    assert np.load(tmp_path / "out" / "data.npy").shape == (LENGTH + 2, 36, 36)
    assert [each["read_from"] for each in report_of(tmp_path / "out")["filled"]] == [[4, 5, 6, 7], [5, 6, 7, 8]]


def test_tiles_leave_no_seams(checkpoints):
    frames = smooth(9, 101, 150, speed=0.2)
    observed = np.arange(9) != 5
    whole, tiled = (
        openstl_seqinterp.fill(frames, observed, checkpoint=checkpoints["SimVP_Motion"], device="cpu", tile=tile)[5]
        for tile in (384, 64)
    )
    assert whole.shape == tiled.shape == (101, 150)
    assert np.abs(whole - tiled).max() > 0  # it was read in tiles
    # What tiles add varies as slowly as they fade: no step between two pixels.
    added = tiled - whole
    assert max(np.abs(np.diff(added, axis=axis)).max() for axis in (0, 1)) < 1 / 255


# Mistakes


def npy(path, shape=(LENGTH, HEIGHT, WIDTH)):
    np.save(path, random(*shape))
    return path


MISTAKES = {
    "no image missing": (["data.npy", "--method", "mean"], "no image of .* is missing"),
    "image 0": (["data.npy", "--method", "mean", "--missing", "0"], "images 1 to 7"),
    "image 8": (["data.npy", "--method", "mean", "--missing", "8"], "images 1 to 7"),
    "image x": (["data.npy", "--method", "mean", "--missing", "x"], "neither a number"),
    "image -1": (["data.npy", "--method", "mean", "--missing", "-1"], "--missing|-1"),
    "no input": (["nothing.npy", "--method", "mean", "--missing", "2"], "nothing.npy is missing"),
    "both": (["data.npy", "--method", "mean", "--checkpoint", "x", "--missing", "2"], "either a checkpoint"),
    "neither": (["data.npy", "--missing", "2"], "either a checkpoint"),
    "unknown method": (["data.npy", "--method", "meen", "--missing", "2"], "did you mean 'mean'"),
    "no such checkpoint": (["data.npy", "--checkpoint", "x.ckpt", "--missing", "2"], "no checkpoint x.ckpt"),
    "no checkpoint": (["data.npy", "--checkpoint", "text.ckpt", "--missing", "2"], "text.ckpt is"),
    "another pickle": (["data.npy", "--checkpoint", "list.ckpt", "--missing", "2"], "list.ckpt is no checkpoint"),
    "too few": (["data.npy", "--checkpoint", "SimVP", "--missing", "4"], "4 observed images in a row"),
    "insert with SimVP": (["data.npy", "--checkpoint", "SimVP", "--insert", "1"], "nothing can be put between"),
    "all missing": (["data.npy", "--method", "mean", "--missing", *map(str, range(1, 8))], "0 are observed"),
    "one image": (["one.npy", "--method", "mean", "--insert", "1"], "two images or more"),
    "shape of truth": (["data.npy", "--method", "mean", "--missing", "2", "--truth", "one.npy"], "--truth .*expected"),
    "length of truth": (["data.npy", "--method", "mean", "--extend", "1", "--truth", "data.npy"], "8, 13, 18"),
    "infinite truth": (["float.npy", "--method", "mean", "--missing", "2", "--truth", "nan.npy"], "not finite"),
    "gap in truth": (["gap", "--method", "mean", "--truth", "gap"], "gap lacks image 4"),
    "infinite image": (["nan.npy", "--method", "mean", "--missing", "4"], "not finite"),
    "small images": (["tiny.npy", "--method", "mean", "--missing", "2", "--truth", "tiny.npy"], "at least 7x7"),
    "tile": (["data.npy", "--method", "mean", "--missing", "2", "--tile", "8"], "--tile is 8, expected at least 32"),
    "extend": (["data.npy", "--method", "mean", "--extend", "-1"], "at least 0"),
    "insert": (["data.npy", "--method", "mean", "--insert", "-1"], "at least 0"),
    "csv shape": (["data.csv", "--method", "mean", "--missing", "2"], "--csv_shape T H W"),
    "csv shape of npy": (["data.npy", "--method", "mean", "--csv_shape", "1", "2", "3"], "--csv_shape is for a csv"),
    "no number": (["data.npy", "--method", "mean", "--extend", "two"], "invalid int value: 'two'"),
    "truncated": (["cut", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "first truncated": (["cut1", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "unreadable": (["text", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "mixed": (["mixed", "--method", "mean", "--missing", "3"], "one size"),
    "no images": (["empty", "--method", "mean", "--missing", "3"], "no images"),
    "video": (["film.mp4", "--method", "mean", "--missing", "3"], "cannot be opened"),
    "a result's name": (["sequence.gif", "--method", "mean", "--missing", "2"], "rename"),
    "five channels": (["any.npy", "--method", "mean", "--missing", "2"], "expected"),
}


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A working folder with all that `MISTAKES` names."""
    monkeypatch.chdir(tmp_path)
    frames = random(LENGTH, HEIGHT, WIDTH)
    npy("data.npy"), npy("one.npy", (1, HEIGHT, WIDTH)), npy("tiny.npy", (LENGTH, 5, 6))
    np.save("any.npy", np.zeros((2, 3, 4, 5, 5), np.uint8))
    nan = frames / 255
    np.save("float.npy", nan)
    nan[1] = np.nan
    np.save("nan.npy", nan)
    np.savetxt("data.csv", frames.reshape(LENGTH, -1), fmt="%d", delimiter=",")
    (tmp_path / "text.ckpt").write_text("no checkpoint")
    (tmp_path / "film.mp4").write_text("no video")
    torch.save([1, 2], "list.ckpt")
    for name, file in (("cut", "frame_005.png"), ("cut1", "frame_001.png")):
        path = folder(tmp_path / name, frames) / file
        path.write_bytes(path.read_bytes()[:-60])
    (folder(tmp_path / "text", frames) / "frame_002.png").write_text("no image")
    cv2.imwrite(str(folder(tmp_path / "mixed", frames) / "frame_002.png"), frames[0, :5])
    (tmp_path / "empty").mkdir()
    (tmp_path / "x").mkdir()
    folder(tmp_path / "seq", frames)
    folder(tmp_path / "gap", frames, skip=[3])
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save("sequence.gif", save_all=True, append_images=pictures[1:])
    return tmp_path


def listing(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(inputs, trained, mistake, capsys):
    argv, message = MISTAKES[mistake]
    argv = [str(next(trained[0].rglob("best.ckpt"))) if word == "SimVP" else word for word in argv]
    before, names = listing(inputs), set(inputs.iterdir())
    assert predict(argv[0], "out", *argv[1:]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert re.search(message, line), line
    assert set(inputs.iterdir()) == names
    assert listing(inputs) == before


def test_a_folder_that_holds_files_is_not_written_into_unasked(inputs, capsys):
    (inputs / "out").mkdir()
    (inputs / "out" / "mine.txt").write_text("mine")
    before = listing(inputs)
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2") == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert listing(inputs) == before
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2", "--overwrite") == 0
    assert predict("data.npy", "out", "--method", "copy", "--missing", "2", "--overwrite") == 0
    assert (inputs / "out" / "mine.txt").read_text() == "mine"
    assert report_of(inputs / "out")["method"] == "copy"
    frames = np.load("data.npy")
    np.testing.assert_array_equal(np.load("out/data.npy")[1], frames[2])
    assert set(listing(inputs / "out")) == {
        inputs / "out" / name for name in ("mine.txt", "data.npy", "strip.png", "sequence.gif", "report.json")
    }


@pytest.mark.parametrize(
    ("source", "out"), [("text", "text"), ("data.npy", "data.npy"), ("data.npy", "."), ("seq", "."), ("seq", "x/..")]
)
def test_the_input_is_never_written_over(inputs, source, out, capsys):
    before = listing(inputs)
    assert predict(source, out, "--method", "mean", "--missing", "2", "--overwrite") == 2
    assert "error: --out" in capsys.readouterr().err
    assert listing(inputs) == before


@pytest.mark.parametrize("name", [".", "..", "../seq/"])
def test_a_folder_may_be_named_by_dots(sequence, tmp_path, monkeypatch, name):
    source, frames = sequence
    (source / "inner").mkdir()
    monkeypatch.chdir(source / "inner" if name == ".." else source)
    before = listing(tmp_path)
    assert predict(name, tmp_path / "out", "--method", "mean") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq")[..., 0], frames, [3])
    assert {path: content for path, content in listing(tmp_path).items() if tmp_path / "out" not in path.parents} == (
        before
    )
