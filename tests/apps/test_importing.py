"""``seqinterp import``: what is stored, divided, resized and withheld, against numpy, OpenCV and zarr."""

import json

import cv2
import numpy as np
import pytest
import zarr
from textures import texture

from openstl_seqinterp import cli
from openstl_seqinterp.apps import importing
from openstl_seqinterp.apps.io.source import Options, Source
from openstl_seqinterp.data.sequences import TEST, TRAIN, VALIDATION
from openstl_seqinterp.data.store import Store

HEIGHT, WIDTH = 24, 32  # so that no other axes are plausible
NTYX = ("--axes", "NTYX")


def numbered(length, source=0, height=HEIGHT, width=WIDTH, dtype="uint8"):
    """Images (T, H, W): the first pixel is the source, the second the position, the others are random."""
    frames = np.random.default_rng(source).integers(0, 255, (length, height, width)).astype(dtype)
    frames[:, 0, 0], frames[:, 0, 1] = source + 1, np.arange(length) + 1
    return frames


def saved(path, array):
    np.save(path, array)
    return path


def run(inputs, out, *more):
    return cli.main(["import", *map(str, inputs), "--out", str(out), *map(str, more)])


def load(out):
    """All frames (F, C, H, W), those withheld in their places; the arrays beside them; and import.json."""
    known, withheld = (zarr.open_group(out / name, mode="r") for name in ("frames.zarr", "withheld.zarr"))
    frames, hidden = known["frames"][:], withheld["number"][:]
    assert not frames[hidden].any()  # blank here, so that no loader can show them
    assert frames.reshape(len(frames), -1).any(axis=1).sum() == len(frames) - len(hidden)
    frames[hidden] = withheld["frames"][:]
    arrays = {name: known[name][:] for name in ("part", "stretch", "source", "sequence", "instant")}
    return frames, {**arrays, "hidden": hidden}, json.loads((out / "import.json").read_text())


def marks(frames):
    """The (source, position) pairs (F, 2) that `numbered` wrote."""
    return frames[:, 0, 0, :2].astype(int) - 1


def test_each_frame_is_stored_once_as_it_is(tmp_path, capsys):
    paths = [saved(tmp_path / f"{source}.npy", numbered(20, source)) for source in range(3)]
    assert run(paths, tmp_path / "own", "--length", 9, "--stride", 5, "--withhold", 7, 3) == 0
    frames, arrays, about = load(tmp_path / "own")
    np.testing.assert_array_equal(frames[:, 0], np.concatenate([numbered(20, source) for source in range(3)]))
    np.testing.assert_array_equal(arrays["source"], np.repeat(np.arange(3), 20))
    np.testing.assert_array_equal(arrays["instant"], np.tile(np.arange(1.0, 21), 3))
    (tested,) = {int(s) for s in arrays["source"][arrays["part"] == TEST]}
    # Windows of 9 begin at 0 and 9; the third and seventh of each are away.
    np.testing.assert_array_equal(np.sort(arrays["hidden"]), 20 * tested + np.array([2, 6, 11, 15]))
    assert about["frames"] == {"training": 20, "validation": 20, "tests": 20}
    assert about["sequences"] == {"training": 3, "validation": 3, "tests": 2}
    assert (about["length"], about["stride"], about["withheld"]) == (9, 5, [3, 7])
    assert (about["range"], about["divided"]) == ([0, 255], "by sequence")
    assert f"train on it with: -d own --data_root {tmp_path}" in capsys.readouterr().out


def test_no_source_is_in_two_parts(tmp_path):
    paths = [saved(tmp_path / f"{source}.npy", numbered(12, source)) for source in range(10)]
    divisions = []
    for seed in (0, 0, 1):
        out = tmp_path / f"own{len(divisions)}"
        assert run(paths, out, "--seed", seed) == 0
        _, arrays, about = load(out)
        parts = [{int(s) for s in arrays["source"][arrays["part"] == part]} for part in (TRAIN, VALIDATION, TEST)]
        assert [len(each) for each in parts] == [6, 2, 2]
        assert len(set.union(*parts)) == 10
        assert about["length"] == 12
        divisions.append(parts)
    assert divisions[0] == divisions[1] != divisions[2]


