import numpy as np
import pytest

from openstl_seqinterp.data import loaders
from openstl_seqinterp.data.sequences import SequenceSet


@pytest.fixture
def sentinel(monkeypatch):
    """In place of the files: dark images where observed, white ones where withheld."""
    observed = np.ones((20, 16), bool)
    observed[:, [3, 15]] = False
    frames = np.random.default_rng(0).integers(0, 50, (20, 16, 1, 36, 36), np.uint8)
    frames[~observed] = 255
    index = np.where(observed, np.arange(320).reshape(20, 16), -1)
    images = frames.reshape(-1, 1, 36, 36)
    monkeypatch.setattr(loaders, "load_sequences", lambda path: SequenceSet(images, index))
    missing = np.where(observed, -1, np.arange(320).reshape(20, 16))
    monkeypatch.setattr(loaders, "load_withheld", lambda path, sequences: SequenceSet(images, missing))


@pytest.fixture(scope="session")
def brightest():
    """A function to the greatest mean of an image in a tensor (T, C, H, W)."""
    return lambda images: float(images.mean(dim=(1, 2, 3)).max())
