"""What pictures of a folder have beside their values: palettes, orientation, resolution, tags."""

import numpy as np
import pictures
import pytest
import tifffile
from PIL import Image

from openstl_seqinterp.apps.io import Options, Output, open_source, write


def test_jpeg_has_the_quality_and_resolution_of_its_neighbour(tmp_path):
    save = pictures.by_pillow("RGB", 3, quality=37, dpi=(300, 300), subsampling=0)
    source = open_source(pictures.folder_of(tmp_path / "in", "jpg", save))
    with Image.open(pictures.written(source, tmp_path)[2]) as image, Image.open(source.files[0]) as known:
        assert image.quantization == known.quantization
        assert image.info["dpi"] == (300, 300)
        assert image.layer == known.layer


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_resolution_is_kept(tmp_path, suffix):
    source = open_source(pictures.folder_of(tmp_path / "in", suffix, pictures.by_pillow("L", dpi=(200, 200))))
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_rotated_pictures_are_seen_upright(tmp_path, suffix):
    values = np.zeros((16, 24), np.uint8)
    values[:8, :8] = 200  # top left as stored; turned by 90 degrees to the right: top right

    def save(path, seed):
        if suffix == "tif":
            tifffile.imwrite(path, values, extratags=[(274, "H", 1, 6, True)])
        else:
            exif = Image.Exif()
            exif[274] = 6
            Image.fromarray(values).save(path, exif=exif, **({"quality": 100} if suffix == "jpg" else {}))

    source = open_source(pictures.folder_of(tmp_path / "in", suffix, save))
    assert source.shape == (24, 16, 1)
    frame = source.read(0, 0)[..., 0]
    assert frame[:8, 8:].min() > 190
    assert frame[:8, :8].max() < 10
    path = pictures.written(source, tmp_path, filled=lambda sequence, place: source.read(0, 0))[2]
    with Image.open(path) as image:
        assert image.size == (16, 24)
        assert image.getexif().get(274, 1) == 1
        np.testing.assert_allclose(np.array(image), frame, atol=6)


def palette_folder(path, values, colours, suffix="png", **settings):
    path.mkdir()
    for number, frame in zip((1, 2, 4), values, strict=True):
        image = Image.fromarray(frame)
        image.putpalette(np.asarray(colours, np.uint8).tobytes())
        image.save(path / f"{number}.{suffix}", **settings)
    return path


@pytest.mark.parametrize("suffix", ["png", "gif", "tif"])
def test_maps_of_classes_are_labels_and_keep_their_palette(tmp_path, suffix):
    colours = pictures.noise(5, 3, seed=4)
    values = [pictures.noise(*pictures.SIZE, seed=seed) % 5 for seed in range(3)]
    source = open_source(palette_folder(tmp_path / "in", values, colours, suffix))
    assert source.labels
    assert source.shape == (*pictures.SIZE, 1)
    assert any("labels" in note for note in source.notes)
    path = pictures.written(source, tmp_path)[2]
    shown = colours[values[0]][::-1, ::-1]
    with Image.open(path) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.array(image.convert("RGB")), shown)
    (tmp_path / "png").mkdir()
    layout = [0, 1, None, 3]
    paths = write(Output(source, layout, source.timeline, pictures.fill(source), "p"), "png", tmp_path / "png")
    with Image.open(paths[2]) as image:
        np.testing.assert_array_equal(np.array(image.convert("RGB")), shown)


def test_grey_palette_is_grey_values(tmp_path):
    colours = np.repeat(np.arange(256)[::-1, None], 3, axis=1)
    values = [pictures.noise(*pictures.SIZE, seed=seed) for seed in range(3)]
    source = open_source(palette_folder(tmp_path / "in", values, colours))
    assert not source.labels
    np.testing.assert_array_equal(source.read(0, 0)[..., 0], 255 - values[0])
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.array(image.convert("L")), 255 - values[0][::-1, ::-1])


