"""``seqinterp import``: what is cut, divided, converted and withheld, against numpy and OpenCV."""

import json

import cv2
import numpy as np
import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.data.sequences import TEST, TRAIN, VALIDATION

HEIGHT, WIDTH = 12, 16


def numbered(length, source=0, height=HEIGHT, width=WIDTH, dtype="uint8"):
    """Images (T, H, W): the first pixel is the source, the second the position, the others are random."""
    frames = np.random.default_rng(source).integers(0, 255, (length, height, width)).astype(dtype)
    frames[:, 0, 0], frames[:, 0, 1] = source + 1, np.arange(length) + 1
    return frames


def folder(path, frames, skip=()):
    path.mkdir()
    for position, frame in enumerate(frames):
        if position not in skip:
            assert cv2.imwrite(str(path / f"{position:03d}.png"), frame)
    return path


def run(inputs, out, *more):
    return cli.main(["import", *map(str, inputs), "--out", str(out), *map(str, more)])


def load(out):
    """Whole windows (N, T, C, H, W), which images are observed (T,), and the part of each window."""
    with np.load(out / f"{out.name}-train.npz") as train, np.load(out / f"{out.name}-test.npz") as test:
        frames, observed, part = train["frames"].copy(), train["observed"], train["part"]
        np.testing.assert_array_equal(test["index"], np.flatnonzero(~observed))
        assert not frames[:, ~observed].any()  # withheld
        frames[:, test["index"]] = test["frames"]
        return frames, observed, part


def marks(frames):
    """The (source, position) pairs (N, T, 2) that `numbered` wrote into windows."""
    return frames[:, :, 0, 0, :2].astype(int) - 1


@pytest.fixture
def three(tmp_path):
    """Three arrays of 20 images."""
    for source in range(3):
        np.save(tmp_path / f"{source}.npy", numbered(20, source))
    return [tmp_path / f"{source}.npy" for source in range(3)]


def test_windows_of_each_length_begin_at_each_stride(three, tmp_path, capsys):
    out = tmp_path / "own"
    assert run(three, out, "--length", 9, "--stride", 5, "--withhold", 7, 3) == 0
    frames, observed, _ = load(out)
    np.testing.assert_array_equal(np.flatnonzero(~observed), [2, 6])
    expected = [[(s, t) for t in range(start, start + 9)] for s in range(3) for start in (0, 5, 10)]
    np.testing.assert_array_equal(marks(frames), expected)
    for window, ((source, start), *_) in zip(frames[:, :, 0], expected, strict=True):
        np.testing.assert_array_equal(window, numbered(20, source)[start : start + 9])
    about = json.loads((out / "import.json").read_text())
    assert about["inputs"] == [str(path) for path in three]
    assert about["sequences"] == {"training": 3, "validation": 3, "tests": 3}
    assert about["divided"] == "by sequence"
    assert about["shape"] == {"T": 9, "C": 1, "H": HEIGHT, "W": WIDTH}
    assert about["withheld"] == [3, 7]
    assert (about["stride"], about["seed"], about["padded"]) == (5, 0, {"H": 0, "W": 0})
    assert f"train on it with: -d own --data_root {tmp_path}" in capsys.readouterr().out


def test_no_source_is_in_two_parts(tmp_path):
    paths = []
    for source in range(10):
        paths.append(tmp_path / f"{source}.npy")
        np.save(paths[-1], numbered(12, source))
    divisions = []
    for seed in (0, 0, 1):
        out = tmp_path / f"own{len(divisions)}"
        assert run(paths, out, "--length", 8, "--stride", 2, "--withhold", 4, "--seed", seed) == 0
        frames, _, part = load(out)
        sources = {
            number: {int(s) for s in marks(frames)[part == number, 0, 0]} for number in (TRAIN, VALIDATION, TEST)
        }
        assert sum(map(len, sources.values())) == len(set.union(*sources.values())) == 10
        assert [len(each) for each in sources.values()] == [6, 2, 2]
        divisions.append(sources)
    assert divisions[0] == divisions[1] != divisions[2]


@pytest.mark.parametrize("count", [1, 2])
def test_no_image_is_in_two_parts_of_a_long_source(tmp_path, count):
    paths = [folder(tmp_path / f"film{source}", numbered(80, source)) for source in range(count)]
    assert run(paths, tmp_path / "own", "--length", 8, "--stride", 3, "--withhold", 4) == 0
    frames, _, part = load(tmp_path / "own")
    seen = [{tuple(mark) for mark in marks(frames)[part == number].reshape(-1, 2)} for number in range(3)]
    assert sum(map(len, seen)) == len(set.union(*seen))
    # In the order of time, about 70, 15 and 15 parts in a hundred.
    for source in range(count):
        times = [sorted(t for s, t in each if s == source) for each in seen]
        assert times[TRAIN][-1] < times[VALIDATION][0]
        assert times[VALIDATION][-1] < times[TEST][0]
        np.testing.assert_allclose([each[-1] + 1 for each in times], [0.7 * 80, 0.85 * 80, 80], atol=3)
    assert json.loads((tmp_path / "own" / "import.json").read_text())["divided"] == "in time"


