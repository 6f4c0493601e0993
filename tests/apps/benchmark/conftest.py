"""A benchmark of tiny networks, and real sequences."""

import pytest
from moving import moving, save_folder

NETWORK = {
    "SimVP": "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\ndrop_path = 0.2\n",
    "LatentAffine": "hidden = 4\nrefinements = 1\n",
    "PredFormer": "model_type = 'TripletTST'\npatch_size = 6\nembed_dim = 8\n"
    "num_heads = 2\nmlp_ratio = 2.\ndepth = 6\n",
}


@pytest.fixture
def place(small_root, tmp_path, monkeypatch):
    """A working folder whose configs make every run of the quick preset a matter of a second or two."""
    configs = tmp_path / "configs" / "seqinterp"
    configs.mkdir(parents=True)
    for method, network in NETWORK.items():
        training = "epoch = 3\nepoch_cases = 64\nbatch_size = 16\nval_batch_size = 64\nlr = 5e-3\n"
        (configs / f"{method}_quick.py").write_text(f"method = {method!r}\n{network}{training}")
    (tmp_path / "data").symlink_to(small_root)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def sequences():
    return {"colour": moving(1, 3), "grey": moving(2, 1)}


@pytest.fixture(scope="module")
def folder(sequences, tmp_path_factory):
    """Two short sequences, and what is none."""
    root = tmp_path_factory.mktemp("real")
    for name, frames in sequences.items():
        save_folder(root / name, frames)
    (root / "README.md").write_text("not a sequence")
    (root / "empty").mkdir()
    return root
