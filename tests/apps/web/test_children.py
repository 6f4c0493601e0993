"""Processes of the page's own: what they print, how they end, and that they can be stopped."""

import os
import threading
import time

import numpy as np
import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.apps.web import visitors
from openstl_seqinterp.apps.web.children import Child
from openstl_seqinterp.apps.web.examples import clip
from openstl_seqinterp.apps.web.visitors import Visitors
from openstl_seqinterp.errors import UserError


@pytest.fixture
def visitor(tmp_path):
    everyone = Visitors(tmp_path)
    yield everyone.of("tab")
    everyone.close()
    assert [*tmp_path.iterdir()] == []


def _lines(child):
    return [line for line in child.lines() if line is not None]


def test_lines_and_the_code_of_a_command(tmp_path):
    child = Child(cli.main, ["predict", str(tmp_path / "none.npy"), "--out", str(tmp_path / "out")])
    (line,) = _lines(child)
    assert line.startswith(f"error: {tmp_path / 'none.npy'} is missing")
    assert child.code == 2


def test_it_runs_beside_this_process():
    child = Child(print, "\rone\rtwo\n\nthree")
    assert _lines(child) == ["one", "two", "three"]
    assert child.code == 0
    assert child._process.pid != os.getpid()


def test_a_mistake_is_told_without_the_names_of_folders(visitor):
    missing = visitor.new_folder("upload") / "own.npy"
    with pytest.raises(UserError, match=r"^own\.npy is missing; give a folder"):
        list(visitor.run(cli.main, ["predict", str(missing), "--out", str(visitor.folder / "out")]))
    assert visitor.child is None


def test_an_error_of_ours_is_told_too(visitor):
    with pytest.raises(UserError, match="invalid literal for int"):
        list(visitor.run(int, "no number"))


def test_a_second_one_has_to_wait(visitor):
    first = visitor.run(time.sleep, 60)
    next(first)
    with pytest.raises(UserError, match="still running"):
        next(visitor.run(time.sleep, 60))
    visitor.child.stop()
    with pytest.raises(UserError, match="cancelled"):
        list(first)


def test_what_yields_makes_way(visitor):
    first = visitor.run(time.sleep, 60)
    next(first)
    visitor.yields = True
    rest = []
    reader = threading.Thread(target=lambda: rest.extend(first))
    reader.start()
    second = visitor.run(print, "second")
    assert [line for line in second if line is not None] == ["second"]
    reader.join()
    assert set(rest) <= {None}


def test_a_stopped_command_leaves_nothing(visitor, tmp_path):
    np.save(visitor.folder / "large.npy", np.tile(clip()[:6], (1, 2, 2, 1)))
    words = ["predict", str(visitor.folder / "large.npy"), "--insert", "50", "--out", str(visitor.folder / "out")]
    running = visitor.run(cli.main, words)
    while not (next(running) or "").startswith("filling: "):
        pass
    visitor.child.stop()
    with pytest.raises(UserError, match="cancelled"):
        list(running)
    assert [path.name for path in visitor.folder.iterdir()] == ["large.npy"]


def test_one_who_leaves_takes_what_runs_and_every_file_along(tmp_path):
    everyone = Visitors(tmp_path / "root")
    everyone.root.mkdir()
    visitor = everyone.of("tab")
    upload = tmp_path / "gradio" / "own.npy"
    upload.parent.mkdir()
    upload.write_bytes(b"1")
    (taken,) = visitor.take([str(upload)])
    assert taken.read_bytes() == b"1"
    running = visitor.run(time.sleep, 60)
    next(running)
    child = visitor.child
    everyone.leave("tab")
    assert child.code is not None
    assert [*everyone.root.iterdir()] == []
    assert not upload.parent.exists()
    assert everyone.of("tab") is not visitor


def test_several_files_together_have_a_limit_too(visitor, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(visitors, "UPLOAD", 1)
    folder = tmp_path_factory.mktemp("gradio")
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(bytes(600_000))
    with pytest.raises(UserError, match="the files have 1 MB together, expected at most 1"):
        visitor.take([str(folder / "a.png"), str(folder / "b.png")])
    assert [path.name for path in visitor.take([str(folder / "a.png")])] == ["a.png"]
