import numpy as np
import pytest

from openstl_seqinterp.apps.io import Options, open_source


def csv(path, array, mark=",", header=None, newline="\n"):
    """Write an array (rows, columns) with a space after each mark, which no writer of ours would put there."""
    lines = [f"{mark} ".join(map(str, row)) for row in array.tolist()]
    path.write_bytes(newline.join([*([] if header is None else [header]), *lines, ""]).encode())
    return path


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("rows", ["frames", "sequences"])
@pytest.mark.parametrize(("mark", "newline"), [(",", "\n"), (";", "\r\n")])
def test_csv(tmp_path, rows, dtype, mark, newline, random, rewrite, assert_rewritten):
    full = random(2, 5, 3, 4, dtype=dtype)
    columns = 12 if rows == "frames" else 60
    header = mark.join(f"p{column}" for column in range(columns))
    path = csv(tmp_path / "data.csv", full.reshape(-1, columns), mark, header, newline)
    source = open_source(path, Options(csv_shape=(5, 3, 4)))
    assert (source.sequences, source.length, source.shape) == (2, 5, (3, 4, 1))
    np.testing.assert_array_equal(source.read(1, 2)[..., 0], full[1, 2])

    text = rewrite(source).read_bytes().decode()
    lines, originals = text.split(newline), path.read_bytes().decode().split(newline)
    output = np.loadtxt(lines, delimiter=mark, skiprows=1, ndmin=2, dtype=dtype).reshape(2, 6, 3, 4)
    assert_rewritten(output, full, axis=1)
    assert text.endswith(newline)
    assert len(lines[0].split(mark)) == len(lines[1].split(mark))
    # The first known frame, its spaces included.
    assert lines[1].split(mark)[:12] == originals[1].split(mark)[:12]


def test_numbers_keep_their_text(tmp_path, rewrite):
    path = tmp_path / "data.csv"
    path.write_text("1.0,002\n3e0,4\n5,6\n")
    source = open_source(path, Options(csv_shape=(3, 1, 2)))
    assert source.dtype == np.uint8
    assert rewrite(source).read_text().splitlines() == ["1.0,002", "3e0,4", "7,7", "5,6"]


def test_any_grey_sequence_becomes_csv(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 8, 9)
    np.save(tmp_path / "a.npy", array)
    output = np.loadtxt(rewrite(open_source(tmp_path / "a.npy"), "csv"), delimiter=",", dtype=np.uint8)
    assert_rewritten(output.reshape(6, 8, 9), array)


@pytest.mark.parametrize("shape", [None, (0, 3, 4)])
def test_csv_needs_its_shape(tmp_path, shape, refused):
    refused(csv(tmp_path / "data.csv", np.zeros((5, 12))), "--csv_shape T H W", csv_shape=shape)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "0 rows"),
        ("1,2\n3,4\n5,6\n", "multiple of 2"),
        ("1,2\n3\n", "row 2 has 1 numbers"),
        ("a,b\n1,2\nx,3\n", "row 3 is not all numbers"),
        (",2\n1,2\n", "row 1 is not all numbers"),
    ],
)
def test_damaged_csv_is_refused(tmp_path, text, because, refused):
    path = tmp_path / "data.csv"
    path.write_text(text)
    refused(path, because, csv_shape=(2, 1, 2))


def test_giant_shape_is_refused(tmp_path, refused):
    refused(csv(tmp_path / "data.csv", np.zeros((2, 2))), "at most", csv_shape=(1, 10**6, 10**6))
