import warnings

import numpy as np
import pytest
import xarray
import zarr

from openstl_seqinterp.apps.io import Options, open_source


@pytest.mark.parametrize("version", [2, 3])
def test_array(tmp_path, version, random, rewrite, assert_rewritten):
    array = random(5, 8, 9, dtype="uint16")
    zarr.create_array(tmp_path / "a.zarr", data=array, chunks=(3, 4, 9), zarr_format=version, attributes={"who": "me"})
    source = open_source(tmp_path / "a.zarr")
    assert (source.axes, source.fill_value) == ("TYX", None)
    output = zarr.open(rewrite(source), mode="r")
    assert_rewritten(output[:], array)
    assert (output.chunks, output.metadata.zarr_format, output.attrs["who"]) == ((1, 8, 9), version, "me")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_group_as_xarray_writes_it(tmp_path, version, dtype, random, rewrite, assert_rewritten):
    rain = random(5, 8, 9, dtype=dtype)
    data = xarray.Dataset(
        {"rain": (("time", "lat", "lon"), rain), "gauge": ("time", np.arange(5.0))},
        {"time": ("time", np.arange(5) * 300, {"units": "seconds since 2016-09-28 14:35"}), "lat": np.arange(8.0)},
        {"title": "x"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoding = {"rain": {"_FillValue": np.dtype(dtype).type(-999)}}
        data.to_zarr(tmp_path / "a.zarr", zarr_format=version, encoding=encoding)
    source = open_source(tmp_path / "a.zarr")
    assert (source.axes, source.fill_value, source.timeline.interval()) == ("TYX", -999, "5 min")
    with xarray.open_zarr(rewrite(source), mask_and_scale=False, consolidated=False) as output:
        assert_rewritten(output.rain.values, rain)
        assert str(output.time.values[4])[:19] == "2016-09-28T14:52:30"
        assert output.attrs["title"] == "x"
        assert output.lat.values.tolist() == list(range(8))
        assert "gauge" not in output
    assert "gauge" in source.notes[0]


def test_ome_zarr(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 2, 8, 9)
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("0", data=array)
    group.create_array("1", data=array[..., ::2, ::2])
    axes = [{"name": "t", "unit": "millisecond"}, {"name": "c"}, {"name": "y"}, {"name": "x"}]
    levels = [
        {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": [40.0, 1, 2**level, 2**level]}]}
        for level in (0, 1)
    ]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": levels}]}
    source = open_source(tmp_path / "a.zarr")
    assert (source.axes, source.timeline.clock) == ("TCYX", "seconds")
    assert source.timeline.step == pytest.approx(0.04)
    output = zarr.open(rewrite(source), mode="r")
    assert_rewritten(output["0"][:], array)
    assert [level["path"] for level in output.attrs["ome"]["multiscales"][0]["datasets"]] == ["0"]
    assert "1" not in output
    assert "lower resolution" in source.notes[0]


def test_group_of_several_arrays_needs_a_name(tmp_path, random, refused):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    for name in ("rain", "snow"):
        group.create_array(name, data=random(5, 8, 9))
    refused(tmp_path / "a.zarr", "rain, snow", "--variable")
    assert open_source(tmp_path / "a.zarr", Options(variable="snow")).kind == "Zarr snow"


@pytest.mark.parametrize(
    ("shape", "chunks", "word"),
    [((10**5, 1000, 1000), (1, 1000, 1000), "zip bomb"), ((5, 50000, 50000), (1, 50000, 50000), "chunks of")],
)
def test_giant_arrays_are_refused(tmp_path, shape, chunks, word, refused):
    zarr.create_array(tmp_path / "a.zarr", shape=shape, chunks=chunks, dtype="u1")
    refused(tmp_path / "a.zarr", word)


def test_damaged_chunk_is_refused(tmp_path, random, refused):
    zarr.create_array(tmp_path / "a.zarr", data=random(5, 8, 9), chunks=(1, 8, 9))
    (tmp_path / "a.zarr" / "c" / "2" / "0" / "0").write_bytes(b"abc")
    refused(tmp_path / "a.zarr", "frame 3", "damaged")


def test_folder_that_is_no_store_is_refused(tmp_path, refused):
    (tmp_path / "a.zarr").mkdir()
    refused(tmp_path / "a.zarr", "no Zarr store")


def test_any_sequence_becomes_zarr(tmp_path, random, rewrite, assert_rewritten):
    array = random(5, 8, 9, 3)
    np.savez(tmp_path / "a.npz", frames=array, times=np.datetime64("2016-09-28", "D") + np.arange(5))
    output = zarr.open(rewrite(open_source(tmp_path / "a.npz"), "zarr"), mode="r")
    assert_rewritten(output["frames"][:], array)
    assert output["frames"].chunks == (1, 8, 9, 3)
    assert output["frames"].metadata.dimension_names == ("time", "y", "x", "channel")
    assert output["time"][1] - output["time"][0] == 86400
