"""Folders of one file a frame, made and checked by Pillow, OpenCV and tifffile."""

import gzip

import numpy as np
import pictures
import pytest
import tifffile
from PIL import Image

from openstl_seqinterp.apps.io import Options, Output, open_source, write
from openstl_seqinterp.apps.io.timeline import Timeline
from openstl_seqinterp.errors import UserError


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_folder(tmp_path, kind):
    suffix, save, channels, dtype, exact = pictures.KINDS[kind]
    folder = pictures.folder_of(tmp_path / "in", suffix, save)
    source = open_source(folder)
    assert (source.length, source.absent, source.sequences) == (5, (2,), 1)
    assert (source.shape[2], source.dtype, source.labels) == (channels, np.dtype(dtype), False)
    for place, name in zip((0, 1, 3, 4), pictures.NAMES, strict=True):
        seen = pictures.read_back(folder / f"{name}.{suffix}", channels).reshape(source.shape)
        if suffix not in ("jpg", "jpeg", "webp"):
            np.testing.assert_array_equal(source.read(0, place), seen)
        else:  # two decoders of a lossy form differ by rounding
            assert np.abs(source.read(0, place).astype(int) - seen).mean() < 2

    paths = pictures.written(source, tmp_path)
    assert [path.name for path in paths] == [f"shot{number:03d}.{suffix}" for number in range(8, 13)]
    for name in pictures.NAMES:
        assert (tmp_path / "out" / "res" / f"{name}.{suffix}").read_bytes() == (
            folder / f"{name}.{suffix}"
        ).read_bytes()
    seen, wanted = pictures.read_back(paths[2], channels).reshape(source.shape), pictures.fill(source)(0, 2)
    assert seen.dtype == dtype
    if exact:
        np.testing.assert_array_equal(seen, wanted)
    else:
        assert np.abs(seen.astype(int) - wanted).mean() < 40
    assert any("with loss" in note for note in source.notes) != exact


def test_pixmap_keeps_its_header_but_for_the_time(tmp_path):
    names = [f"2016092800{minute:02d}_x" for minute in (0, 1, 3)]
    folder = tmp_path / "in"
    folder.mkdir()
    for minute, name in zip((0, 1, 3), names, strict=True):
        pictures.pixmap(4095)(folder / f"{name}.pgm.gz", minute)
    source = open_source(folder)
    assert "2016-09-28 00:00 to 00:03, 1 missing: 00:02" in source.describe()
    path = pictures.written(source, tmp_path)[2]
    assert path.name == "201609280002_x.pgm.gz"
    header = gzip.decompress(path.read_bytes())[:60]
    assert header.startswith(b"P5\n# made by hand\n# obstime 201609280002\n22 18\n4095\n")


def test_what_may_be_no_value_is_told(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        values = np.arange(400, dtype=np.uint8).reshape(20, 20) % 160
        values[:5] = 255
        Image.fromarray(values).save(folder / f"{number}.png")
    assert open_source(folder).notes == [
        "25% of the first image are 255, none are 160 to 254: if 255 means no value, say --fill_value 255"
    ]


def test_pages_are_sequences(tmp_path):
    save = pictures.pages(shape=(3, *pictures.SIZE), dtype="uint16", photometric="minisblack")
    source = open_source(pictures.folder_of(tmp_path / "in", "tif", save))
    assert (source.sequences, source.length, source.axes, source.shape) == (3, 5, "TNYX", (*pictures.SIZE, 1))
    np.testing.assert_array_equal(
        source.read(1, 4)[..., 0], pictures.noise(3, *pictures.SIZE, dtype="uint16", seed=3)[1]
    )
    wanted = pictures.noise(3, *pictures.SIZE, dtype="uint16")[:, ::-1, ::-1]
    np.testing.assert_array_equal(tifffile.imread(pictures.written(source, tmp_path)[2]), wanted)


def test_inserted_files_lie_between(tmp_path):
    folder = pictures.folder_of(
        tmp_path / "in", "png", pictures.by_pillow("L"), ["201609281435", "201609281440", "201609281445"]
    )
    source = open_source(folder)
    timeline = Timeline(source.timeline.instants[0] + 150 * np.arange(5.0), "date", 150.0, True)
    (tmp_path / "out").mkdir()
    output = Output(source, [0, None, 1, None, 2], timeline, pictures.fill(source), "res")
    paths = write(output, "folder", tmp_path / "out")
    assert [path.stem for path in paths] == [f"201609281{end}" for end in ("43500", "43730", "44000", "44230", "44500")]
    assert paths[2].read_bytes() == (folder / "201609281440.png").read_bytes()
    assert any("new names" in note for note in source.notes)


def test_times_of_the_user_do_not_rename(tmp_path):
    folder = pictures.folder_of(tmp_path / "in", "png", pictures.by_pillow("L"), ["1", "2", "3", "4"])
    (tmp_path / "times.csv").write_text("0\n10\n20\n30\n")
    source = open_source(folder, Options(times=tmp_path / "times.csv"))
    assert [path.stem for path in pictures.written(source, tmp_path, [0, 1, None, 3])] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "webp", "gif", "pgm"])
def test_tiny_pictures(tmp_path, suffix, size):
    save = lambda path, seed: Image.fromarray(np.full(size, 50 * seed, np.uint8)).save(path)  # noqa: E731
    source = open_source(pictures.folder_of(tmp_path / "in", suffix, save))
    assert source.shape[:2] == size
    assert abs(int(source.read(0, 4)[0, 0, 0]) - 150) < 4
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.size == size[::-1]


def test_other_files_are_ignored_and_strays_told(tmp_path):
    folder = pictures.folder_of(tmp_path / "in", "png", pictures.by_pillow("L"), ["1", "2", "3", "4"])
    (folder / "notes.txt").write_text("x")
    (folder / "._1.png").write_text("x")
    (folder / "sub.png").mkdir()
    pictures.by_pillow("RGB", 3)(folder / "cover.jpg", 5)
    source = open_source(folder)
    assert source.length == 4
    assert source.notes == ["1 left out, as not named like the others: cover.jpg"]


@pytest.mark.parametrize(
    ("kind", "words"), [("tif float", "float32"), ("png 16 bit colour", None), ("jpg", None), ("png alpha", None)]
)
def test_png_of_any(tmp_path, kind, words):
    suffix, save, channels, *_ = pictures.KINDS[kind]
    source = open_source(pictures.folder_of(tmp_path / "in", suffix, save))
    output = Output(source, [0, 1, None, 3, 4], source.timeline, pictures.fill(source), "png")
    if words:
        with pytest.raises(UserError, match=f"{words}.*--as tif"):
            write(output, "png", tmp_path)
        return
    paths = write(output, "png", tmp_path)
    assert [path.name for path in paths] == [f"frame_{number:04d}.png" for number in range(8, 13)]
    for place, path in enumerate(paths):
        wanted = pictures.fill(source)(0, 2) if place == 2 else source.read(0, place)
        np.testing.assert_array_equal(pictures.read_back(path, channels), wanted)


def test_png_is_named_by_the_date(tmp_path):
    source = open_source(
        pictures.folder_of(tmp_path / "in", "jpg", pictures.by_pillow("L"), ["2016-09-28_1435", "2016-09-28_1440"])
    )
    paths = write(Output(source, [0, 1], source.timeline, pictures.fill(source), "png"), "png", tmp_path)
    assert [path.name for path in paths] == ["20160928T143500.png", "20160928T144000.png"]
