"""What is common to all forms."""

import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source, write
from openstl_seqinterp.apps.io.readers import READERS
from openstl_seqinterp.apps.io.readers.folder import FolderReader
from openstl_seqinterp.apps.io.writers import WRITERS
from openstl_seqinterp.errors import UserError


def test_every_reader_has_a_writer():
    assert set(WRITERS) == {FolderReader, *READERS.values()}


def test_missing_path_is_refused(tmp_path, assert_refused):
    assert_refused(tmp_path / "none.mp4", "missing", "gif", "csv")


@pytest.mark.parametrize("name", ["data.webm", "data"])
def test_unknown_suffix_is_refused(tmp_path, name, assert_refused):
    (tmp_path / name).touch()
    assert_refused(tmp_path / name, "suffix", "gif", "csv")


def test_csv_shape_of_another_form_is_refused(tmp_path, assert_refused):
    assert_refused(tmp_path, "--csv_shape", csv_shape=(1, 2, 3))


def test_filled_frame_of_another_kind_is_a_bug(tmp_path, image_folder):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "3.png"]))
    with pytest.raises(ValueError, match="not uint8"):
        write(source, tmp_path, [0, None, 2], lambda sequence, position: np.zeros(source.shape))


def test_folder_that_cannot_be_written_is_refused(tmp_path, filler, image_folder):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "3.png"]))
    with pytest.raises(UserError, match="cannot write"):
        write(source, tmp_path / "none", [0, None, 2], filler(source))


def test_frames_handed_out_cannot_be_changed(tmp_path, image_folder):
    source = open_source(image_folder(tmp_path / "in", ["1.png", "2.png"]))
    with pytest.raises(ValueError, match="read-only"):
        source.read(0, 0)[:] = 0
