import cv2
import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source
from openstl_seqinterp.errors import UserError

LENGTH, HEIGHT, WIDTH = 5, 18, 22
IMAGES = {
    "png grey": ("png", 1, "uint8"),
    "png colour": ("png", 3, "uint8"),
    "png alpha": ("png", 4, "uint8"),
    "png 16 bit": ("png", 1, "uint16"),
    "png 16 bit colour": ("png", 3, "uint16"),
    "jpg": ("jpg", 3, "uint8"),
    "jpeg grey": ("jpeg", 1, "uint8"),
    "tif 16 bit": ("tif", 1, "uint16"),
    "tiff colour": ("tiff", 3, "uint8"),
    "bmp": ("bmp", 3, "uint8"),
}


def read_images(paths):
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]


@pytest.mark.parametrize("kind", IMAGES)
def test_folder_of_images(tmp_path, kind, layout, write_filled, expected, image_folder):
    suffix, channels, dtype = IMAGES[kind]
    names = [f"shot{number:03d}.{suffix}" for number in range(8, 8 + LENGTH)]
    folder = image_folder(tmp_path / "in", names, channels, dtype)
    source = open_source(folder)
    assert (source.sequences, source.length, source.absent) == (1, LENGTH, ())
    assert (source.shape, source.dtype) == ((HEIGHT, WIDTH, channels), np.dtype(dtype))
    assert source.colour_order == ("grey" if channels == 1 else "bgr")
    inputs = read_images([folder / name for name in names])
    for position, frame in enumerate(inputs):
        np.testing.assert_array_equal(source.read(0, position).reshape(frame.shape), frame)

    paths = write_filled(source, layout)
    for path, known, frame, wanted in zip(
        paths, layout, read_images(paths), expected(inputs, source, layout), strict=True
    ):
        assert path.suffix == f".{suffix}"
        assert frame.dtype == dtype
        assert frame.shape == wanted.shape
        if known is not None:
            assert path.read_bytes() == (folder / names[known]).read_bytes()
        elif suffix in ("jpg", "jpeg"):
            # A jpeg of noise is far from exact; its mean is not.
            assert abs(frame.mean() - wanted.mean()) < 10
        else:
            np.testing.assert_array_equal(frame, wanted)


@pytest.mark.parametrize(
    ("names", "layout", "written"),
    [
        pytest.param(["9", "10", "12"], [0, 1, None, 3], ["9", "10", "11", "12"], id="gap"),
        pytest.param(["a_07_x", "a_09_x"], [0, None, 2, None], ["a_07_x", "a_08_x", "a_09_x", "a_10_x"], id="padded"),
        pytest.param(["v2_98", "v2_99"], [0, 1, None], ["v2_98", "v2_99", "v2_100"], id="one digit more"),
        pytest.param(["ann", "bob"], [0, None, None], ["ann", "bob", "bob_filled_0001"], id="unnumbered"),
        pytest.param(["a1", "b2"], [0, 1, None], ["a1", "b2", "b2_filled_0001"], id="two prefixes"),
        pytest.param(["5", "7"], [0, None, 2, None, None], ["5", "6", "7", "8", "9"], id="gap and appended"),
        pytest.param(["5", "7"], [0, None, None, 2], [f"frame_000{n}" for n in (1, 2, 3, 4)], id="inserted"),
    ],
)
def test_names_of_written_images(tmp_path, names, layout, written, write_filled, image_folder):
    source = open_source(image_folder(tmp_path / "in", [f"{name}.png" for name in names]))
    assert [path.stem for path in write_filled(source, layout)] == written


def test_gaps_in_numbers_are_absent(tmp_path, random, image_folder):
    source = open_source(image_folder(tmp_path / "in", ["f2.png", "f10.png", "f4.png"]))
    assert (source.length, source.absent) == (9, (1, 3, 4, 5, 6, 7))
    np.testing.assert_array_equal(source.read(0, 8), random(HEIGHT, WIDTH, 3, seed=1))
    with pytest.raises(IndexError, match="position 1"):
        source.read(0, 1)


def test_other_files_are_ignored(tmp_path, image_folder):
    folder = image_folder(tmp_path / "in", ["1.png", "2.png"])
    (folder / "notes.txt").write_text("x")
    (folder / "._1.png").write_text("x")
    (folder / "sub.png").mkdir()
    assert open_source(folder).length == 2


@pytest.mark.parametrize(
    "other",
    [{"size": (HEIGHT, WIDTH + 1)}, {"channels": 1}, {"channels": 4}, {"dtype": "uint16"}],
    ids=["size", "grey", "alpha", "depth"],
)
def test_mixed_images_are_refused(tmp_path, other, image_folder, assert_refused):
    folder = image_folder(tmp_path / "in", ["1.png", "2.png"])
    image_folder(folder, ["3.png"], **other)
    assert_refused(folder, "1.png", "3.png", "one size")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
@pytest.mark.parametrize("position", [0, 1])
def test_truncated_image_is_refused(tmp_path, suffix, position, image_folder, truncate):
    folder = image_folder(tmp_path / "in", [f"1.{suffix}", f"2.{suffix}"])
    damaged = truncate(folder / f"{position + 1}.{suffix}")
    with pytest.raises(UserError, match=f"{damaged.name} cannot be decoded"):
        open_source(folder).read(0, position)


def test_folder_without_images_is_refused(tmp_path, assert_refused):
    assert_refused(tmp_path, "no images")


def test_same_number_twice_is_refused(tmp_path, image_folder, assert_refused):
    assert_refused(image_folder(tmp_path / "in", ["1.png", "01.png"]), "same number")


def test_dates_for_numbers_are_refused(tmp_path, image_folder, assert_refused):
    assert_refused(image_folder(tmp_path / "in", ["20231231.png", "20240101.png"]), "too sparse")
