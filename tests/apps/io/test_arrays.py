import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source

LENGTH = 5
ARRAYS = {
    "three": ((LENGTH, 8, 9), "uint8"),
    "channels": ((LENGTH, 8, 9, 3), "uint16"),
    "many": ((2, LENGTH, 8, 9), "float32"),
    "five": ((2, LENGTH, 8, 9, 1), "float64"),
}


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_array(tmp_path, kind, suffix, layout, random, write_filled, expected):
    shape, dtype = ARRAYS[kind]
    array, path = random(*shape, dtype=dtype), tmp_path / f"data.{suffix}"
    labels = np.arange(3)
    if suffix == "npy":
        np.save(path, array)
    else:
        np.savez(path, labels=labels, frames=array)
    source = open_source(path)
    many, channels = kind in ("many", "five"), kind in ("channels", "five")
    full = array.reshape(2 if many else 1, LENGTH, 8, 9, -1)
    assert (source.sequences, source.length) == full.shape[:2]
    assert (source.shape, source.dtype, source.colour_order) == (full.shape[2:], np.dtype(dtype), "any")
    np.testing.assert_array_equal(source.read(0, 3), full[0, 3])

    (written,) = write_filled(source, layout)
    assert written.name == path.name
    with np.load(written) if suffix == "npz" else written.open("rb") as file:
        output = file["frames"] if suffix == "npz" else np.load(file)
        if suffix == "npz":
            np.testing.assert_array_equal(file["labels"], labels)
    assert (output.dtype, output.ndim) == (array.dtype, array.ndim)
    wanted = [expected(list(full[sequence]), source, layout, sequence) for sequence in range(len(full))]
    wanted = np.array(wanted) if channels else np.array(wanted)[..., 0]
    np.testing.assert_array_equal(output, wanted if many else wanted[0])


def test_only_array_of_an_archive_may_have_any_name(tmp_path, random):
    np.savez(tmp_path / "data.npz", x=random(LENGTH, 8, 9))
    assert open_source(tmp_path / "data.npz").length == LENGTH


def test_archive_without_frames_is_refused(tmp_path, random, assert_refused):
    np.savez(tmp_path / "data.npz", x=random(LENGTH, 8, 9), y=np.arange(3))
    assert_refused(tmp_path / "data.npz", "x, y", "'frames'")


@pytest.mark.parametrize(
    ("array", "because"),
    [
        (np.zeros((8, 9)), "expected (T, H, W)"),
        (np.zeros((2, 3, 0, 9)), "none of them 0"),
        (np.zeros((2, 3, 1, 8, 9)), "transpose"),
        (np.zeros((2, 8, 9), np.int64), "int64"),
        (np.zeros((2, 8, 9), bool), "bool"),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_other_arrays_are_refused(tmp_path, suffix, array, because, assert_refused):
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, array)
    else:
        np.savez(path, array)
    assert_refused(path, because)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.6, 0.99])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_truncated_array_is_refused(tmp_path, suffix, part, random, assert_refused, truncate):
    path = tmp_path / f"data.{suffix}"
    if suffix == "npy":
        np.save(path, random(LENGTH, 8, 9))
    else:
        np.savez(path, random(LENGTH, 8, 9))
    assert_refused(truncate(path, part), "damaged")
