import numpy as np

from openstl_seqinterp.apps.fill.fillers import BaselineFiller
from openstl_seqinterp.apps.fill.plan import Filling
from openstl_seqinterp.apps.fill.scale import Scale


def test_filled_images_that_no_other_is_read_from_are_not_kept():
    frames = np.arange(101, dtype=np.float32)[:, None, None, None] * np.ones((2, 3, 1), np.float32) / 100
    scale = Scale(np.dtype(np.float32), 0.0, 1.0)
    filling = Filling(BaselineFiller("mean"), scale, lambda place: frames[place], np.arange(101) % 2 == 0)
    for position in range(1, 101, 2):
        np.testing.assert_allclose(filling[position], frames[position], atol=1e-6)
        assert len(filling._filled) == 1