@pytest.mark.parametrize(
    ("count", "length", "parts"),
    [
        (12, 4, (4, 4, 4)),
        (24, 6, (12, 6, 6)),
        (40, 10, (20, 10, 10)),
        (64, 16, (32, 16, 16)),
        (200, 16, (140, 30, 30)),
    ],
)
def test_length_and_parts_fit_what_is_there(tmp_path, count, length, parts):
    assert run([saved(tmp_path / "film.npy", numbered(count))], tmp_path / "own", "--axes", "TYX") == 0
    frames, arrays, about = load(tmp_path / "own")
    assert tuple(about["frames"].values()) == parts
    assert about["length"] == length
    assert about["divided"] == "in time"
    np.testing.assert_array_equal(arrays["part"], np.repeat([TRAIN, VALIDATION, TEST], parts))
    assert len(arrays["hidden"]) == parts[2] // length * len(about["withheld"])
    np.testing.assert_array_equal(marks(frames)[:, 1], np.arange(count))


class Gapped(Source):
    """An array of which frames 10 and 30 are lacking."""

    form = kind = "gapped"

    def __init__(self, path, options=None):
        super().__init__(path, options or Options())
        self.array = np.delete(numbered(100), [10, 30], axis=0)[..., None]
        self.count, self.shape, self.dtype = 98, self.array.shape[1:], self.array.dtype
        self.arrange_frames(np.delete(np.arange(100.0), [10, 30]), "number")

    def _decode(self, sequence, number):
        return self.array[number].copy()


def test_a_stretch_ends_at_each_gap_and_each_part(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "open_source", Gapped)
    assert run([tmp_path / "film"], tmp_path / "own", "--length", 8, "--withhold", 4) == 0
    frames, arrays, _ = load(tmp_path / "own")
    places = marks(frames)[:, 1]
    np.testing.assert_array_equal(places, np.delete(np.arange(100), [10, 30]))
    same = arrays["stretch"][1:] == arrays["stretch"][:-1]
    expected = (np.diff(places) == 1) & (arrays["part"][1:] == arrays["part"][:-1])
    np.testing.assert_array_equal(same, expected)
    assert expected.sum() == 97 - 4


def film(lengths):
    """Scenes (T, 48, 64) uint8 that pan, one after the other, without a gap in time."""
    scenes = []
    for number, length in enumerate(lengths):
        wide = texture(300, seed=number) * 200 + 20 * number
        scenes += [wide[20:68, 2 * t : 2 * t + 64] for t in range(length)]
    return np.rint(scenes).astype(np.uint8)


@pytest.mark.parametrize("form", ["npy", "avi"])
def test_no_window_crosses_a_cut(tmp_path, capsys, form):
    lengths = [27, 14, 31]
    frames, borders = film(lengths), np.cumsum(lengths)[:-1]
    path = tmp_path / f"film.{form}"
    if form == "npy":
        np.save(path, frames)
    else:
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, frames.shape[:0:-1])
        for frame in frames:
            writer.write(np.repeat(frame[..., None], 3, axis=-1))
        writer.release()
    assert run([path], tmp_path / "own", "--length", 8) == 0
    store, scene = Store.open(tmp_path / "own"), np.repeat(np.arange(3), lengths)
    [cuts] = store.about["cuts"]
    assert cuts == {"input": str(path), "sequence": 1, "before": (borders + 1).tolist(), "flashes": []}
    same = store.stretch[1:] == store.stretch[:-1]
    np.testing.assert_array_equal(same, (np.diff(scene) == 0) & (store.part[1:] == store.part[:-1]))
    assert "2 cuts between scenes, before images 28, 42; no window crosses one" in capsys.readouterr().out
    assert run([path], tmp_path / "whole", "--length", 8, "--cuts", "none") == 0
    assert len(set(Store.open(tmp_path / "whole").stretch)) == 3  # those of the parts
    assert run([path], tmp_path / "long", "--length", 24) == 2
    assert "or --cuts none, since there are cuts between scenes" in capsys.readouterr().err


def test_a_flash_is_left_out_and_no_cut(tmp_path, capsys):
    frames = film([40])
    frames[20] = 255
    path = tmp_path / "lamp.npy"
    np.save(path, frames)
    assert run([path], tmp_path / "own", "--length", 5) == 0
    found, arrays, about = load(tmp_path / "own")
    np.testing.assert_array_equal(found[:, 0], np.delete(frames, 20, axis=0))
    assert 19 in np.flatnonzero(np.diff(arrays["stretch"]))  # no window reads on both sides as if nothing were missing
    assert about["cuts"] == [{"input": str(path), "sequence": 1, "before": [], "flashes": [21]}]
    assert f"{path}: image 21 left out as unlike those on both sides" in capsys.readouterr().out
    assert run([path], tmp_path / "all", "--length", 5, "--cuts", "none") == 0
    np.testing.assert_array_equal(load(tmp_path / "all")[0][:, 0], frames)


