"""Where a library of the extra ``science`` is missing, the message names what can be installed from anywhere."""

import builtins
import runpy

import pytest
import setuptools

from openstl_seqinterp.apps.io.extras import INSTALL, science
from openstl_seqinterp.errors import UserError


def test_a_missing_library_ends_in_one_line(monkeypatch):
    real = builtins.__import__

    def without_h5py(name, *args, **kwargs):
        if name == "h5py":
            raise ModuleNotFoundError("No module named 'h5py'", name="h5py")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_h5py)
    with pytest.raises(UserError, match=r"^this needs h5py, which is not installed: pip install .*h5py"), science():
        import h5py  # noqa: F401


def test_it_names_what_the_extra_has(monkeypatch, request):
    declared = {}
    monkeypatch.setattr(setuptools, "setup", lambda **content: declared.update(content))
    runpy.run_path(str(request.config.rootpath / "setup.py"))
    packages = {each.split(">")[0] for each in declared["extras_require"]["science"]}
    assert {*INSTALL.removeprefix("pip install ").split()} == packages
