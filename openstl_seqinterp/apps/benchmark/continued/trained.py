"""A network that continues a sequence of the data set that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from .... import host
from ....errors import UserError
from ...fill.fillers import DEVICES
from ...fill.network import Network
from ...fill.plan import Filling
from ...fill.scale import Scale
from ...fill.tiles import TILE
from ..real.clips import Clip
from ..real.ways import Way


class Trained(Way):
    """The checkpoint of a run, which reads what it read in training: 0 where there is no value, none beyond 0 and 1.

    A network that is told which images are missing predicts each from the known ones, as `fill` does. Another predicts
    as many at once as it was trained to, and reads these for what follows them. ``places`` follow the known images.
    UserError where its predictions are not finite.
    """

    fills = False

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.network = name, Network(path, DEVICES[1], TILE)

    @property
    def weights(self) -> int:
        """How many numbers were trained."""
        return sum(each.numel() for each in self.network.method.parameters() if each.requires_grad)

    @torch.no_grad()
    def predict(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray]:
        def read(place: int) -> np.ndarray:
            return np.nan_to_num(clip.truth(place)).clip(0, 1)

        if self.network.protocol.masked:
            filling = Filling(self.network, Scale(clip.frames.dtype, 0, 1), read, observed, cuts=False)
            return [filling[place] for place in places]
        frames = [read(place).transpose(2, 0, 1) for place in np.flatnonzero(observed).tolist()]
        while len(frames) < len(observed):
            x = torch.from_numpy(np.stack(frames[-self.network.protocol.given :])[None])
            predicted = host.predict(self.network.method, x)[0]
            if not predicted.isfinite().all():
                raise UserError(f"the predictions of {self.name} are not finite; train again with a lower --lr")
            frames += [*predicted.clamp(0, 1).numpy()]
        return [frames[place].transpose(1, 2, 0) for place in places]
