"""What predicts an image from others: a baseline, or a trained method by its checkpoint (`network`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from ...data.scale import Scale
from ...errors import require_known
from ...evaluation.baselines import BASELINES
from ...shipped import named_checkpoint
from .tiles import TILE


class Filler(ABC):
    """Predicts an image from others. ``name`` is the method's; ``needs`` says in words what must be observed.

    ``regular`` says that it reads frames one step apart alone; ``sees_holes``, that it knows what to do with NaN.
    ``remark`` is what a user must know of it, ``trained`` the scale of the values that it was trained on, where known.
    """

    name: str
    needs: str
    regular: bool = False
    sees_holes: bool = False
    remark: str | None = None
    trained: Scale | None = None

    @abstractmethod
    def context(self, observed: np.ndarray, places: np.ndarray, target: float) -> tuple[int, ...] | None:
        """The positions from which the image at the place ``target`` is read, in order; None where too few are known.

        ``observed`` (T,) are known, ``places`` (T,) is when the positions are, in steps. A target may lie between two.
        """

    @abstractmethod
    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """The image (C, H, W) at offset 0 from ``frames`` float32 (K, C, H, W), zero where not observed.

        Most values are in [0, 1]. ``observed`` is bool (K,), ``offset`` (K,) the time from the target, in steps.
        """


class BaselineFiller(Filler):
    """A baseline of `BASELINES`."""

    needs = "1 observed image"

    def __init__(self, name: str) -> None:
        require_known("method", name, BASELINES)
        self.name, self.baseline = name, BASELINES[name]
        self.sees_holes = self.baseline.sees_holes

    def context(self, observed: np.ndarray, places: np.ndarray, target: float) -> tuple[int, ...] | None:
        known = places[observed]
        if not len(known):
            return None
        return tuple(np.searchsorted(places, self.baseline.sources(known, target)).tolist())

    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        images = {float(place): frame for place, frame, seen in zip(offset, frames, observed, strict=True) if seen}
        return self.baseline.function(images, 0.0)


DEVICES = ("cuda", "cpu")  # a GPU where there is one, or not
DEFAULT = "motion"  # of the methods that need no training


def make_fillers(
    checkpoint: str | Path | None, method: str | None, requested: str = DEVICES[0], tile: int = TILE
) -> list[Filler]:
    """A baseline by its name, `DEFAULT` where nothing is given, or that of a ``checkpoint``; or both, in this order."""
    require_known("device", requested, DEVICES)
    found: list[Filler] = []
    if method is not None or checkpoint is None:
        found.append(BaselineFiller(method or DEFAULT))
    if checkpoint is not None:
        from .network import Network

        found.append(Network(named_checkpoint(checkpoint), requested, tile))
    return found
