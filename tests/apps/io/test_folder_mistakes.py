"""Folders that are refused, in one line."""

import gzip
import shutil

import pictures
import pytest
import tifffile
from PIL import Image

from openstl_seqinterp.apps.io import Options, open_source
from openstl_seqinterp.errors import UserError


@pytest.mark.parametrize(
    "save",
    [
        pictures.pages(shape=(4, 5)),
        pictures.pages(dtype="uint16"),
        pictures.pages(shape=(*pictures.SIZE, 3), photometric="rgb"),
        pictures.pages(shape=(2, *pictures.SIZE), photometric="minisblack"),
    ],
    ids=["size", "depth", "colour", "pages"],
)
def test_mixed_files_are_refused(tmp_path, save):
    folder = pictures.folder_of(tmp_path / "in", "tif", pictures.pages())
    save(folder / "shot013.tif", 5)
    with pytest.raises(UserError, match=r"shot013.tif is .*, but shot008.tif is 22x18, 1 channel\(s\), uint8"):
        open_source(folder)


def test_two_kinds_of_files_are_refused(tmp_path):
    folder = pictures.folder_of(tmp_path / "in", "png", pictures.by_pillow("L"))
    pictures.by_pillow("L")(folder / "shot013.jpg", 5)
    with pytest.raises(UserError, match=r"shot008.png is png, but shot013.jpg is jpg"):
        open_source(folder)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("place", [0, 4])
@pytest.mark.parametrize(
    "kind", ["png colour", "png 16 bit colour", "jpg", "tif 16 bit", "bmp", "webp", "pgm zipped", "jp2"]
)
def test_damaged_file_is_refused(tmp_path, kind, place, part):
    suffix, save, *_ = pictures.KINDS[kind]
    folder = pictures.folder_of(tmp_path / "in", suffix, save)
    file = folder / f"{pictures.NAMES[0 if place == 0 else 3]}.{suffix}"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UserError, match=f"{file.name} (cannot be decoded|claims)") as refusal:
        open_source(folder).read(0, place)
    assert "\n" not in str(refusal.value)


def test_tiff_without_its_last_strips_is_refused(tmp_path):
    folder = pictures.folder_of(tmp_path / "in", "tif", pictures.pages(compression="zlib", rowsperstrip=6))
    with tifffile.TiffFile(folder / "shot008.tif", mode="r+b") as file:
        file.pages[0].tags["ImageLength"].overwrite(5000)
    shutil.copy(folder / "shot008.tif", folder / "shot009.tif")
    for name in pictures.NAMES[2:]:
        (folder / f"{name}.tif").unlink()
    with pytest.raises(UserError, match=r"shot008.tif cannot be decoded.*3 strips or tiles, expected 834"):
        open_source(folder)


def test_pictures_that_move_are_refused(tmp_path):
    def save(path, seed):
        images = [Image.fromarray(pictures.noise(*pictures.SIZE, seed=number)) for number in range(3)]
        images[0].save(path, save_all=True, append_images=images[1:])

    with pytest.raises(UserError, match=r"shot008.gif moves"):
        open_source(pictures.folder_of(tmp_path / "in", "gif", save))


def test_giant_headers_are_refused(tmp_path):
    for name, content in {
        "pgm": b"P5\n900000 900000\n255\n",
        "pgm.gz": gzip.compress(b"P5\n90000 90000\n255\n"),
    }.items():
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / f"1.{name}").write_bytes(content)
        with pytest.raises(UserError, match=r"1.pgm"):
            open_source(tmp_path / "in")


@pytest.mark.parametrize(
    ("options", "words"), [(Options(variable="x"), "--variable"), (Options(axes="TYX"), "--axes"), (None, "no images")]
)
def test_mistakes_are_refused(tmp_path, options, words):
    folder = pictures.folder_of(tmp_path / "in", "png", pictures.by_pillow("L"), pictures.NAMES if options else [])
    with pytest.raises(UserError, match=words):
        open_source(folder, options)
