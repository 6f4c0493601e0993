"""Damaged, empty and foreign inputs: one line, whichever command reads them first."""

import pytest

_SHAPE = "expected the dimensions T, Y, X"
_TYPE = "expected one of bool, uint8"
ARRAYS = {
    "nowhere.npy": "nowhere.npy is missing; give a folder",
    "complex.npy": rf"complex.npy holds complex64, {_TYPE}",
    "text.npy": rf"text.npy holds <U3, {_TYPE}",
    "object.npy": rf"object.npy holds object, {_TYPE}",
    "times.npy": rf"times.npy holds datetime64\[s\], {_TYPE}",
    "records.npy": rf"records.npy holds .*'a', 'u1'.*, {_TYPE}",
    "flat.npy": rf"flat.npy is \(16, 20\), no sequence; {_SHAPE}",
    "line.npy": rf"line.npy is \(20,\), no sequence; {_SHAPE}",
    "scalar.npy": rf"scalar.npy is \(\), no sequence; {_SHAPE}",
    "none.npy": r"none.npy is \(0, 16, 20\), expected no dimension below 1",
    "thin.npy": r"thin.npy is \(7, 0, 20\), expected no dimension below 1",
    "deep.npy": r"deep.npy: \(2, 2, 2, 2, 2, 2, 2\) may be .*--axes",
    "five.npy": r"five.npy: \(7, 5, 16, 20\) may be NTYX .*--axes",
    "negative.npy": r"negative.npy is damaged: its shape is \(-1, 64, 64\), expected no length below 0",
    "huge.npy": r"huge.npy is damaged: its header claims .* 1000000000000 bytes, and 100 follow",
    "overflow.npy": r"overflow.npy is damaged: its header claims .* and 100 follow",
    "words.npy": r"words.npy is no array .*shape is not valid: \('a', 3\)",
    "dtype.npy": r"dtype.npy is no array .*'zz'",
    "cut.npy": "cut.npy is damaged: its header claims .* 2240 bytes, and 1056 follow",
    "empty.npy": "empty.npy is no array",
    "noise.npy": "noise.npy is no array",
    "two.npz": "two.npz has the arrays a, b; name that of images 'frames', or say which with --variable",
    "nothing.npz": "nothing.npz has no array of numbers with three dimensions",
    "cut.npz": "cut.npz is no npz file or a damaged one",
    "noise.npz": "noise.npz is no npz file or a damaged one",
    "member.npz": "member.npz: frames.npy is no array",
    "other.npz": "other.npz: notes.txt is no array",
    "flipped.npz": r"flipped.npz: frames.npy is .*CRC",
    "text.npz": "text.npz is no npz file or a damaged one",
    "void.npz": "void.npz is no npz file or a damaged one",
    "good.csv": "good.csv does not say the shape of its images; give --csv_shape T H W",
}
SCIENCE = {
    "text.nc": "text.nc is no NetCDF file or a damaged one",
    "void.nc": "void.nc is no NetCDF file or a damaged one",
    "cut.nc": "cut.nc is no NetCDF file or a damaged one",
    "words.nc": "words.nc has no array of numbers with three dimensions",
    "text.h5": "text.h5 is no HDF5 file or a damaged one",
    "void.h5": "void.h5 is no HDF5 file or a damaged one",
    "cut.h5": "cut.h5 is no HDF5 file or a damaged one .*truncated",
    "two.h5": "two.h5 has several arrays that may be images: a, b; say which with --variable",
    "void_group.h5": "void_group.h5 has no array of numbers",
    "words.h5": "words.h5 has no array of numbers",
    "huge.h5": "huge.h5: frames would unpack .* to 100000000000000, more than 500 times",
    "void.zarr": "void.zarr is no Zarr store or a damaged one",
    "meta.zarr": "meta.zarr is no Zarr store or a damaged one",
    "chunk.zarr": "chunk.zarr: frame 1 is damaged",
    "line.zarr": rf"line.zarr is \(20,\), no sequence; {_SHAPE}",
}
PICTURES = {
    **{f"cut_{kind}": rf"cut_{kind}/f_004\.{kind} cannot be decoded"
       for kind in ("png", "jpg", "tif", "bmp", "webp", "gif", "pgm", "jp2")},
    **{f"{state}_{kind}": rf"{state}_{kind}/f_002\.{kind} cannot be decoded"
       for state in ("text", "void") for kind in ("png", "jpg", "tif", "bmp", "webp", "gif", "pgm", "jp2")},
    "void": "void has no images, it is empty; put .*png.* files into it",
    "notes": "notes has no images; its first file is read.me",
    "sizes": "sizes/f_002.png is 20x5.*but f_000.png is 20x16.*one size",
    "depths": "depths/f_002.png is .*uint16, but f_000.png is .*uint8",
    "colours": r"colours/f_002.png is .*3 channel\(s\).*but f_000.png is .*1 channel",
    "gzipped": "f_000.png is png, but f_007.pgm.gz is pnm; give files of one kind",
    "word.xyz": "word.xyz cannot be read: its suffix is '.xyz'",
    "plain": "plain cannot be read: its suffix is ''",
}  # fmt: skip
FILMS = {
    **{f"{state}.{kind}": rf"{state}\.{kind} cannot be read as a video"
       for state in ("text", "void") for kind in ("mp4", "avi", "mov", "mkv", "webm")},
    **{f"{state}.{kind}": rf"{state}\.{kind} is no {kind} or a damaged one"
       for state in ("text", "void", "cut") for kind in ("gif", "webp")},
    "cut.apng": "cut.apng is no apng or a damaged one",
    "text.tif": "text.tif is no TIFF file or a damaged one",
    "void.tif": "void.tif is no TIFF file or a damaged one",
    "cut.tif": "cut.tif is no TIFF file or a damaged one",
    "complex.tif": rf"complex.tif holds complex64, {_TYPE}",
    "flat.tif": r"flat.tif holds one image \(axes YX\), expected pages or a T",
}  # fmt: skip
FIRST = {  # what is found without reading every image
    **ARRAYS, **SCIENCE, **FILMS,
    **{name: message for name, message in PICTURES.items() if "_" not in name},
}  # fmt: skip
del FIRST["chunk.zarr"]


