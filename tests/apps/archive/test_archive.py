"""An archive that workers fill equals what one process makes of it, bit for bit."""

import json

import cv2
import numpy as np
import pytest
import zarr

from openstl_seqinterp import cli


def store(path, array, **more):
    zarr.create_array(path, data=array, **more)
    return path


def test_the_example_of_the_documentation(tmp_path, monkeypatch, moving, stored):
    monkeypatch.chdir(tmp_path)
    store("in.zarr", moving(6, 16, 64, 64))
    command = ["predict", "in.zarr", "--missing", "4", "--method", "dis-flow", "--axes", "NTYX"]
    assert cli.main([*command, "--out", "out.zarr", "--workers", "2"]) == 0
    assert cli.main([*command, "--out", "one.zarr"]) == 0
    np.testing.assert_array_equal(stored("out.zarr"), stored("one.zarr"))
    known = np.arange(16) != 3
    np.testing.assert_array_equal(stored("out.zarr")[:, known], stored("in.zarr")[:, known])
    names = {"in.zarr", "out.zarr", "out.report.json", "out.strip.png", "out.preview.gif"}
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("one.")} == names
    report = json.loads((tmp_path / "out.report.json").read_text())
    assert (report["filled"], report["sequences"], report["parts"]) == (6, 6, 6)


def test_parts_in_time_read_beyond_their_ends_and_know_of_cuts(tmp_path, moving, same_as_one_process):
    frames = moving(2, 50, cut=17)  # a part has 16 images
    frames[:, 34] = 0  # a flash
    missing = map(str, range(2, 50, 2))
    same_as_one_process(store(tmp_path / "in.zarr", frames), "--axes", "NTYX", "--missing", *missing)
    one, many = (json.loads((tmp_path / f"{name}.report.json").read_text()) for name in ("one", "many"))
    assert many["cuts"] == [[sequence, *cut] for sequence in (1, 2) for cut in one["cuts"]] != []
    assert many["range"] == one["range"]
    assert any("not read" in note for note in many["notes"])


def test_more_images_and_another_order_of_the_axes(tmp_path, moving, same_as_one_process):
    frames = np.stack([moving(4, 9), moving(4, 9)[..., ::-1]], axis=-1).reshape(2, 2, 9, 48, 64, 2)
    colours = np.concatenate([frames, frames[..., :1]], axis=-1).transpose(3, 4, 0, 5, 2, 1)
    path = store(tmp_path / "in.zarr", colours, dimension_names=["y", "x", "run", "channel", "time", "z"])
    found = same_as_one_process(path, "--insert", "1", "--extend", "2", "--method", "mean")
    assert found.shape == (48, 64, 2, 3, 21, 2)


@pytest.mark.parametrize("flags", [["--missing", "auto"], ["--missing", "auto", "frozen", "--holes", "fill"]])
def test_what_is_missing_is_looked_for(tmp_path, moving, same_as_one_process, flags):
    frames = moving(5, 8).astype(np.float32)
    frames[[0, 1, 4], [3, 5, 3]] = np.nan
    frames[3, 4] = frames[3, 3]
    frames[2, 6, 10:20, 30:40] = np.nan
    same_as_one_process(store(tmp_path / "in.zarr", frames), "--axes", "NTYX", *flags)
    one, many = (json.loads((tmp_path / f"{name}.report.json").read_text()) for name in ("one", "many"))
    assert many["found"] == one["found"] != []
    assert many["filled"] == len(one["filled"])


def test_a_network_that_reads_what_it_filled(tmp_path, moving, same_as_one_process, untrained):
    path = store(tmp_path / "in.zarr", moving(1, 40, 36, 36)[0])
    missing = map(str, range(14, 20))
    same_as_one_process(path, "--checkpoint", str(untrained("SimVP")), "--missing", *missing, "--extend", "3")


def test_methods_are_chosen_and_doubted_once_for_a_sequence(tmp_path, moving, same_as_one_process):
    path = store(tmp_path / "in.zarr", moving(3, 20, 36, 36))
    flags = ["--checkpoint", "shipped", "--method", "copy", "--uncertainty"]
    same_as_one_process(path, "--axes", "NTYX", "--missing", "7", "17", *flags)
    one = np.load(tmp_path / "one.uncertainty.npy").reshape(3, 2, 36, 36)
    many = zarr.open(tmp_path / "many.uncertainty.zarr", mode="r")[:]
    np.testing.assert_array_equal(many[:, [6, 16]], one)
    assert not np.delete(many, [6, 16], axis=1).any()
    chosen = [each["method"] for each in json.loads((tmp_path / "one.report.json").read_text())["chosen"]]
    expected = {name: chosen.count(name) for name in chosen}
    assert json.loads((tmp_path / "many.report.json").read_text())["chosen"] == expected


def test_a_folder_becomes_an_archive(tmp_path, moving, same_as_one_process):
    (tmp_path / "in").mkdir()
    for number, frame in enumerate(moving(1, 9)[0]):
        if number != 4:
            cv2.imwrite(str(tmp_path / "in" / f"{number:02d}.png"), frame)
    assert same_as_one_process(tmp_path / "in").shape == (9, 48, 64)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--workers", "0"], "--workers is 0, expected at least 1"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "leave out --workers"),
        (["--workers", "2", "--out", "out"], "--out out: what workers fill is Zarr"),
        (["--workers", "2", "--truth", "in.zarr"], "--truth does not apply"),
        (["--workers", "2", "--method", "x"], "unknown method 'x'"),
        (["--workers", "2", "--missing", "17"], "--missing 17: "),
        (["--workers", "2", "--missing", "auto", "--axes", "TNYX"], "no image of "),
    ],
)
def test_mistakes_end_in_one_line_and_leave_nothing(tmp_path, monkeypatch, moving, capsys, flags, message):
    monkeypatch.chdir(tmp_path)
    store("in.zarr", moving(2, 16))
    default = [] if "--missing" in flags else ["--missing", "4"]
    axes = [] if "--axes" in flags else ["--axes", "NTYX"]
    assert cli.main(["predict", "in.zarr", "--out", "out.zarr", *default, *axes, *flags]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert [path.name for path in tmp_path.iterdir()] == ["in.zarr"]
