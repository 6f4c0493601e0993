"""What can be wrong with the images a predictor is given: noise, a missing image, both. Targets are never degraded.

A degradation is a function from the dict of one case to such a dict, the same or a new one, and a row of
`DEGRADATIONS`. Those of the paper are transforms of mmcv's registry. The dict holds::

    frames    float32 (K, C, H, W) in [0, 1]   some frames of a sequence
    observed  bool (K,)                        which of them are known
    index     tuple of K ints                  their positions in the sequence
    exposed   tuple of ints                    the positions that may be blanked
    key       tuple of ints                    the identity of the case

A degraded frame is a function of the key and its position alone. So the frames that a network reads and those that
a baseline reads of the same case are the same pixels, in any order and in any worker process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mmcv.transforms import TRANSFORMS, BaseTransform, Compose

MISS, NOISE, DROP, AUGMENT = 0, 1, 2, 3  # one random stream for each kind of damage, and one for `augment`


@TRANSFORMS.register_module()
class SequenceMiss(BaseTransform):
    """Blank one of the exposed images, drawn at random, and mark it as not observed."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Blank one position of ``exposed``, if it is among the frames at hand."""
        exposed = results["exposed"]
        missing = exposed[np.random.default_rng([*results["key"], MISS]).integers(len(exposed))]
        for slot, position in enumerate(results["index"]):
            if position == missing:
                results["frames"][slot] = 0
                results["observed"][slot] = False
        return results


@TRANSFORMS.register_module()
class SequenceNoise(BaseTransform):
    """Add Gaussian noise to every image, its sigma drawn for each image, uniform in [0, ``sigma``]; clip to [0, 1]."""

    def __init__(self, sigma: float) -> None:
        self.sigma = sigma

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add noise to all frames, blank ones too."""
        frames = results["frames"]
        for slot, position in enumerate(results["index"]):
            rng = np.random.default_rng([*results["key"], NOISE, position])
            frames[slot] += rng.uniform(0, self.sigma) * rng.standard_normal(frames[slot].shape, np.float32)
        np.clip(frames, 0, 1, out=frames)
        return results


_miss = {"type": "SequenceMiss"}
_noise = {"type": "SequenceNoise", "sigma": 17 / 255}
Degradation = Callable[[dict[str, Any]], dict[str, Any]]
DEGRADATIONS: dict[str, Degradation] = {
    "clean": Compose([]),
    "noise": Compose([_noise]),
    "miss": Compose([_miss]),
    "aug": Compose([_miss, _noise]),
}
PAPER = ("clean", "noise", "miss", "aug")  # the variants of its tables, whatever is added to `DEGRADATIONS`
UNION = "all"  # a training set's name for the union of those
