"""Trained methods, each with a checkpoint of a tiny run."""

import numpy as np
import pytest

import openstl_seqinterp

LENGTH = 7


@pytest.mark.parametrize("method", ["SimVP", "LatentAffine", "SimVP_Motion"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_trained_method_fills_any_size(
    checkpoints, tmp_path, method, channels, smooth, predict, folder, read_folder, report_of
):
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
        error, still = (np.abs(image.astype(float) - frames[5]).mean() for image in (found[5], frames[4]))
        assert error < still / 2


@pytest.mark.parametrize("method", ["LatentAffine", "SimVP_Motion"])
def test_a_trained_method_extends_and_inserts(checkpoints, tmp_path, method, smooth, predict):
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
        assert np.abs(found[1:17:2] - between).mean() < np.abs(frames[:-1] - between).mean() / 2


def test_simvp_extends_from_what_it_predicted(checkpoints, tmp_path, random, predict, report_of):
    frames = random(LENGTH, 36, 36)
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--checkpoint", checkpoints["SimVP"], "--extend", 2) == 0
    assert np.load(tmp_path / "out" / "data.npy").shape == (LENGTH + 2, 36, 36)
    assert [each["read_from"] for each in report_of(tmp_path / "out")["filled"]] == [[4, 5, 6, 7], [5, 6, 7, 8]]


def test_tiles_leave_no_seams(checkpoints, smooth):
    frames = smooth(9, 101, 150, speed=0.2)
    observed = np.arange(9) != 5
    whole, tiled = (
        openstl_seqinterp.fill(frames, observed, checkpoint=checkpoints["LatentAffine"], device="cpu", tile=tile)[5]
        for tile in (384, 64)
    )
    assert whole.shape == tiled.shape == (101, 150)
    assert np.abs(whole - tiled).max() > 0  # it was read in tiles
    # What tiles add varies as slowly as they fade: no step between two pixels.
    added = tiled - whole
    assert max(np.abs(np.diff(added, axis=axis)).max() for axis in (0, 1)) < 1 / 255
