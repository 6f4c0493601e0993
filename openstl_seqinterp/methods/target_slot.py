"""A network that maps frames to as many frames, on slots on both sides of a missing image."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..protocols import INFILL, Infill
from ..tasks import around


class Redrawn(Infill):
    """`Infill` for a network that draws into one of its slots: they are one step apart, and none lies between two."""

    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        return super().context(observed, target) if target == int(target) else None

    def slots(self, observed: np.ndarray, target: float) -> tuple[int, ...]:
        return around(observed, target, self.given)


REDRAWN = Redrawn(INFILL.name, INFILL.given, INFILL.predicted, INFILL.drop)


class TargetSlot(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W) to the image at offset 0 (B, 1, C, H, W).

    The ``network`` maps such a batch to one of the same shape: frames, mask and offset are its channels. Of what it
    draws, the image in the target's slot counts.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        _, _, offset = INFILL.split(x)
        images, _, _ = INFILL.split(self.network(x))
        row = torch.arange(len(x), device=x.device)
        return images[row, offset.abs().argmin(dim=1)][:, None]
