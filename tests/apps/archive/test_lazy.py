"""`fill` of arrays of Dask and xarray: the values are those of an array in memory, and nothing is computed early."""

import dask
import dask.array as da
import numpy as np
import pytest
import xarray

from openstl_seqinterp import fill
from openstl_seqinterp.errors import UserError


def compared(frames, chunks, observed=None, **options):
    """What both forms of `fill` give, which is equal."""
    expected = fill(frames, observed, **options)
    found = fill(da.from_array(frames, chunks=chunks), observed, **options)
    for each, other in zip(*(x if isinstance(x, tuple) else (x,) for x in (found, expected)), strict=True):
        assert isinstance(each, da.Array)
        assert (each.shape, each.dtype) == (other.shape, other.dtype)
        np.testing.assert_array_equal(each.compute(scheduler="threads"), other)
    return found, expected


def test_blocks_in_time_equal_the_whole(moving):
    frames = moving(2, 60, cut=23)
    frames[:, 40] = 0
    observed = np.arange(60) % 2 == 0
    found, expected = compared(frames, (1, 10, 20, 64), observed)
    assert found.chunks[1] == (10,) * 6
    assert not np.array_equal(expected, fill(frames, observed, cuts=False))


def test_other_orders_of_axes_and_masks_of_each_sequence(moving):
    frames = moving(6, 9).reshape(2, 3, 9, 48, 64).transpose(3, 0, 4, 2, 1)  # Y, Q, X, T, N
    observed = np.ones((6, 9), bool)
    observed[[0, 2, 5], [3, 4, 8]] = False
    compared(frames, (48, 1, 64, 4, 2), observed, axes="YQXTN", method="dis-flow")


def test_images_without_values_and_pixels_without_one(moving):
    frames = moving(3, 12)[..., None].repeat(3, -1).astype(np.float32)
    frames[[0, 1], [5, 9]] = np.nan
    frames[2, 4] = -1
    frames[:, 7, 10:20, 10:30] = np.nan
    _, expected = compared(frames, (1, 4, 48, 64, 3), axes="NTYXC", fill_value=-1)
    assert not np.isnan(expected[0, 5]).any()
    assert (expected[2, 4] != -1).all()
    assert np.isnan(expected[0, 7]).any()


def test_methods_are_chosen_and_doubts_fitted_once(moving, untrained):
    frames = moving(2, 24, 36, 36)
    observed = ~np.isin(np.arange(24), [5, 6, 17])
    options = {"method": "motion", "checkpoint": untrained("SimVP"), "device": "cpu"}
    compared(frames, (1, 8, 36, 36), observed, axes="NTYX", return_std=True, **options)


def test_a_network_that_reads_what_it_filled(moving, untrained):
    observed = ~np.isin(np.arange(40), range(12, 22))
    compared(moving(1, 40, 36, 36)[0], (8, 36, 36), observed, checkpoint=untrained("SimVP"), device="cpu")


def test_nothing_is_computed_before_it_is_asked_for(moving):
    read = []

    def block(block_info=None):
        read.append(block_info[None]["chunk-location"])
        return moving(1, 8)

    frames = da.map_blocks(block, chunks=((1,) * 3, (8,), (48,), (64,)), dtype=np.uint8, meta=np.empty((0,) * 4, "u1"))
    found = fill(frames, np.arange(8) != 3, axes="NTYX", range=(0, 255))
    assert not read
    found[1, 3].compute(scheduler="synchronous")
    assert {place[0] for place in read} == {1}


def test_a_data_array_keeps_what_it_has(moving):
    frames = moving(1, 10)[0].astype(np.float32)
    frames[[4, 7]] = np.nan
    times = np.datetime64("2016-09-28T14:35", "s") + np.array([0, 5, 10, 15, 20, 25, 31, 37, 43, 50]) * 60
    rain = xarray.DataArray(
        frames, dims=("time", "lat", "lon"), coords={"time": times, "lat": np.arange(48.0)}, attrs={"units": "mm"}
    )
    expected = fill(frames, ~np.isin(np.arange(10), [4, 7]), times=times)
    assert not np.array_equal(expected, fill(frames))  # so times count
    for given in (rain, rain.chunk({"time": 4})):
        found = fill(given)
        assert isinstance(found, xarray.DataArray)
        assert isinstance(found.data, type(given.data))
        xarray.testing.assert_identical(found.compute(), rain.copy(data=expected))
    for lazy in fill(rain.chunk({"time": 4}), return_std=True):
        assert dask.is_dask_collection(lazy.data)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (da.zeros((5, 8, 8), dtype=np.uint8), "which has no NaN"),
        (da.zeros((5, 8, 8), dtype=complex), "frames is complex128"),
        (da.zeros((4, 5, 8, 8), dtype=np.float32), "axes="),
        (xarray.Dataset(), "expected a DataArray"),
    ],
)
def test_mistakes(frames, message):
    with pytest.raises(UserError, match=message):
        fill(frames)
