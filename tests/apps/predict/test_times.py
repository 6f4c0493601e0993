"""Times: of file names, of a table, and where images are put; what is missing, and what is understood."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from openstl_seqinterp import cli

LENGTH, HEIGHT, WIDTH = 7, 13, 18


def pictures(path, names, frames):
    """PNG files by Pillow."""
    path.mkdir()
    for name, frame in zip(names, frames, strict=True):
        Image.fromarray(frame).save(path / name)
    return path


def opened(path):
    """The names and images (T, H, W) of a folder of PNG files, in the order of the names."""
    files = sorted(path.iterdir())
    return [file.name for file in files], np.stack([np.array(Image.open(file)) for file in files])


NAMES = {
    "minutes": (["201609281435_X.png", "201609281440_X.png", "201609281445_X.png", "201609281455_X.png"], "14:50"),
    "a month's end": (["d_20230130.png", "d_20230131.png", "d_20230201.png", "d_20230203.png"], "2023-02-02"),
    "date and time": (["20240101_2350.png", "20240102_0000.png", "20240102_0010.png", "20240102_0030.png"], "00:20"),
    "steps of ten": (["0010.png", "0020.png", "0030.png", "0050.png"], "40"),
    "unix": (["1475073300.png", "1475073600.png", "1475073900.png", "1475074500.png"], "2016-09-28 14:50"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_only_real_gaps_are_gaps(tmp_path, kind, random, predict, capsys):
    names, gap = NAMES[kind]
    frames = random(4, HEIGHT, WIDTH)
    source = pictures(tmp_path / "seq", names, frames)
    assert predict(source, tmp_path / "out", "--method", "mean") == 0
    said = capsys.readouterr().out.splitlines()[0]
    assert "4 images, " in said
    assert "1 missing: " in said
    assert gap.split()[-1] in said.split("1 missing: ")[1]
    written, found = opened(tmp_path / "out" / "seq")
    assert len(written) == 5
    assert set(names) < set(written)
    np.testing.assert_array_equal(np.delete(found, 3, 0), frames)
    np.testing.assert_allclose(found[3], (frames[2].astype(float) + frames[3]) / 2, atol=0.51)


def test_a_sequence_without_gaps_has_none(tmp_path, random, predict, capsys):
    frames = random(4, HEIGHT, WIDTH)
    names = [f"2016092814{minute}_X.png" for minute in (35, 40, 45, 50)]
    assert predict(pictures(tmp_path / "seq", names, frames), tmp_path / "out", "--method", "mean") == 2
    assert "no image of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_image_at_a_time_lies_between_its_neighbours(tmp_path, random, predict, report_of):
    frames = random(4, HEIGHT, WIDTH)
    names = [f"2016092814{minute}_X.png" for minute in (35, 40, 45, 50)]
    source = pictures(tmp_path / "seq", names, frames)
    assert predict(source, tmp_path / "out", "--method", "mean", "--at", "2016-09-28T14:42") == 0
    written, found = opened(tmp_path / "out" / "seq")
    assert written == sorted([*names, "201609281442_X.png"])
    np.testing.assert_allclose(found[2], 0.6 * frames[1] + 0.4 * frames[2], atol=0.51)
    (filled,) = report_of(tmp_path / "out")["filled"]
    assert filled == {"sequence": 1, "image": 3, "at": "2016-09-28 14:42", "read_from": [2, 4]}


def test_every_minute(tmp_path, random, predict):
    frames = random(3, HEIGHT, WIDTH)
    names = [f"2016092814{minute}.png" for minute in (35, 40, 45)]
    source = pictures(tmp_path / "seq", names, frames)
    assert predict(source, tmp_path / "out", "--method", "mean", "--every", "2min") == 0
    written, found = opened(tmp_path / "out" / "seq")
    assert written == [f"2016092814{minute}.png" for minute in (35, 37, 39, 41, 43, 45)]
    for image, place in zip(found, np.arange(0, 2.1, 0.4), strict=True):
        before = min(int(place + 1e-9), 1)
        expected = frames[before] + (place - before) * (frames[before + 1].astype(float) - frames[before])
        np.testing.assert_allclose(image, expected, atol=0.51)


def test_a_table_of_times_has_gaps_and_fractions(tmp_path, random, predict, capsys):
    frames = random(4, HEIGHT, WIDTH, dtype="float64")
    np.save(tmp_path / "data.npy", frames)
    (tmp_path / "t.csv").write_text("file,time\na,2020-02-28\nb,2020-02-29\nc,2020-03-01\nd,2020-03-03\n")
    more = ["--times", tmp_path / "t.csv"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", *more) == 0
    assert "1 d apart, 2020-02-28 to 2020-03-03, 1 missing: 2020-03-02" in capsys.readouterr().out
    found = np.load(tmp_path / "out" / "data.npy")
    np.testing.assert_array_equal(np.delete(found, 3, 0), frames)
    np.testing.assert_allclose(found[3], frames[2:].mean(axis=0), atol=1e-6)
    (tmp_path / "t.csv").write_text("0\n1\n2.5\n3.5\n")
    assert predict(tmp_path / "data.npy", tmp_path / "fraction", "--method", "mean", "--missing", "3", *more) == 0
    found = np.load(tmp_path / "fraction" / "data.npy")
    np.testing.assert_allclose(found[2], 0.4 * frames[1] + 0.6 * frames[3], atol=1e-6)


def test_a_method_of_regular_runs_says_where_there_is_none(tmp_path, trained, random, predict, capsys):
    np.save(tmp_path / "data.npy", random(8, 36, 36))
    (tmp_path / "t.csv").write_text("\n".join(map(str, (0, 1, 2.5, 3.5, 4.5, 6.1, 7.1, 8.6))))
    more = ["--checkpoint", next(trained[0].rglob("best.ckpt")), "--missing", "6", "--times", tmp_path / "t.csv"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", *more) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "SimVP reads images that are one step apart" in line
    assert "leave out --checkpoint" in line


def stills(kind, rng):
    """Moving waves of which images 3 and 6 are of a ``kind``."""
    time, y, x = np.ogrid[:9, :48, :64]
    frames = (120 + 80 * np.sin((x - 1.5 * time) / 6) * np.cos(y / 8) + rng.normal(0, 2, (9, 48, 64))).astype(np.uint8)
    for place in (2, 5):
        if kind == "black":
            frames[place] = 0
        elif kind == "frozen":
            frames[place] = frames[place - 1]
        else:
            frames[place, 20:] = 255
    return frames


@pytest.mark.parametrize("kind", ["black", "frozen", "damaged"])
def test_what_is_black_frozen_or_damaged_is_found_where_asked_for(tmp_path, kind, predict, report_of, capsys):
    frames = stills(kind, np.random.default_rng(0))
    tifffile.imwrite(tmp_path / "data.tif", frames, photometric="minisblack")
    for other in {"auto", "black", "frozen", "damaged"} - {kind}:
        assert predict(tmp_path / "data.tif", tmp_path / other, "--method", "mean", "--missing", other) in (
            (0, 2) if (kind, other) == ("black", "damaged") else (2,)
        )
    capsys.readouterr()
    assert predict(tmp_path / "data.tif", tmp_path / "out", "--method", "mean", "--missing", kind) == 0
    assert f"--missing {kind}: images 3, 6\n" in capsys.readouterr().out
    assert report_of(tmp_path / "out")["found"] == [f"--missing {kind}: images 3, 6"]
    found = tifffile.imread(tmp_path / "out" / "data.tif")
    np.testing.assert_array_equal(np.delete(found, [2, 5], 0), np.delete(frames, [2, 5], 0))
    np.testing.assert_allclose(found[2], (frames[1].astype(float) + frames[3]) / 2, atol=0.51)


def test_dry_radar_is_left_alone_and_frames_without_values_are_filled(tmp_path, predict, report_of):
    frames = np.random.default_rng(0).random((8, HEIGHT, WIDTH))
    frames[[2, 3]] = 0
    frames[5] = np.nan
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--missing", "auto") == 0
    found = np.load(tmp_path / "out" / "data.npy")
    np.testing.assert_array_equal(np.delete(found, 5, 0), np.delete(frames, 5, 0))
    np.testing.assert_allclose(found[5], frames[[4, 6]].mean(axis=0), atol=1e-6)
    assert report_of(tmp_path / "out")["found"] == ["--missing auto: image 6"]


def test_inspect_says_it_all_and_writes_nothing(tmp_path, capsys, listing):
    names = [f"20160928{14 + minute // 60}{minute % 60:02d}.png" for minute in (35, 40, 45, 55, 60, 65)]
    frames = stills("frozen", np.random.default_rng(0))[[0, 1, 2, 4, 5, 6]]
    source = pictures(tmp_path / "seq", names, frames)
    before = listing(tmp_path)
    assert cli.main(["inspect", str(source), "--suggest"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        f"{source}: folder of png files, 6 images, 5 min apart, 2016-09-28 14:35 to 15:05, 1 missing: 14:50; 64x48 "
        f"grey, uint8 {frames.min()} to {frames.max()} (axes TYX)"
    )
    assert lines[1] == "███·███"
    assert "images 3, 6: fill with --missing frozen" in lines  # positions, with that of the gap
    assert listing(tmp_path) == before


def test_inspect_shows_frames_without_a_value_and_refuses_in_one_line(tmp_path, capsys):
    frames = np.random.default_rng(0).random((100, 12, 13))
    frames[[2, 98]] = np.nan
    np.save(tmp_path / "a.npy", frames)
    np.save(tmp_path / "b.npy", frames[:20].reshape(20, 1, 12, 13).repeat(50, 1))
    assert cli.main(["inspect", str(tmp_path / "a.npy")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "".join(lines[1:3]) == "██▒" + "█" * 95 + "▒█"
    assert lines[3] == "images 3, 99: fill with --missing auto"
    assert cli.main(["inspect", str(tmp_path / "*.npy")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "(20, 50, 12, 13) may be NTYX (20 sequences of 50) or TNYX (50 sequences of 20): say which with --axes" in (
        line.replace(
            "TNYX (50 sequences of 20) or NTYX (20 sequences of 50)",
            "NTYX (20 sequences of 50) or TNYX (50 sequences of 20)",
        )
    )
