import numpy as np
import pytest
import xarray

from openstl_seqinterp.apps.io import Options, open_source


@pytest.fixture
def rain(random):
    return random(5, 8, 9, dtype="int16")


@pytest.fixture
def data(rain):
    times = ("time", np.arange(5) * 5, {"units": "minutes since 2016-09-28 14:35", "bounds": "time_bounds"})
    said = {"units": "mm", "_FillValue": np.int16(-9999), "scale_factor": 0.1}
    return xarray.Dataset(
        {
            "rain": (("time", "lat", "lon"), rain, said),
            "gauge": ("time", np.arange(5.0)),
            "time_bounds": (("time", "nv"), np.zeros((5, 2))),
            "crs": ((), 0, {"proj4": "+proj=stere"}),
        },
        coords={"time": times, "lat": np.arange(8.0)},
        attrs={"title": "x"},
    )


@pytest.mark.parametrize("model", ["NETCDF4", "NETCDF3_CLASSIC"])
def test_round_trip(tmp_path, data, rain, model, rewrite, assert_rewritten):
    packed = {"zlib": True, "chunksizes": (1, 8, 9)} if model == "NETCDF4" else {}
    data.to_netcdf(tmp_path / "a.nc", format=model, unlimited_dims=["time"], encoding={"rain": packed})
    source = open_source(tmp_path / "a.nc")
    assert (source.axes, source.dtype, source.fill_value) == ("TYX", np.int16, -9999)
    assert source.timeline.interval() == "5 min"
    assert source.timeline.text(source.timeline.instants[4]) == "2016-09-28 14:55"
    np.testing.assert_array_equal(source.read(0, 3)[..., 0], rain[3])
    with xarray.open_dataset(rewrite(source), mask_and_scale=False) as output:
        assert_rewritten(output.rain.values, rain)
        assert output.rain.attrs == {"units": "mm", "_FillValue": -9999, "scale_factor": 0.1}
        assert str(output.time.values[4])[:19] == "2016-09-28T14:52:30"
        assert (output.attrs["title"], output.crs.attrs["proj4"]) == ("x", "+proj=stere")
        assert output.lat.values.tolist() == list(range(8))
        assert not {"gauge", "time_bounds"} & set(output.variables)
        assert bool(output.rain.encoding.get("zlib")) == (model == "NETCDF4")
        assert "time" in output.encoding["unlimited_dims"]
    assert any("gauge, time_bounds" in note for note in source.notes)
    assert any("float64" in note for note in source.notes)


def test_gap_in_time(tmp_path, data):
    data.isel(time=[0, 1, 3, 4]).to_netcdf(tmp_path / "a.nc")
    assert open_source(tmp_path / "a.nc").absent == (2,)


def test_dimensions_in_any_order(tmp_path, data, rain):
    data.transpose("lon", "lat", "time", ...).to_netcdf(tmp_path / "a.nc")
    source = open_source(tmp_path / "a.nc")
    assert source.axes == "XYT"
    np.testing.assert_array_equal(source.read(0, 2)[..., 0], rain[2])


def test_several_variables_need_a_name(tmp_path, data, refused, random):
    data["snow"] = (("time", "lat", "lon"), random(5, 8, 9))
    data.to_netcdf(tmp_path / "a.nc")
    refused(tmp_path / "a.nc", "rain, snow", "--variable")
    assert open_source(tmp_path / "a.nc", Options(variable="snow")).dtype == np.uint8


def test_nan_stays_nan(tmp_path, data, rewrite):
    values = np.random.default_rng(0).random((5, 8, 9)).astype("float32")
    values[2, 3, 4] = np.nan
    data["rain"] = (("time", "lat", "lon"), values)
    data.to_netcdf(tmp_path / "a.nc")
    source = open_source(tmp_path / "a.nc")
    assert np.argwhere(source.holes(source.read(0, 2))).tolist() == [[3, 4]]
    with xarray.open_dataset(rewrite(source), mask_and_scale=False) as output:
        np.testing.assert_array_equal(output.rain.values[2], values[2])


@pytest.mark.parametrize("part", [0.0, 0.5, 0.9])
def test_truncated_is_refused(tmp_path, data, part, refused, truncate):
    data.to_netcdf(tmp_path / "a.nc")
    refused(truncate(tmp_path / "a.nc", part), "a.nc")


def test_any_sequence_becomes_netcdf(tmp_path, random, rewrite, assert_rewritten):
    times = np.datetime64("2016-09-28T14:35", "m") + 5 * np.arange(5)
    array = random(5, 8, 9)
    np.savez(tmp_path / "a.npz", frames=array, times=times)
    with xarray.open_dataset(rewrite(open_source(tmp_path / "a.npz"), "nc"), mask_and_scale=False) as output:
        assert_rewritten(output.frames.values, array)
        assert output.time.values[5] == times[4]


@pytest.mark.parametrize("dtype", ["bool", "float16"])
def test_types_that_netcdf_lacks_are_refused(tmp_path, dtype, rewrite):
    np.save(tmp_path / "a.npy", np.ones((5, 8, 9), dtype))
    with pytest.raises(Exception, match=f"NetCDF has no {dtype}"):
        rewrite(open_source(tmp_path / "a.npy"), "nc")
