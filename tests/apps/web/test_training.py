"""Training on a visitor's sequence: what is marked is not trained on."""

import numpy as np
import pytest
import zarr

from openstl_seqinterp.apps.web.asked import Asked
from openstl_seqinterp.apps.web.training import NAME, import_words
from openstl_seqinterp.apps.web.tuning import tune
from openstl_seqinterp.errors import UserError


def test_marked_images_are_not_trained_on(tmp_path):
    frames = np.random.default_rng(0).integers(1, 255, (20, 32, 32), np.uint8)
    np.save(tmp_path / "mine.npy", frames)
    asked = Asked(tmp_path / "mine.npy", marked=(5, 11), length=20)
    with pytest.raises(UserError, match="were not enough for one round"):
        tune(asked, tmp_path / "training", 1e-4, 32)
    folder = tmp_path / "training" / "data" / NAME
    known, withheld = (zarr.open_group(folder / f"{name}.zarr", mode="r") for name in ("frames", "withheld"))
    images = known["frames"][:]
    images[withheld["number"][:]] = withheld["frames"][:]
    np.testing.assert_array_equal(images[:, 0], np.delete(frames, [5, 11], axis=0))
    assert import_words(asked, 16, (32, 64)) == [
        *("import", "mine.npy", "--missing", "6", "12", "--size", "8", "16", "--out", "data/mine")
    ]
