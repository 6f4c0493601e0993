import numpy as np
import pytest

from openstl_seqinterp.apps.io.axes import View, named_axes, read_axes, resized
from openstl_seqinterp.errors import UserError


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((12, 64, 64), "TYX"),
        ((64, 64, 64), "TYX"),
        ((300, 375, 1242), "TYX"),
        ((5, 64, 64, 1), "TYXC"),
        ((5, 64, 64, 3), "TYXC"),
        ((1, 50, 64, 64), "NTYX"),
        ((50, 1, 64, 64), "TNYX"),
        ((1, 50, 64, 64, 3), "NTYXC"),
    ],
)
def test_clear_shapes(shape, axes):
    assert read_axes(shape, None, "x") == axes


@pytest.mark.parametrize(
    ("shape", "readings"),
    [
        (
            (20, 50, 64, 64),
            ["(20, 50, 64, 64) may be NTYX (20 sequences of 50) or TNYX (50 sequences of 20): say which with --axes"],
        ),
        ((12, 3, 64, 64), ["TCYX (12 images in 3 channels)", "NTYX (12 sequences of 3)"]),
        ((64, 64, 12), ["YXT (12 images, 64x64)", "TYX (64 images, 12x64)"]),
        ((6, 53, 3, 100, 100), ["NTCYX (6 sequences of 53 in 3 channels)", "TNCYX (53 sequences of 6"]),
        ((2, 50, 64, 64, 3), ["NTYXC", "TNYXC"]),
        ((64, 64, 3, 20), ["YXCT (20 images in 3 channels, 64x64)"]),
        ((64, 64), ["no sequence"]),
        ((0, 64, 64), ["no dimension below 1"]),
    ],
)
def test_unclear_shapes_are_refused(shape, readings):
    with pytest.raises(UserError) as refusal:
        read_axes(shape, None, "x")
    assert all(reading in str(refusal.value) for reading in readings), refusal.value


@pytest.mark.parametrize("axes", ["TY", "TYXX", "NYXC", "T1YX", "TYX"])
def test_wrong_axes_are_refused(axes):
    with pytest.raises(UserError, match="--axes"):
        read_axes((2, 3, 4, 5), axes, "x")


def test_given_axes_count_more_than_the_shape():
    assert read_axes((64, 64, 12), "yxt", "x") == "YXT"


@pytest.mark.parametrize(
    ("axes", "sequence", "number", "expected"),
    [
        ("TNYX", 2, 1, lambda a: a[1, 2][..., None]),
        ("YXTN", 4, 3, lambda a: a[:, :, 3, 4][..., None]),
        ("TCYX", 0, 1, lambda a: np.moveaxis(a[1], 0, -1)),
        ("XYCT", 0, 2, lambda a: np.moveaxis(a[..., 2], 0, 1)),
        ("NZTYXS", 4, 1, lambda a: a[1, 1, 1]),
    ],
)
def test_view(axes, sequence, number, expected, random):
    array = random(*((2, 3, 4, 5, 6, 3) if len(axes) == 6 else (5, 4, 6, 7)))
    if axes == "NZTYXS":
        sequence = 1 * 3 + 1
    view = View(array, axes)
    np.testing.assert_array_equal(view.frame(sequence, number), expected(array))
    copy = View(np.zeros_like(array), axes)
    for one in range(view.sequences):
        for place in range(view.count):
            copy.store(one, place, view.frame(one, place))
    np.testing.assert_array_equal(copy.array, array)


def test_resized():
    assert resized((5, 2, 8, 9), "NTYX", 7) == (5, 7, 8, 9)


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["time", "lat", "lon"], "TYX"),
        (["lon", "lat", "time"], "XYT"),
        (["time", "level", "y", "x"], "TZYX"),
        (["member", "time", "j", "i"], "NTYX"),
        (["time", "a", "b"], "TYX"),
        (["a", "b", "c"], None),
        ([None, None, None], None),
    ],
)
def test_names_of_dimensions(names, axes):
    assert named_axes(names, range(len(names))) == axes