@pytest.mark.parametrize(("name", "message"), [*ARRAYS.items(), *SCIENCE.items(), *PICTURES.items(), *FILMS.items()])
def test_predict_refuses_it(bad, refused, name, message):
    refused(f"predict {name} --method mean --missing 2 --out out --device cpu", message)


@pytest.mark.parametrize(("name", "message"), FIRST.items())
@pytest.mark.parametrize("command", ["inspect", "import --out out"])
def test_inspect_and_import_refuse_it_in_the_same_words(bad, refused, command, name, message):
    refused(f"{command} {name}", message)


INPUT_FLAGS = {
    "good.npy --axes QQ": "--axes 'QQ' are no axes; expected different letters, T, Y and X among them",
    "good.npy --axes TYXX": "--axes 'TYXX' are no axes",
    "good.h5 --axes TY": "--axes 'TY' are no axes",
    "good.tif --axes QQYX": "--axes 'QQYX' are no axes",
    "good.gif --axes TYX": "--axes does not apply to good.gif",
    "good.npy --variable x": "--variable does not apply to good.npy",
    "good.npz --variable x": r"good.npz has no array 'x' of images \(it has frames\)",
    "two.npz --variable c": r"two.npz has no array 'c' of images \(it has a, b\)",
    "good.h5 --variable nope": r"good.h5 has no array 'nope' of images \(it has frames\)",
    "good.nc --variable nope": r"good.nc has no array 'nope' of images \(it has frames\)",
    "good.zarr --variable nope": "--variable does not apply to good.zarr",
    "good.npy --pattern x{}": "--pattern does not apply to good.npy",
    "seq --pattern x": r"--pattern 'x' is not understood: expected a name with one \{\}",
    "seq --pattern x{}": r"no name is like --pattern 'x\{\}'; one of them is 'f_000'",
    "seq --times nowhere.csv": "--times nowhere.csv cannot be read: .*No such file",
    "seq --times stamps.csv": "--times stamps.csv has 3 rows, expected 7",
    "seq --times good.npy": "--times good.npy cannot be read: .*expected a CSV file",
    "seq --times .": r"--times \. cannot be read: .*directory",
    "good.npy --times two_stamps.csv": "--times two_stamps.csv has 3 rows, expected 7",
    "seq --fill_value x": "--fill_value: invalid float value: 'x'",
    "seq --fill_value nan": "--fill_value: 'nan' is no finite number",
    "seq --fill_value inf": "--fill_value: 'inf' is no finite number",
    "seq --csv_shape 1 2 3": "--csv_shape does not apply to seq",
    "good.csv --csv_shape 7 16": "--csv_shape: expected 3 arguments",
    "good.csv --csv_shape 7 16 x": "--csv_shape: invalid int value: 'x'",
    "good.csv --csv_shape 7 16 21": "good.csv: row 1 has 320 numbers, expected 336",
    "good.csv --csv_shape 0 16 20": "good.csv .*--csv_shape T H W, each 1 or more",
    "good.csv --csv_shape -7 16 20": "good.csv .*--csv_shape T H W, each 1 or more",
    "good.csv --csv_shape 1000000000 1000000000 1000000000": "--csv_shape of good.csv has frames of .*at most",
    "words.csv --csv_shape 1 1 1": "words.csv: row 2 is not all numbers .*'c'",
    "ragged.csv --csv_shape 1 1 5": "ragged.csv: row 1 has 3 numbers, expected 5",
    "empty.csv --csv_shape 1 1 1": "empty.csv has 0 rows",
    "bytes.csv --csv_shape 1 1 1": "bytes.csv cannot be read .*utf-8",
    "*.xyzz": r"no input matches '\*\.xyzz'",
    "good.npy --nope": "unrecognized arguments: --nope",
}


@pytest.mark.parametrize(("words", "message"), INPUT_FLAGS.items())
def test_flags_of_an_input(bad, refused, words, message):
    refused(f"inspect {words}", message)
