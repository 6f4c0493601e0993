"""What a user adds from outside, as CONTRIBUTING.md shows it: a method, a degradation, a baseline and a metric."""

import cv2
import numpy as np
import torch
from pydantic import Field

from openstl_seqinterp import host
from openstl_seqinterp.protocols import INFILL, Abilities
from openstl_seqinterp.settings import Settings


class MeanModel(torch.nn.Module):
    """The mean of the observed slots, times one learned number: (B, S, C + 2, H, W) to (B, 1, C, H, W)."""

    def __init__(self, start):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(start))

    def forward(self, x, **_):
        images, observed, _ = INFILL.split(x)
        return self.scale * images.sum(dim=1, keepdim=True) / observed.sum(dim=1).view(-1, 1, 1, 1, 1)


class ScaledMeanSettings(Settings):
    start: float = Field(1.0, gt=0)


class ScaledMean(host.SimVP):
    abilities = Abilities(INFILL, ScaledMeanSettings, any_size=True, any_slots=True)

    def _build_model(self, start=1.0, **_):
        return MeanModel(start)


def blur(case):
    """Every frame out of focus."""
    frames = [cv2.GaussianBlur(frame[0], (0, 0), 1)[None] for frame in case["frames"]]
    return {**case, "frames": np.stack(frames)}


def mean_of_four(images, target):
    """The mean of all that is handed over: two known images on each side."""
    return np.mean(list(images.values()), axis=0)


def worst_pixel(predictions, truths):
    """The largest absolute error of an image."""
    return (predictions - truths).abs().flatten(1).amax(dim=1).double()
