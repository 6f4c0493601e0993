"""What a form needs that is not installed is named with a command that works in any folder, with or without a clone."""

import runpy
import sys
from importlib import import_module

import numpy as np
import pytest
import setuptools
import tifffile

from openstl_seqinterp import cli, host
from openstl_seqinterp.apps.io.extras import DASK, ONNX, PACKAGES, science
from openstl_seqinterp.apps.io.readers.pages import opened
from openstl_seqinterp.apps.io.tiff_pages import decoding
from openstl_seqinterp.errors import UserError

INSTALL = r"pip install h5py netCDF4 xarray imagecodecs$"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_package_is_named_with_all_that_come_with_it(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f"needs {package}, which is not installed: {INSTALL}"), science():
        import_module(package)


@pytest.mark.parametrize(
    ("command", "package", "install"),
    [
        (["predict", "a.npy", "--missing", "2", "--out", "b.zarr", "--workers", "1"], "distributed", DASK),
        (["export", "shipped", "--to", "onnx", "b.onnx"], "onnx", ONNX),
    ],
)
def test_a_command_whose_extra_is_missing(tmp_path, monkeypatch, capsys, command, package, install):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.random.default_rng(0).random((3, 9, 9)))
    monkeypatch.setitem(sys.modules, package, None)
    assert cli.main(command) == 2
    assert capsys.readouterr().err.endswith(
        f"needs {package}, which is not installed: pip install {' '.join(install)}\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


@pytest.mark.parametrize("reading", [opened, decoding])
def test_a_tiff_whose_compression_needs_more(tmp_path, reading):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8))
    with pytest.raises(UserError, match=f"the compression of {path} needs imagecodecs, .*{INSTALL}"), reading(path):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")


@pytest.mark.parametrize(
    ("extra", "packages"), [("science", PACKAGES), ("dask", DASK), ("onnx", ONNX), ("openstl", host.PACKAGES)]
)
def test_a_message_names_what_the_extra_has(monkeypatch, request, extra, packages):
    declared = {}
    monkeypatch.setattr(setuptools, "setup", lambda **content: declared.update(content))
    runpy.run_path(str(request.config.rootpath / "setup.py"))
    assert {each.split(">")[0] for each in declared["extras_require"][extra]} == {*packages}
