import numpy as np

from openstl_seqinterp.apps.fill.network import Network
from openstl_seqinterp.protocols import Abilities


def test_a_network_of_rgb_fills_rgba_and_alpha_is_that_of_the_nearest_image(monkeypatch):
    network = object.__new__(Network)
    network.channels, network.abilities = 3, Abilities()
    predict = Network.predict

    def colours(self, frames, observed, offset):
        return frames.mean(axis=0) if frames.shape[1] == 3 else predict(self, frames, observed, offset)

    monkeypatch.setattr(Network, "predict", colours)
    frames = np.random.default_rng(0).random((3, 4, 5, 6), np.float32)
    filled = network.predict(frames, np.array([True, False, True]), np.array([-2.0, -0.5, 1.0]))
    np.testing.assert_array_equal(filled[:3], frames[:, :3].mean(axis=0))
    np.testing.assert_array_equal(filled[3], frames[2, 3])