def test_missing_images_are_left_out_and_no_window_crosses_one(tmp_path, capsys):
    images = numbered(40)
    images[[17, 30]] = 0
    path = saved(tmp_path / "one.npy", images)
    assert run([path], tmp_path / "own", "--missing", "black", 9, "--length", 5) == 0
    frames, arrays, about = load(tmp_path / "own")
    left = np.delete(np.arange(40), [8, 17, 30])
    np.testing.assert_array_equal(frames[:, 0], images[left])
    ends = np.flatnonzero(np.diff(arrays["stretch"]))
    assert {7, 16, 29} <= {*left[ends].tolist()}
    assert about["notes"][-1] == f"{path}: left out by --missing black: images 18, 31"
    assert about["notes"][-1] in capsys.readouterr().out


def test_a_sequence_without_any_image_is_left_out(tmp_path):
    images = np.stack([numbered(20, 0), np.zeros((20, HEIGHT, WIDTH), np.uint8)])
    assert run([saved(tmp_path / "two.npy", images)], tmp_path / "own", "--missing", "black", *NTYX) == 0
    np.testing.assert_array_equal(load(tmp_path / "own")[0][:, 0], images[0])


@pytest.mark.parametrize(("height", "width"), [(13, 18), (12, 16), (11, 15)])
def test_sides_become_multiples_of_four(tmp_path, height, width):
    frames = numbered(12, 0, height, width)
    assert run([saved(tmp_path / "a.npy", frames)], tmp_path / "own", "--axes", "TYX") == 0
    found, _, about = load(tmp_path / "own")
    pad = (-height % 4, -width % 4)
    np.testing.assert_array_equal(found[:, 0], np.pad(frames, ((0, 0), (0, pad[0]), (0, pad[1])), mode="symmetric"))
    assert about["padded"] == {"H": pad[0], "W": pad[1]}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_size_is_that_of_opencv_in_every_type(tmp_path, dtype):
    sizes = [(24, 32), (36, 48), (48, 64)]
    sources = [numbered(12, number, *size, dtype) for number, size in enumerate(sizes)]
    paths = [saved(tmp_path / f"{number}.npy", each) for number, each in enumerate(sources)]
    assert run(paths, tmp_path / "own", "--size", 12, 16) == 0
    found = load(tmp_path / "own")[0]
    assert found.dtype == dtype
    right = [
        cv2.resize(frame.astype(np.float64), (16, 12), interpolation=cv2.INTER_AREA)
        for frames in sources
        for frame in frames
    ]
    np.testing.assert_allclose(found[:, 0], right, atol=0.51 if np.dtype(dtype).kind in "iu" else 1e-3)


def test_labels_stay_labels_when_resized(tmp_path):
    frames = np.random.default_rng(0).choice([0, 7, 200], (12, 24, 32)).astype(np.uint8)
    assert run([saved(tmp_path / "a.npy", frames)], tmp_path / "own", "--size", 12, 16, "--labels") == 0
    np.testing.assert_array_equal(load(tmp_path / "own")[0][:, 0], frames[:, ::2, ::2])


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_are_rgb(tmp_path, channels):
    frames = np.random.default_rng(0).integers(0, 255, (12, HEIGHT, WIDTH, channels), np.uint8)
    assert run([saved(tmp_path / "a.npy", frames)], tmp_path / "own") == 0
    np.testing.assert_array_equal(load(tmp_path / "own")[0], frames[..., :3].transpose(0, 3, 1, 2))


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_type_and_values_stay_and_the_range_is_robust(tmp_path, dtype):
    frames = np.random.default_rng(0).normal(28000, 500, (40, 48, 64)).astype(dtype)
    frames[3, 5, 5] = 60000
    frames[[33, 39]] = 0  # withheld: the fourth and tenth of the last ten
    assert run([saved(tmp_path / "a.npy", frames)], tmp_path / "own", "--cuts", "none") == 0
    found, _, about = load(tmp_path / "own")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[:, 0], frames)
    np.testing.assert_allclose(about["range"], np.quantile(frames[frames > 0], [0.001, 0.999]), atol=60)
    assert run([tmp_path / "a.npy"], tmp_path / "given", "--range", 0, 65535, "--cuts", "none") == 0
    assert load(tmp_path / "given")[2]["range"] == [0, 65535]


def test_pixels_without_a_value_do_not_count_in_the_range(tmp_path):
    frames = np.random.default_rng(0).normal(0, 1, (12, HEIGHT, WIDTH)).astype(np.float32)
    frames[:, 2], frames[:, 3] = np.nan, -9999
    assert run([saved(tmp_path / "a.npy", frames)], tmp_path / "own", "--fill_value", -9999) == 0
    found, _, about = load(tmp_path / "own")
    np.testing.assert_array_equal(found[:, 0], frames)
    assert -5 < about["range"][0] < -2
    assert about["fill_value"] == -9999


