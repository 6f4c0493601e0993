"""Arrays and tables; what is true of every form is shown on arrays."""

import numpy as np
import pytest

import openstl_seqinterp

LENGTH, HEIGHT, WIDTH = 7, 13, 18


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_arrays(tmp_path, suffix, dtype, random, predict, assert_filled):
    frames = random(2, LENGTH, HEIGHT, WIDTH, dtype=dtype)
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, frames)
    else:
        np.savez(path, frames=frames, labels=np.arange(5))
    assert predict(path, tmp_path / "out", "--method", "mean", "--missing", "2", "6", "--axes", "NTYX") == 0
    found = np.load(tmp_path / "out" / path.name)
    if suffix == "npz":
        np.testing.assert_array_equal(found["labels"], np.arange(5))
        found = found["frames"]
    assert found.shape == frames.shape
    for sequence, expected in zip(found, frames, strict=True):
        assert_filled(sequence, expected, [1, 5])


@pytest.mark.parametrize("rows", ["frames", "sequences"])
def test_table(tmp_path, rows, random, predict, assert_filled):
    frames = random(2, LENGTH, 8, 9)
    cells = frames.reshape(2 * LENGTH if rows == "frames" else 2, -1)
    np.savetxt(tmp_path / "data.csv", cells, fmt="%d", delimiter=",")
    shape = ["--csv_shape", LENGTH, 8, 9]
    assert predict(tmp_path / "data.csv", tmp_path / "out", "--method", "mean", "--missing", "4", *shape) == 0
    found = np.loadtxt(tmp_path / "out" / "data.csv", delimiter=",", dtype=np.uint8)
    assert found.shape == cells.shape
    for sequence, expected in zip(found.reshape(frames.shape), frames, strict=True):
        assert_filled(sequence, expected, [3])


def test_what_is_missing_in_one_sequence_alone_stays_in_the_others(tmp_path, random, predict, assert_filled, report_of):
    frames = random(3, LENGTH, HEIGHT, WIDTH)
    missing = {0: [2], 1: [2, 4], 2: [5]}
    black = frames.copy()
    for number, places in missing.items():
        black[number, places] = 0
    np.save(tmp_path / "data.npy", black)
    more = ["--missing", "black", "--axes", "NTYX"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", *more) == 0
    found = np.load(tmp_path / "out" / "data.npy")
    for number, places in missing.items():
        assert_filled(found[number], frames[number], places)
    filled = {(each["sequence"] - 1, each["image"] - 1) for each in report_of(tmp_path / "out")["filled"]}
    assert filled == {(number, place) for number, places in missing.items() for place in places}


@pytest.mark.parametrize("method", ["copy", "mean", "dis-flow", "motion"])
def test_methods_without_training_equal_their_functions(tmp_path, method, smooth, predict):
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


def test_extend_continues_a_motion(tmp_path, smooth, predict, report_of):
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
def test_insert_and_extend(tmp_path, extend, insert, random, predict):
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
