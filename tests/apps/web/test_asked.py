"""What the page says that it runs: the words of the command line, and lines of Python that do the same."""

import shlex

import numpy as np
import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.apps.web.asked import METHODS, SHIPPED_NAME, Asked, flags_of
from openstl_seqinterp.apps.web.examples import digit
from openstl_seqinterp.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("own.npy", digit())
    np.savez("own.npz", frames=digit())
    return tmp_path


def _images(path):
    loaded = np.load(path)
    return loaded if path.suffix == ".npy" else loaded["frames"]


@pytest.mark.parametrize(
    "asked",
    [
        {"marked": (3, 8), "uncertainty": False},
        {"extend": 2, "method": "mean"},
        {"insert": 1, "marked": (3,), "method": "dis-flow"},
        {"checkpoint": "shipped", "marked": (3,), "uncertainty": False},
    ],
)
@pytest.mark.parametrize("name", ["own.npy", "own.npz"])
def test_all_three_ways_give_the_same(folder, name, asked):
    asked = Asked(folder / name, **asked)
    assert cli.main(asked.argv(folder / "page")) == 0
    page = _images(folder / "page" / name)
    assert cli.main(shlex.split(asked.command_line())[1:]) == 0
    np.testing.assert_array_equal(_images(folder / "own_filled" / name), page)
    for path in (folder / "own_filled").iterdir():
        path.unlink()
    found = {}
    exec(asked.python(), found)  # noqa: S102 - it is what this test is about
    given = found["filled"] if "filled" in found else _images(folder / "own_filled" / name)
    np.testing.assert_array_equal(given, page)


def test_images_without_a_value_are_left_to_the_command_line_to_find(tmp_path):
    asked = Asked(tmp_path / "own.npy", marked=(1, 4, 6), empty=(4, 6))
    assert asked.missing == ["auto", "2"]
    assert Asked(tmp_path / "own.npy", marked=(1, 4), empty=(4, 6)).missing == ["2", "5"]


def test_what_is_typed_becomes_flags():
    assert flags_of("TYX", "", " -1 ") == ("--axes=TYX", "--fill_value=-1")
    with pytest.raises(UserError, match="--fill_value"):
        flags_of("", "", "none")


def test_a_method_is_found_by_the_name_that_the_page_shows(tmp_path):
    asked, own = Asked(tmp_path), {"mine": tmp_path / "best.ckpt"}
    assert [asked.by(name, own).method for name in METHODS] == ["motion", "dis-flow", "mean"]
    assert asked.by(SHIPPED_NAME, own).checkpoint == "shipped"
    assert asked.by("mine", own).checkpoint == tmp_path / "best.ckpt"
    with pytest.raises(UserError, match="no method 'other'"):
        asked.by("other", own)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing is to be filled"),
        ({"extend": 101}, "0 to 100"),
        ({"insert": -1}, "0 to 100"),
        ({"insert": 100}, r"1516 images, expected at most 1000"),
    ],
)
def test_too_little_and_too_much_is_refused(tmp_path, asked, said):
    with pytest.raises(UserError, match=said):
        Asked(tmp_path, length=16, **asked).check()