MISTAKES = {
    "name of ours": (["a.npy"], "seqinterp", [], "'seqinterp' cannot name a data set"),
    "name of a set": (["a.npy"], "n6", [], "'n6' cannot name a data set"),
    "name with -": (["a.npy"], "my-own", [], "'my-own' cannot name a data set"),
    "too short": (["a.npy"], "own", ["--length", "30"], "of 30 in a row"),
    "too few": (["nine.npy"], "own", [], "there are 9 images, expected at least 12"),
    "mixed colours": (["nine.npy", "colour.npy"], "own", [], "channels 3, expected 1"),
    "mixed sizes": (["nine.npy", "large.npy"], "own", [], "--size H W"),
    "mixed types": (["nine.npy", "deep.npy"], "own", [], "uint16, expected uint8"),
    "no input": (["nine.npy", "nothing.npy"], "own", [], "nothing.npy is missing"),
    "no file": (["text.npy"], "own", [], "text.npy is no array of NumPy"),
    "length": (["a.npy"], "own", ["--length", "2"], "--length: 2 is not between 3"),
    "stride": (["a.npy"], "own", ["--stride", "0"], "--stride: 0 is not between 1"),
    "size": (["a.npy"], "own", ["--size", "4", "16"], "is not between 8 and 16384"),
    "range": (["a.npy"], "own", ["--range", "4", "4"], "--range is 4 4"),
    "range of nan": (["a.npy"], "own", ["--range", "nan", "4"], "--range: 'nan' is no finite number"),
    "withheld 10": (["a.npy"], "own", ["--length", "9", "--withhold", "10"], "--withhold 10"),
    "withheld 0": (["a.npy"], "own", ["--withhold", "0"], "--withhold 0"),
    "withheld twice": (["a.npy"], "own", ["--withhold", "4", "4"], "each once"),
    "csv shape": (["a.npy"], "own", ["--csv_shape", "1", "2", "3"], "--csv_shape does not apply"),
    "missing": (["a.npy"], "own", ["--missing", "10"], "--missing 10: a.npy has images 1 to 9"),
    "missing all": (["a.npy"], "own", ["--missing", *"123456789"], "there are 0 images"),
    "seed": (["a.npy"], "own", ["--seed", "-1"], "--seed is -1, expected at least 0"),
    "a file": (["a.npy"], "text.npy", [], "already holds files"),
    "holds files": (["a.npy"], "full", [], "add --overwrite"),
    "no number": (["a.npy"], "own", ["--length", "nine"], "invalid int value: 'nine'"),
}


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = np.stack([numbered(9, source) for source in range(3)])
    np.save("a.npy", whole)
    np.save("nine.npy", whole[0])
    np.save("colour.npy", np.stack([whole[0]] * 3, axis=-1))
    np.save("large.npy", numbered(9, 0, 40, 40))
    np.save("deep.npy", whole[0].astype(np.uint16))
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(inputs, mistake, capsys):
    paths, out, more, message = MISTAKES[mistake]
    before = set(inputs.rglob("*"))
    assert run(paths, out, *more, *(NTYX if paths == ["a.npy"] and "--csv_shape" not in more else ())) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert set(inputs.rglob("*")) == before


def test_overwrite_replaces_a_data_set_as_a_whole(inputs):
    assert run(["a.npy"], "own", *NTYX) == 0
    (inputs / "own" / "stray.txt").touch()
    assert run(["a.npy"], "own", "--length", 8, *NTYX) == 2
    assert load(inputs / "own")[2]["length"] == 9
    assert run(["a.npy"], "own", "--length", 8, "--overwrite", *NTYX) == 0
    assert load(inputs / "own")[2]["length"] == 8
    assert sorted(path.name for path in (inputs / "own").iterdir()) == ["frames.zarr", "import.json", "withheld.zarr"]


class Failing(Gapped):
    def _decode(self, sequence, number):
        if number == 50:
            raise KeyboardInterrupt
        return super()._decode(sequence, number)


def test_what_stops_half_way_leaves_the_former_data_set(inputs, monkeypatch):
    assert run(["a.npy"], "own", *NTYX) == 0
    before = {path: path.stat().st_mtime for path in inputs.rglob("*")}
    monkeypatch.setattr(importing, "open_source", Failing)
    with pytest.raises(KeyboardInterrupt):
        importing.import_sequences([inputs / "film"], inputs / "own")
    after = {path: path.stat().st_mtime for path in inputs.rglob("*")}
    assert {path: at for path, at in after.items() if path != inputs} == before