def test_sequences_of_one_array_are_divided_like_files(tmp_path):
    np.save(tmp_path / "all.npy", np.stack([numbered(9, source) for source in range(4)]))
    assert run([tmp_path / "all.npy"], tmp_path / "own", "--length", 9, "--withhold", 4) == 0
    frames, _, part = load(tmp_path / "own")
    np.testing.assert_array_equal(marks(frames)[:, 0, 0], [0, 1, 2, 3])
    assert sorted(part) == [TRAIN, TRAIN, VALIDATION, TEST]


def test_windows_leave_out_gaps(tmp_path):
    path = folder(tmp_path / "film", numbered(100), skip=[10, 30])
    assert run([path], tmp_path / "own", "--length", 8, "--stride", 1, "--withhold", 4) == 0
    frames, _, part = load(tmp_path / "own")
    starts = marks(frames)[part == TRAIN][:, 0, 1]
    expected = [start for start in range(70 - 7) if not {10, 30} & set(range(start, start + 8))]
    np.testing.assert_array_equal(starts, expected)
    np.testing.assert_array_equal(np.diff(marks(frames)[..., 1], axis=1), 1)


@pytest.mark.parametrize(("height", "width"), [(13, 18), (12, 16), (11, 15)])
def test_sides_become_multiples_of_four(tmp_path, height, width):
    frames = np.stack([numbered(9, source, height, width) for source in range(3)])
    np.save(tmp_path / "all.npy", frames)
    assert run([tmp_path / "all.npy"], tmp_path / "own", "--length", 9, "--withhold", 4) == 0
    found = load(tmp_path / "own")[0][:, :, 0]
    extra = -height % 4, -width % 4
    assert found.shape[2:] == (height + extra[0], width + extra[1])
    np.testing.assert_array_equal(found[:, :, :height, :width], frames)
    np.testing.assert_array_equal(found[:, :, height:], found[:, :, height - extra[0] : height][:, :, ::-1])
    np.testing.assert_array_equal(found[..., width:], found[..., width - extra[1] : width][..., ::-1])
    assert json.loads((tmp_path / "own" / "import.json").read_text())["padded"] == {"H": extra[0], "W": extra[1]}


def test_size_is_that_of_opencv_and_joins_inputs_of_several(tmp_path):
    sizes = [(24, 32), (36, 48), (48, 64)]
    for number, size in enumerate(sizes):
        np.save(tmp_path / f"{number}.npy", numbered(9, number, *size))
    paths = [tmp_path / f"{number}.npy" for number in range(3)]
    assert run(paths, tmp_path / "own", "--length", 9, "--withhold", 4, "--size", 12, 16) == 0
    found = load(tmp_path / "own")[0]
    assert found.shape == (3, 9, 1, 12, 16)
    for number, size in enumerate(sizes):
        for place, frame in enumerate(numbered(9, number, *size)):
            right = cv2.resize(frame, (16, 12), interpolation=cv2.INTER_AREA)
            np.testing.assert_array_equal(found[number, place, 0], right)


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_become_rgb(tmp_path, channels):
    frames = np.random.default_rng(0).integers(0, 255, (3, 9, HEIGHT, WIDTH, channels), np.uint8)
    paths = [folder(tmp_path / f"film{number}", each) for number, each in enumerate(frames)]  # OpenCV writes BGR
    assert run(paths, tmp_path / "own", "--length", 9, "--withhold", 4) == 0
    right = frames[..., 2::-1].transpose(0, 1, 4, 2, 3)
    np.testing.assert_array_equal(load(tmp_path / "own")[0], right)
    np.save(tmp_path / "all.npy", frames)  # arrays stay in their order
    assert run([tmp_path / "all.npy"], tmp_path / "array", "--length", 9, "--withhold", 4) == 0
    np.testing.assert_array_equal(load(tmp_path / "array")[0], right[:, :, ::-1])


def test_deep_colours_are_resized(tmp_path):
    frames = np.random.default_rng(0).integers(0, 65535, (3, 9, 24, 32, 3), np.uint16)
    paths = [folder(tmp_path / f"film{number}", each) for number, each in enumerate(frames)]
    assert run(paths, tmp_path / "own", "--length", 9, "--withhold", 4, "--size", 12, 16) == 0
    right = frames.reshape(3, 9, 12, 2, 16, 2, 3).mean(axis=(3, 5))[..., ::-1].transpose(0, 1, 4, 2, 3) / 257
    np.testing.assert_allclose(
        load(tmp_path / "own")[0], right, atol=1.001
    )  # rounded twice: to eight bits, and the mean of four


