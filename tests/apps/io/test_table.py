import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source

LENGTH = 5


def csv(path, array, mark=",", header=None, newline="\n"):
    """Write an array (rows, columns) with a space after each mark, which no writer of ours would put there."""
    lines = [f"{mark} ".join(map(str, row)) for row in array.tolist()]
    path.write_bytes(newline.join([*([] if header is None else [header]), *lines, ""]).encode())
    return path


def values(path, skip, mark):
    return np.loadtxt(path, delimiter=mark, skiprows=skip, ndmin=2)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("rows", ["frames", "sequences"])
@pytest.mark.parametrize(("mark", "newline"), [(",", "\n"), (";", "\r\n")])
def test_csv(tmp_path, rows, dtype, layout, mark, newline, random, write_filled, expected):
    full = random(2, LENGTH, 3, 4, 1, dtype=dtype)
    columns = 12 if rows == "frames" else 12 * LENGTH
    header = mark.join(f"p{column}" for column in range(columns))
    path = csv(tmp_path / "data.csv", full.reshape(-1, columns), mark, header, newline)
    source = open_source(path, (LENGTH, 3, 4))
    assert (source.sequences, source.length, source.shape) == (2, LENGTH, (3, 4, 1))
    assert (source.dtype, source.colour_order) == (np.dtype(dtype), "grey")
    np.testing.assert_array_equal(source.read(1, 2), full[1, 2])

    (written,) = write_filled(source, layout)
    wanted = np.array([expected(list(full[sequence]), source, layout, sequence) for sequence in range(2)])
    output = values(written, 1, mark)
    np.testing.assert_array_equal(output, wanted.reshape(-1, 12 if rows == "frames" else 12 * len(layout)))
    text = written.read_bytes().decode()
    lines, originals = text.split(newline), path.read_bytes().decode().split(newline)
    assert text.endswith(newline)
    assert len(lines[0].split(mark)) == output.shape[1]
    if rows == "frames" or len(layout) == LENGTH:
        assert lines[0] == header
    # The first known frame, its spaces included.
    assert lines[1].split(mark)[:12] == originals[1].split(mark)[:12]


def test_csv_without_header_keeps_the_text_of_numbers(tmp_path, write_filled):
    path = tmp_path / "data.csv"
    path.write_text("1.0,002\n3e0,4\n5,6\n")
    source = open_source(path, (3, 1, 2))
    assert source.dtype == np.uint8
    (written,) = write_filled(source, [0, None, 2])
    assert written.read_text().splitlines()[::2] == ["1.0,002", "5,6"]


@pytest.mark.parametrize("shape", [None, (0, 3, 4)])
def test_csv_needs_its_shape(tmp_path, shape, assert_refused):
    assert_refused(csv(tmp_path / "data.csv", np.zeros((5, 12))), "--csv_shape T H W", csv_shape=shape)


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
def test_damaged_csv_is_refused(tmp_path, text, because, assert_refused):
    path = tmp_path / "data.csv"
    path.write_text(text)
    assert_refused(path, because, csv_shape=(2, 1, 2))
