import os
import subprocess
import sys
from pathlib import Path

import pytest

from openstl_seqinterp import host
from openstl_seqinterp.errors import UserError


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Make ``import openstl`` find a package of these files, and nothing else of that name."""

    def install(*files: str) -> None:
        for name in files:
            path = tmp_path / "openstl" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        # Whatever a checkout of OpenSTL is called, and the folder that it lies in: both show something called openstl.
        elsewhere = [entry for entry in sys.path if not (Path(entry or ".") / "openstl").exists()]
        monkeypatch.setattr(sys, "path", [str(tmp_path), *elsewhere])
        monkeypatch.setattr(
            sys, "meta_path", [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", "")]
        )
        for name in [name for name in sys.modules if name.partition(".")[0] == "openstl"]:
            monkeypatch.delitem(sys.modules, name)

    return install


def test_without_openstl_the_embedded_host_serves(installed):
    installed()
    assert host.choose("auto") == "embedded"


def test_openstl_serves_where_it_is_installed(installed):
    installed("__init__.py", "methods/__init__.py")
    assert host.choose("auto") == "openstl"
    assert host.choose("embedded") == "embedded"


def test_an_openstl_that_is_wanted_but_absent_is_an_error(installed):
    installed()
    with pytest.raises(UserError, match="OpenSTL is not installed; clone"):
        host.choose("openstl")


@pytest.mark.parametrize("choice", ["auto", "openstl"])
def test_the_stl_reader_from_pypi_is_refused_by_name(installed, choice):
    installed("__init__.py")
    with pytest.raises(UserError, match=r"STL-mesh reader.*pip uninstall openstl"):
        host.choose(choice)
    assert host.choose("embedded") == "embedded"


def test_an_openstl_that_lacks_packages_names_them_for_any_folder(tmp_path):
    # In a process of its own: a host is chosen once, and what was imported stays.
    for name in ("__init__.py", "methods/__init__.py"):
        (tmp_path / "openstl" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "openstl" / name).touch()
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", "from openstl_seqinterp import host; host.SimVP"],
        env={**os.environ, "PYTHONPATH": path, "SEQINTERP_HOST": "openstl"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "OpenSTL cannot be imported: No module named 'openstl.api'; pip install PyWavelets einops" in done.stderr


def test_an_unknown_choice_names_the_nearest():
    with pytest.raises(UserError, match="did you mean 'embedded'"):
        host.choose("embeded")


def test_a_clone_called_openstl_serves_from_the_folder_above_it(installed):
    installed("openstl/__init__.py", "openstl/methods/__init__.py", "tools/train.py")
    assert host.choose("auto") == "openstl"
    assert Path(sys.path[0]).name == "openstl"  # the clone's root, where its package is


def test_any_other_folder_called_openstl_is_passed_over(installed):
    installed("notes.txt")
    assert host.choose("auto") == "embedded"
    with pytest.raises(UserError, match=r"not installed \(the folder .*openstl is not a checkout of it\)"):
        host.choose("openstl")


def test_the_host_is_chosen_when_it_is_first_needed():
    code = (
        "import os, sys; from openstl_seqinterp import host; os.environ['SEQINTERP_HOST'] = 'embedded';"
        "assert 'torch' not in sys.modules; print(host.NAME)"
    )
    environment = {**os.environ, "SEQINTERP_HOST": "nonsense"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout.startswith("embedded"), done.stderr
