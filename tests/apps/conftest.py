"""Independent readers of what was written, and a checkpoint of each method."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from openstl_seqinterp import cli, host, registry

TINY_LATENT = "method = 'LatentAffine'\nhidden = 4\nrefinements = 2\nepoch = 1\nepoch_cases = 64\n"
TINY_MOTION = (
    "method = 'SimVP_Motion'\nmodel_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n"
    "epoch = 1\nepoch_cases = 64\n"
)
CONFIGS = {"LatentAffine": TINY_LATENT, "SimVP_Motion": TINY_MOTION}


def _read_video(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (result := capture.read())[0]:
        frames.append(result[1])
    return np.stack(frames)


def _read_gif(path):
    with Image.open(path) as image:
        return np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


@pytest.fixture(scope="session")
def read_video():
    """A function from a path to all frames as decoded, BGR uint8 (T, H, W, 3)."""
    return _read_video


@pytest.fixture(scope="session")
def read_gif():
    """A function from a path to all frames as shown, RGB uint8 (T, H, W, 3)."""
    return _read_gif


class _Checkpoints(dict):
    """``best.ckpt`` of a tiny run by the name of its method, trained when it is first asked for."""

    def __init__(self, trained, tmp_path_factory):
        super().__init__(SimVP=next(trained[0].rglob("best.ckpt")))
        self.command, self.factory = trained[1], tmp_path_factory

    def __missing__(self, method):
        root = self.factory.mktemp(method)
        (root / "tiny.py").write_text(CONFIGS[method] + "batch_size = 16\nval_batch_size = 64\nlr = 2e-3\n")
        command = [*self.command, "-m", method, "-c", str(root / "tiny.py"), "--res_dir", str(root), "--ex_name", "run"]
        self[method] = None  # one that fails is not trained again for each example of a test
        assert cli.main(["train", *command, "--test_sets", "n3"]) == 0
        self[method] = next(root.rglob("best.ckpt"))
        return self[method]


@pytest.fixture(scope="session")
def checkpoints(trained, tmp_path_factory):
    """``best.ckpt`` of tiny runs: SimVP, and the two methods that read both sides."""
    return _Checkpoints(trained, tmp_path_factory)


_NETWORK = {"hid_S": 8, "hid_T": 16, "N_S": 2, "N_T": 2, "mlp_ratio": 2.0, "drop_path": 0.0, "model_type": "gSTA"}
_UNTRAINED = {
    "SimVP": _NETWORK,
    "SimVP_Motion": _NETWORK,
    "LatentAffine": {"hidden": 4, "refinements": 1},
    "PredFormer": {"model_type": "TripletTST", "patch_size": 6, "embed_dim": 8, "num_heads": 2, "depth": 3},
}


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """A function from the name of a method to the checkpoint of a small network of it, with random weights."""
    folder = tmp_path_factory.mktemp("untrained")

    def checkpoint(method):
        path = folder / f"{method}.ckpt"
        if not path.exists():
            registry.register()
            protocol = registry.abilities(method.lower()).protocol
            settings = {"method": method.lower(), "dataname": "seqinterp", **protocol.parameters("seqinterp")}
            settings |= {"test_mean": 0, "test_std": 1, "save_dir": "", "device": "cpu", "dist": False, "lr": 1e-3}
            settings |= _UNTRAINED[method]
            torch.manual_seed(0)
            weights = host.method_maps[method.lower()](**settings).state_dict()
            for value in weights.values():  # those that begin at zero too
                if value.is_floating_point():
                    value += 0.05 * torch.randn_like(value)
            state = {"state_dict": weights, "hyper_parameters": settings, "epoch": 0, "global_step": 0}
            torch.save(state, path)
        return path

    return checkpoint
