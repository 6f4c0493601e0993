import h5py
import numpy as np
import pytest

from openstl_seqinterp.apps.io import Options, open_source
from openstl_seqinterp.apps.io.readers import hdf5_frame
from openstl_seqinterp.errors import UserError


@pytest.fixture
def rain(random):
    return random(5, 8, 9, dtype="int16")


@pytest.fixture
def stack(tmp_path, rain):
    """A file with rain, its times, and things beside them."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["who"] = "me"
        frames = file.create_dataset("g/rain", data=rain, chunks=(2, 8, 9), compression="gzip", maxshape=(None, 8, 9))
        frames.attrs["_FillValue"] = np.int16(-9999)
        file["time"] = np.arange(5) * 300.0
        file["time"].attrs["units"] = "seconds since 2016-09-28 14:35:00"
        file["time"].make_scale("time")
        frames.dims[0].attach_scale(file["time"])
        file["gauge"] = np.arange(5)
        file["gauge"].dims[0].attach_scale(file["time"])
        file["lat"] = np.arange(8.0)
    return tmp_path / "a.h5"


def test_round_trip(stack, rain, rewrite, assert_rewritten):
    source = open_source(stack)
    assert (source.axes, source.fill_value, source.timeline.interval()) == ("TYX", -9999, "5 min")
    assert source.timeline.text(source.timeline.instants[0]) == "2016-09-28 14:35"
    with h5py.File(rewrite(source)) as output:
        assert_rewritten(output["g/rain"][:], rain)
        assert (output["g/rain"].chunks, output["g/rain"].compression) == ((2, 8, 9), "gzip")
        assert output["g/rain"].attrs["_FillValue"] == -9999
        assert output["time"][:].tolist() == [0, 300, 600, 900, 1050, 1200]
        assert list(output["g/rain"].dims[0].values()) == [output["time"]]
        assert output["lat"][:].tolist() == list(range(8))
        assert output.attrs["who"] == "me"
        assert "gauge" not in output
    assert "gauge" in source.notes[0]


def test_several_datasets_need_a_name(stack, random, refused):
    other = random(2, 4, 6)
    with h5py.File(stack, "a") as file:
        file["snow"] = other
    refused(stack, "g/rain, snow", "--variable")
    refused(stack, "snw", "did you mean 'snow'", variable="snw")
    source = open_source(stack, Options(variable="snow", axes="XYT"))
    assert source.count == 6
    np.testing.assert_array_equal(source.read(0, 5)[..., 0], other[..., 5].T)


@pytest.mark.parametrize(
    ("values", "word"),
    [(np.ones((8, 9)), "one image"), (np.ones(3), "no array"), (np.ones((5, 8, 9), complex), "complex128")],
)
def test_others_are_refused(tmp_path, values, word, refused):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = values
    refused(tmp_path / "a.h5", word)


def test_giant_dataset_is_refused(tmp_path, refused):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10**6, 1000, 1000), "u1", chunks=(1, 1000, 1000), compression="gzip")
    refused(tmp_path / "a.h5", "zip bomb")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_truncated_is_refused(stack, part, refused, truncate):
    refused(truncate(stack, part), "a.h5")


def knmi(path, values):
    with h5py.File(path, "w") as file:
        file["image1/image_data"] = values
        file.create_group("image1/calibration").attrs["calibration_missing_data"] = np.array([65535], np.int32)
        overview = file.create_group("overview")
        overview.attrs["product_datetime_start"] = np.array([b"25-AUG-2010;23:55:00.000"])
        overview.attrs["product_datetime_end"] = np.array([b"26-AUG-2010;00:00:00.000"])
    return path


def odim(path, values):
    with h5py.File(path, "w") as file:
        file["dataset1/data1/data"] = values
        file["dataset1/data1/quality1/data"] = np.zeros((8, 9), np.uint8)
        file.create_group("what").attrs.update(date=np.bytes_("20100826"), time=np.bytes_("000000"))
        file.create_group("dataset1/what").attrs.update(startdate=np.bytes_("20100825"), starttime=np.bytes_("235500"))
        file.create_group("dataset1/data1/what").attrs.update({"nodata": 65535.0, "undetect": 0.0})
    return path


@pytest.mark.parametrize("make", [knmi, odim])
def test_radar_frame(tmp_path, make, random):
    values = random(8, 9, dtype="uint16")
    path = make(tmp_path / "a.h5", values)
    frames, said = hdf5_frame.read(path, Options())
    assert said == {"instant": 1282780800.0, "fill_value": 65535.0}  # date -ud 2010-08-26 +%s
    np.testing.assert_array_equal(frames, values[None, ..., None])
    hdf5_frame.write(tmp_path / "b.h5", frames[0] // 2, path, instant=said["instant"] + 300)
    with h5py.File(tmp_path / "b.h5") as file:
        if make is knmi:
            np.testing.assert_array_equal(file["image1/image_data"], values // 2)
            assert file["overview"].attrs["product_datetime_end"].tolist() == [b"26-AUG-2010;00:05:00.000"]
            assert file["overview"].attrs["product_datetime_start"].tolist() == [b"26-AUG-2010;00:00:00.000"]
        else:
            np.testing.assert_array_equal(file["dataset1/data1/data"], values // 2)
            assert (file["what"].attrs["date"], file["what"].attrs["time"]) == (b"20100826", b"000500")
            assert file["dataset1/what"].attrs["starttime"] == b"000000"


def test_frame_among_several_needs_a_name(tmp_path, random):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"], file["b"] = random(8, 9), random(8, 9, seed=1)
    with pytest.raises(UserError, match=r"a, b.*--variable"):
        hdf5_frame.read(tmp_path / "a.h5", Options())
    frames, _ = hdf5_frame.read(tmp_path / "a.h5", Options(variable="b"))
    np.testing.assert_array_equal(frames[0, ..., 0], random(8, 9, seed=1))


def test_any_sequence_becomes_hdf5(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 8, 9)
    np.save(tmp_path / "a.npy", array)
    with h5py.File(rewrite(open_source(tmp_path / "a.npy", Options(fill_value=3)), "h5")) as output:
        assert_rewritten(output["frames"][:], array)
        assert output["frames"].attrs["_FillValue"] == 3
