"""One rule says which pixels have no value, in importing, inspecting and filling, and in either order of the axes."""

import numpy as np
import pytest

from openstl_seqinterp.apps.fill.scale import Scale as Filling
from openstl_seqinterp.apps.io.readers import open_source
from openstl_seqinterp.apps.io.source import Levels, Options
from openstl_seqinterp.data.scale import Scale

VALUES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize(
    ("frame", "fill_value", "expected"),
    [
        ([[[7], [8]]], None, []),
        ([[[7], [8]]], 7, [[0, 0]]),
        ([[[7, 7, 7], [7, 8, 7]]], 7, [[0, 0]]),  # one channel of a colour may have any value
        ([[[np.nan, 1.0, 1.0], [1.0, 1.0, 1.0]]], None, [[0, 0]]),
        ([[[np.inf], [1.0]]], None, [[0, 0]]),
        ([[[7], [241]]], -9999, []),  # uint8 holds no -9999, which wraps around to 241
        ([[[-99.9], [1.0]]], -99.9, [[0, 0]]),  # float32 holds it rounded
        ([[[1e20], [1.0]]], 1e20, [[0, 0]]),
    ],
)
def test_a_pixel_without_a_value_is_one_everywhere(tmp_path, frame, fill_value, expected):
    frame = np.array(frame)
    frame = frame.astype(np.float32 if frame.dtype.kind == "f" else np.uint8)
    scale, filling = Scale(0, 255, fill_value), Filling(frame.dtype, 0, 255, fill_value)
    assert np.argwhere(np.isnan(scale.to_unit(frame, axis=-1)).all(axis=-1)).tolist() == expected
    assert np.argwhere(np.isnan(scale.to_unit(frame.transpose(2, 0, 1))).all(axis=0)).tolist() == expected
    assert np.argwhere(np.isnan(filling.to_unit(frame)).any(axis=-1)).tolist() == expected
    np.save(tmp_path / "a.npy", np.stack([np.zeros_like(frame), frame]))
    source = open_source(tmp_path / "a.npy", Options(axes="TYXC", fill_value=fill_value))
    holes = source.holes(source.read(0, 1))
    assert (np.argwhere(holes).tolist() if holes is not None else []) == expected


def test_values_are_the_same_for_networks_and_for_filling():
    unit = Scale().to_unit(VALUES.reshape(1, 16, 16))
    np.testing.assert_array_equal(unit.ravel(), VALUES / np.float32(255))
    filling = Filling(np.dtype(np.uint8), 0, 255)
    np.testing.assert_array_equal(filling.to_unit(VALUES.reshape(16, 16, 1)).ravel(), unit.ravel())
    np.testing.assert_array_equal(filling.from_unit(unit.reshape(16, 16, 1)).ravel(), VALUES)


def test_what_lies_beyond_is_clipped_for_networks_alone():
    frame = np.array([[[-1.0], [0.5], [3.0]]])
    assert Scale(0, 2).to_unit(frame, axis=-1).ravel().tolist() == [0, 0.25, 1]
    assert Filling(frame.dtype, 0, 2).to_unit(frame).ravel().tolist() == [-0.5, 0.25, 1.5]


TRAINED = Scale(200, 300, -99.9)
LIMITS = "trained on values 200 to 300; these are scaled by"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (200, 300, []),
        (215, 290, []),  # a clip is rarely as varied as all
        (180, 320, []),
        (250, 260, [f"{LIMITS} 250 to 260; --range 200 300 scales them as in training"]),
        (200, 260, [f"{LIMITS} 200 to 260; --range 200 300 scales them as in training"]),
        (250, 400, [f"{LIMITS} 250 to 400, beyond those"]),
        (0, 255, [f"{LIMITS} 0 to 255, beyond those"]),
        (250, 250, [f"{LIMITS} 250 to 251; --range 200 300 scales them as in training"]),
    ],
)
def test_values_of_another_range_than_in_training_are_remarked_on(low, high, expected):
    levels = [Levels(low - 5, low, high, high + 5)]
    own = Filling.of(np.dtype(np.float32), levels)
    if low == high:
        own = Filling(np.dtype(np.float32), low, high)
    assert own.remarks(TRAINED, levels) == expected
    assert own.remarks(None, levels) == []
    assert Filling(own.dtype, low, high, labels=True).remarks(TRAINED, levels) == []


@pytest.mark.parametrize(("dtype", "none"), [(np.float32, -99.9), (np.float64, -99.9), (np.int16, -9999)])
def test_what_was_no_value_in_training_is_remarked_on(dtype, none):
    trained = Scale(200, 300, none)
    stored = float(np.array(none, dtype))
    levels = [Levels(stored, stored, 290, 300)]
    (remark,) = Filling.of(np.dtype(dtype), levels).remarks(trained, levels)
    assert remark == f"in training {none:g} was no value; --fill_value {none:g} says so of these"
    known = [Levels(200, 205, 290, 300)]
    assert Filling.of(np.dtype(dtype), known, none).remarks(trained, known) == []
    assert Filling.of(np.dtype(dtype), known).remarks(trained, known) == []