@pytest.mark.parametrize(("dtype", "top"), [("uint16", 65535), ("float32", 1), ("float64", 1)])
def test_images_become_eight_bits_deep(tmp_path, dtype, top):
    frames = (np.random.default_rng(0).random((3, 9, HEIGHT, WIDTH)) * top).astype(dtype)
    np.save(tmp_path / "all.npy", frames)
    assert run([tmp_path / "all.npy"], tmp_path / "own", "--length", 9, "--withhold", 4) == 0
    found = load(tmp_path / "own")[0]
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found[:, :, 0], frames.astype(float) / top * 255, atol=0.501)


def test_table(tmp_path):
    frames = np.stack([numbered(9, source) for source in range(3)])
    np.savetxt(tmp_path / "all.csv", frames.reshape(3, -1), fmt="%d", delimiter=",")
    shape = ["--csv_shape", 9, HEIGHT, WIDTH]
    assert run([tmp_path / "all.csv"], tmp_path / "own", "--length", 9, "--withhold", 4, *shape) == 0
    np.testing.assert_array_equal(load(tmp_path / "own")[0][:, :, 0], frames)


NINE = ["--length", "9", "--withhold", "4"]
MISTAKES = {
    "name of ours": (["a.npy"], "seqinterp", NINE, "'seqinterp' cannot name a data set"),
    "name of a set": (["a.npy"], "n6", NINE, "'n6' cannot name a data set"),
    "name with -": (["a.npy"], "my-own", NINE, "'my-own' cannot name a data set"),
    "too short": (["a.npy"], "own", ["--length", "30"], "0 sequences of 30 images"),
    "too few parts": (["single.npy"], "own", NINE, "0 for validation"),
    "mixed colours": (["a.npy", "colour.npy"], "own", NINE, "some inputs are grey and some have colours"),
    "mixed sizes": (["a.npy", "large.npy"], "own", NINE, "--size H W"),
    "no input": (["a.npy", "nothing.npy"], "own", NINE, "nothing.npy is missing"),
    "no file": (["text.npy"], "own", NINE, "text.npy is no npy file"),
    "beyond one": (["beyond.npy"], "own", NINE, "must be in [0, 1]"),
    "length": (["a.npy"], "own", ["--length", "2"], "--length of at least 3"),
    "stride": (["a.npy"], "own", ["--stride", "0"], "--stride of at least 1"),
    "size": (["a.npy"], "own", ["--size", "4", "16"], "at least 8 pixels"),
    "withheld 10": (["a.npy"], "own", ["--length", "9", "--withhold", "10"], "--withhold 10"),
    "withheld 0": (["a.npy"], "own", ["--length", "9", "--withhold", "0"], "--withhold 0"),
    "withheld twice": (["a.npy"], "own", ["--length", "9", "--withhold", "4", "4"], "each once"),
    "default withheld": (["a.npy"], "own", ["--length", "9"], "expected images of 1 to 9"),
    "csv shape": (["a.npy"], "own", [*NINE, "--csv_shape", "1", "2", "3"], "--csv_shape is for a csv file"),
    "seed": (["a.npy"], "own", [*NINE, "--seed", "-1"], "--seed is -1, expected at least 0"),
    "a file": (["a.npy"], "text.npy", NINE, "already holds files"),
    "holds files": (["a.npy"], "full", NINE, "add --overwrite"),
    "no number": (["a.npy"], "own", ["--length", "nine"], "invalid int value: 'nine'"),
}


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = np.stack([numbered(9, source) for source in range(3)])
    np.save("a.npy", whole)
    np.save("single.npy", whole[0])
    np.save("colour.npy", np.stack([whole] * 3, axis=-1))
    np.save("large.npy", np.stack([numbered(9, source, 20, 20) for source in range(3)]))
    np.save("beyond.npy", whole / 100)
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(inputs, mistake, capsys):
    paths, out, more, message = MISTAKES[mistake]
    before = set(inputs.rglob("*"))
    assert run(paths, out, *more) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert set(inputs.rglob("*")) == before


def test_overwrite_replaces_a_data_set(inputs):
    assert run(["a.npy"], "own", *NINE) == 0
    assert run(["a.npy"], "own", "--length", 8, "--withhold", 2) == 2
    assert load(inputs / "own")[0].shape[1] == 9
    assert run(["a.npy"], "own", "--length", 8, "--withhold", 2, "--overwrite") == 0
    frames, observed, _ = load(inputs / "own")
    assert frames.shape[1] == 8
    np.testing.assert_array_equal(np.flatnonzero(~observed), [1])
