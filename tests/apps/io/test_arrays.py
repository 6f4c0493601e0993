import time
import zipfile

import numpy as np
import pytest

from openstl_seqinterp.apps.io import Options, open_source

ARRAYS = {
    "TYX": ((5, 8, 9), "uint8", 0),
    "TYXC": ((5, 8, 9, 3), ">u2", 0),
    "TNYX": ((5, 2, 8, 9), "float32", 0),
    "NTCYX": ((2, 5, 3, 8, 9), "int16", 1),
    "YXT": ((8, 9, 5), "float64", 2),
}


@pytest.mark.parametrize("kind", ["npy", "npz", "packed"])
@pytest.mark.parametrize("axes", ARRAYS)
def test_round_trip(tmp_path, axes, kind, random, rewrite, assert_rewritten):
    shape, dtype, place = ARRAYS[axes]
    array = random(*shape, dtype=np.dtype(dtype).newbyteorder("=").name).astype(dtype)
    path = tmp_path / f"a.{kind if kind != 'packed' else 'npz'}"
    {"npy": np.save, "npz": np.savez, "packed": np.savez_compressed}[kind](path, array)
    source = open_source(path, Options(axes=axes))
    assert (source.count, source.sequences, source.axes) == (5, 2 if "N" in axes else 1, axes)
    output = np.load(rewrite(source))
    assert_rewritten(output if kind == "npy" else output["arr_0"], array, place)


def test_fortran_order(tmp_path, random, rewrite, assert_rewritten):
    array = np.asfortranarray(random(5, 8, 9))
    np.save(tmp_path / "a.npy", array)
    assert_rewritten(np.load(rewrite(open_source(tmp_path / "a.npy"))), array)


def test_nan_stays_and_is_a_hole(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 8, 9, dtype="float32")
    array[2, 3, 4], array[1, 0, 0] = np.nan, -9999
    np.save(tmp_path / "a.npy", array)
    source = open_source(tmp_path / "a.npy", Options(fill_value=-9999))
    assert np.argwhere(source.holes(source.read(0, 2))).tolist() == [[3, 4]]
    assert np.argwhere(source.holes(source.read(0, 1))).tolist() == [[0, 0]]
    assert_rewritten(np.load(rewrite(source)), array)


def test_fill_value_that_the_dtype_lacks_is_nowhere(tmp_path):
    np.save(tmp_path / "a.npy", np.full((5, 8, 9), 241, np.uint8))  # -9999 modulo 256
    source = open_source(tmp_path / "a.npy", Options(fill_value=-9999))
    assert source.holes(source.read(0, 0)) is None


def test_archive_passes_on_others_and_times(tmp_path, random, rewrite):
    frames = random(5, 8, 9)
    times = np.datetime64("2016-09-28T14:35", "m") + 5 * np.array([0, 1, 2, 4, 5])
    np.savez(tmp_path / "a.npz", frames=frames, times=times, names=np.array(["a"]), cube=random(2, 3, 4))
    source = open_source(tmp_path / "a.npz")
    assert source.absent == (3,)
    assert source.timeline.text(source.timeline.instants[-1]) == "2016-09-28 15:00"
    np.testing.assert_array_equal(source.read(0, 4)[..., 0], frames[3])
    source = open_source(tmp_path / "a.npz", Options(variable="cube"))
    assert source.count == 2


def test_archive_writes_times(tmp_path, random, rewrite):
    times = np.datetime64("2016-09-28T14:35", "m") + 5 * np.arange(5)
    np.savez_compressed(tmp_path / "a.npz", frames=random(5, 8, 9), times=times, names=np.array(["a"]))
    with np.load(rewrite(open_source(tmp_path / "a.npz"))) as output:
        assert output["names"].tolist() == ["a"]
        assert str(output["times"][4]) == "2016-09-28T14:52:30.000"
        assert output["times"][5] == times[4]


def header(path, shape, content=b""):
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        file.write(content)
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("shape", "word"), [((-1, 64, 64), "below 0"), ((10**4, 10**4, 10**4), "claims"), ((5, 8, 9), "359 follow")]
)
def test_headers_that_lie_are_refused(tmp_path, shape, word, packed, refused):
    path = header(tmp_path / "a.npy", shape, bytes(359))
    if packed:
        with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "frames.npy")
    refused(tmp_path / ("a.npz" if packed else "a.npy"), word)


@pytest.mark.parametrize("name", ["frames.npy", "readme.txt"])
def test_archive_with_a_member_that_is_no_array_is_refused(tmp_path, name, refused):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr(name, b"hello")
    refused(tmp_path / "a.npz", name, "no array")


def test_zip_bomb_is_refused_at_once(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as file:
        head = {"descr": "|u1", "fortran_order": False, "shape": (600, 1000, 1000)}
        np.lib.format.write_array_header_1_0(file, head)
        for _ in range(300):
            file.write(bytes(2 * 10**6))
    start = time.perf_counter()
    refused(tmp_path / "a.npz", "zip bomb")
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("dtype", ["complex64", "int64", "object", "U3"])
@pytest.mark.parametrize("save", [np.save, np.savez])
def test_other_types_are_refused(tmp_path, dtype, save, refused):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, np.ones((5, 8, 9)).astype(dtype))
    refused(path, "expected one of bool, uint8")


def test_giant_frames_are_refused(tmp_path, refused):
    with (tmp_path / "a.npy").open("wb") as file:
        shape = (2, 2**15, 2**14)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + 2**30)  # a hole
    refused(tmp_path / "a.npy", "at most 268435456")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.6, 0.99])
@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_truncated_array_is_refused(tmp_path, save, part, random, refused, truncate):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, random(5, 8, 9))
    refused(truncate(path, part), "damaged")


def test_flipped_byte_is_refused(tmp_path, random, refused):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, random(5, 8, 9))
    content = bytearray(path.read_bytes())
    content[300] ^= 255
    path.write_bytes(content)
    refused(path, "damaged")
