"""What is common to all forms."""

import numpy as np
import pytest

from openstl_seqinterp.apps.io import FORMS, WRITERS, Options, Output, open_source, write
from openstl_seqinterp.apps.io.readers import READERS
from openstl_seqinterp.errors import UserError


@pytest.fixture
def source(tmp_path):
    """An array of five images."""
    np.save(tmp_path / "data.npy", np.arange(5 * 9 * 10, dtype=np.uint16).reshape(5, 9, 10))
    return open_source(tmp_path / "data.npy")


def output(source, image, name="out.npy"):
    return Output(source, [0, None, 2, 3, 4], source.timeline, lambda *_: image, name)


def test_every_form_that_is_read_can_be_written(tmp_path, source):
    suffixes = {form for form in WRITERS if form not in ("folder", "png")}
    assert suffixes <= {suffix[1:] for suffix in READERS}
    assert set(FORMS) <= set(WRITERS)
    for form in suffixes & {"npy", "npz", "tif", "mkv", "zarr"}:
        folder = tmp_path / form
        folder.mkdir()
        image = np.full(source.shape, 7, source.dtype)
        (path,) = write(output(source, image, f"out.{form}"), form, folder)
        again = open_source(path)
        assert (again.form, again.count) == (form, 5)
        np.testing.assert_array_equal(again.read(0, 1), image)
        np.testing.assert_array_equal(again.read(0, 2), source.read(0, 2))


def test_missing_path_is_refused(tmp_path, refused):
    refused(tmp_path / "none.mp4", "none.mp4", "missing", "gif", "csv")


@pytest.mark.parametrize("name", ["data.doc", "data"])
def test_unknown_suffix_is_refused(tmp_path, name, refused):
    (tmp_path / name).touch()
    refused(tmp_path / name, name, "suffix", "gif", "csv")


def test_options_of_another_form_are_refused(tmp_path, source, refused):
    refused(source.path, "data.npy", "--csv_shape", csv_shape=(1, 2, 3))
    refused(tmp_path, "--csv_shape", csv_shape=(1, 2, 3))


@pytest.mark.parametrize("image", [np.zeros((9, 10, 1)), np.zeros((9, 9, 1), np.uint16)], ids=["dtype", "shape"])
def test_filled_frame_of_another_kind_is_a_bug(tmp_path, source, image):
    with pytest.raises(ValueError, match=r"not uint16 \(9, 10, 1\)"):
        write(output(source, image), "npy", tmp_path)


def test_folder_that_cannot_be_written_is_refused(tmp_path, source):
    with pytest.raises(UserError, match="cannot write"):
        write(output(source, np.zeros(source.shape, source.dtype)), "npy", tmp_path / "none")


def test_frames_handed_out_cannot_be_changed(source):
    with pytest.raises(ValueError, match="read-only"):
        source.read(0, 0)[:] = 0


def test_what_the_user_says_overrules_the_file(tmp_path, source):
    (tmp_path / "times.csv").write_text("when\n" + "".join(f"2016-09-28T14:{5 * n:02d}\n" for n in (1, 2, 4, 5, 6)))
    said = open_source(source.path, Options(times=tmp_path / "times.csv", fill_value=42, labels=True))
    assert said.absent == (2,)
    assert said.timeline.text(said.timeline.instants[2]) == "2016-09-28 14:15"
    assert (said.fill_value, said.labels) == (42, True)
    holes = said.holes(said.read(0, 0))
    np.testing.assert_array_equal(np.argwhere(holes), [[4, 2]])
    assert "14:05 to 14:30, 1 missing: 14:15" in said.describe()
