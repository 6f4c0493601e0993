"""Two worker processes for all tests of a file, and archives for them."""

import cv2
import numpy as np
import pytest
import zarr
from distributed import LocalCluster
from textures import texture

from openstl_seqinterp import cli


@pytest.fixture(scope="package")
def scheduler():
    """The address of a scheduler with two worker processes."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        yield cluster.scheduler_address


def _moving(sequences, length, height=48, width=64, *, cut=None):
    """Textures that move by a speed of their own, uint8 (N, T, H, W); another one from the image ``cut`` on."""
    images = [texture(max(height, width) + 8 * length, seed) for seed in range(2)]
    shown = np.empty((sequences, length, height, width), np.uint8)
    for number in range(sequences):
        for time in range(length):
            image = images[cut is not None and time >= cut]
            x, y = (1.3 + number / 2) * time, 0.7 * time
            part = cv2.getRectSubPix(image, (width, height), (x + width / 2, y + height / 2))
            shown[number, time] = np.rint(255 * part)
    return shown


@pytest.fixture(scope="session")
def moving():
    """A function (sequences, length, height, width, *, cut) to moving textures uint8 (N, T, H, W)."""
    return _moving


def _stored(path):
    found = zarr.open(path, mode="r")
    return (found["frames"] if isinstance(found, zarr.Group) else found)[:]


@pytest.fixture(scope="session")
def stored():
    """A function from the path of a store to its frames."""
    return _stored


@pytest.fixture
def same_as_one_process(tmp_path, scheduler):
    """A function (source, *flags) that fills twice, by workers and without, asserts equality, and gives the result."""

    def both(source, *flags):
        for name, more in (("one", []), ("many", ["--scheduler", scheduler])):
            command = ["predict", str(source), "--out", str(tmp_path / f"{name}.zarr"), "--device", "cpu"]
            assert cli.main([*command, *flags, *more]) == 0
        one, many = (_stored(tmp_path / f"{name}.zarr") for name in ("one", "many"))
        assert one.dtype == many.dtype
        np.testing.assert_array_equal(one, many)
        assert not list(tmp_path.glob(".*"))
        return many

    return both