def test_scale_of_colours_is_values(tmp_path):
    ramp = np.arange(256)
    colours = np.stack([ramp, abs(128 - ramp), 255 - ramp], axis=1)
    values = [pictures.noise(*pictures.SIZE, seed=seed) for seed in range(3)]
    folder = palette_folder(tmp_path / "in", values, colours)
    source = open_source(folder)
    assert not source.labels
    np.testing.assert_array_equal(source.read(0, 0)[..., 0], values[0])
    assert open_source(folder, Options(labels=True)).labels


def test_picture_of_many_colours_is_colours(tmp_path):
    colours = pictures.noise(256, 3, seed=7)
    values = [pictures.noise(*pictures.SIZE, seed=seed) for seed in range(3)]
    source = open_source(palette_folder(tmp_path / "in", values, colours))
    assert not source.labels
    np.testing.assert_array_equal(source.read(0, 0), colours[values[0]])
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        np.testing.assert_array_equal(np.array(image.convert("RGB")), colours[values[0]][::-1, ::-1])


def test_classes_with_palettes_of_their_own_are_compared_by_colour(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        image = Image.fromarray(np.full(pictures.SIZE, number, np.uint8))
        image.putpalette(np.roll([[255, 0, 0], [0, 255, 0], [0, 0, 255]], number, axis=0).astype(np.uint8).tobytes())
        image.save(folder / f"{number}.png")
    source = open_source(folder)
    assert (source.labels, source.shape[2]) == (True, 3)
    assert {tuple(source.read(0, place)[0, 0]) for place in range(3)} == {(255, 0, 0)}


def test_one_bit_is_bool(tmp_path):
    source = open_source(pictures.folder_of(tmp_path / "in", "png", pictures.bits))
    assert (source.dtype, source.labels) == (np.dtype(bool), True)
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.mode == "1"
        np.testing.assert_array_equal(np.array(image), pictures.noise(*pictures.SIZE)[::-1, ::-1] > 99)


def test_grey_and_alpha(tmp_path):
    source = open_source(pictures.folder_of(tmp_path / "in", "png", pictures.by_pillow("LA", 2)))
    assert source.shape[2] == 2
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.mode == "LA"
        np.testing.assert_array_equal(np.array(image), pictures.noise(*pictures.SIZE, 2)[::-1, ::-1])


def test_cmyk_is_read_as_colours_and_said(tmp_path):
    source = open_source(pictures.folder_of(tmp_path / "in", "jpg", pictures.by_pillow("CMYK", 3, quality=100)))
    assert source.shape[2] == 3
    assert any("CMYK" in note for note in source.notes)
    assert np.abs(source.read(0, 0).astype(int) - pictures.noise(*pictures.SIZE, 3)).mean() < 60
    with Image.open(pictures.written(source, tmp_path)[2]) as image:
        assert image.mode == "CMYK"


def test_tags_of_a_tiff_are_kept(tmp_path):
    scale, tie = (33550, "d", 3, (1000.0, 1000.0, 0.0), True), (33922, "d", 6, (0.0, 0.0, 0.0, 5.0, 6.0, 0.0), True)
    none = (42113, "s", 0, "-9999", True)
    save = pictures.pages(dtype="float32", extratags=[scale, tie, none], resolution=(7, 9), compression="zlib")
    source = open_source(pictures.folder_of(tmp_path / "in", "tif", save))
    assert source.fill_value == -9999
    with tifffile.TiffFile(pictures.written(source, tmp_path)[2]) as file:
        tags = file.pages[0].tags
        assert tags[33550].value == scale[3]
        assert tags[33922].value == tie[3]
        assert tags[42113].value == "-9999"
        assert (tags["XResolution"].value, file.pages[0].compression.name) == ((7, 1), "ADOBE_DEFLATE")


def test_white_is_high_whatever_a_tiff_says(tmp_path):
    source = open_source(pictures.folder_of(tmp_path / "in", "tif", pictures.pages(photometric="miniswhite")))
    stored = pictures.noise(*pictures.SIZE, dtype="uint16").astype(np.uint8)
    np.testing.assert_array_equal(source.read(0, 0)[..., 0], 255 - stored)
    np.testing.assert_array_equal(tifffile.imread(pictures.written(source, tmp_path)[2]), stored[::-1, ::-1])
