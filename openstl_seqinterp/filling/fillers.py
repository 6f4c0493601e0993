"""What predicts an image from others: a baseline, or a trained method by its checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import device, host, registry
from ..checkpoint import load_checkpoint, load_weights
from ..checks import is_simvp
from ..data.dataset import infill_slots
from ..data.loaders import INFILL
from ..data.tasks import one_sided
from ..errors import UserError, require_known
from ..evaluation.baselines import BASELINES, sources
from .tiles import TILE, in_tiles

_LONGEST = 16  # images that a method reads which can read any number: its motion is constant over them


class Filler(ABC):
    """Predicts an image from others. ``needs`` says in words what must be observed."""

    needs: str

    @abstractmethod
    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        """The positions from which ``target`` is read, in order; None where too few are ``observed`` (T,).

        A target may lie between two positions.
        """

    @abstractmethod
    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """The image (C, H, W) at offset 0 from ``frames`` float32 (K, C, H, W) in [0, 1], zero where not observed.

        ``observed`` is bool (K,), ``offset`` (K,) the time from the target, in images.
        """


class Baseline(Filler):
    """A baseline of `BASELINES`."""

    needs = "1 observed image"

    def __init__(self, name: str) -> None:
        require_known("method", name, BASELINES)
        self.name = name

    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        return tuple(sorted(sources(observed, target))) if observed.any() else None

    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        places = np.rint(offset - offset.min()).astype(int)
        known = np.zeros(places.max() + 1, bool)
        known[places] = observed
        # By position, without the images between: a gap may be longer than memory.
        return BASELINES[self.name](dict(zip(places.tolist(), frames, strict=True)), known, float(-offset.min()))


class Network(Filler):
    """A trained method, from its checkpoint. UserError where that is damaged, unsafe or of no known method."""

    def __init__(self, path: Path, wish: str = device.CUDA, tile: int = TILE) -> None:
        checkpoint = load_checkpoint(path)
        settings = checkpoint["hyper_parameters"]
        registry.register()
        name = settings.get("method")
        if name not in host.method_maps:
            raise UserError(f"{path} is of method {name!r}, which host {host.NAME} does not have; see docs/openstl.md")
        self.name = registry.method_names()[name]
        self.device = torch.device("cuda" if device.accelerator(wish) == "gpu" else "cpu")
        try:
            self.method: Any = host.method_maps[name](**{**settings, "device": self.device.type})
            self.slots, *_ = settings["in_shape"]
        except (AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise UserError(f"{path}: {name} cannot be built with the settings in it: {error!r}") from error
        load_weights(self.method, checkpoint, path)
        device.prepare(self.method.model, device.accelerator(wish), device.PRECISIONS["32"])
        self.method.eval().to(self.device)
        self.infill = registry.dataset_of(name) == INFILL
        self.channels = settings["in_shape"][1] - 2 * self.infill
        self.size = tuple(settings["in_shape"][2:])
        # SimVP and what is made of it are convolutions, for which any size will do that can be halved so often.
        self.any_size, self.multiple = is_simvp(name), 2 ** (settings.get("N_S", 2) // 2)
        self.tile = max(self.multiple, tile - tile % self.multiple)
        self.needs = f"{2 if self.infill else self.slots} observed images " + ("near it" if self.infill else "in a row")

    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        if not self.infill:
            if target != int(target):
                return None
            try:
                return one_sided(observed, int(target), self.slots).context
            except UserError:
                return None
        length, place = len(observed), int(np.ceil(target))
        slots = min(length, _LONGEST) if getattr(self.method, "whole_sequence", False) else self.slots
        seen = np.append(observed, np.zeros(slots, bool))  # what is not there is not observed
        starts = range(max(0, place - slots + 1), max(0, min(place, length - slots)) + 1)
        # The window that shows most; of several, the one with the target in its middle.
        best = max(starts, key=lambda start: (seen[start : start + slots].sum(), -abs(start + slots // 2 - place)))
        return tuple(range(best, best + slots)) if seen[best : best + slots].sum() >= 2 else None

    @torch.no_grad()
    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        channels, *size = frames.shape[1:]
        if self.channels not in (1, channels):
            raise UserError(f"{self.name} was trained on images of {self.channels} channels, these have {channels}")
        if not self.any_size and tuple(size) != self.size:
            raise UserError(f"{self.name} works on images of its own size {self.size} alone, these are {tuple(size)}")
        # A network for one channel sees each one by itself.
        batch = frames[None] if self.channels == channels else frames.swapaxes(0, 1)[:, :, None]

        def read(part: np.ndarray) -> np.ndarray:
            if self.infill:
                part = infill_slots(part, observed, offset)
            x = torch.from_numpy(np.ascontiguousarray(part)).to(self.device)
            return host.predict(self.method, x)[:, 0].float().cpu().numpy()

        predicted = in_tiles(read, batch, self.tile, self.multiple) if self.any_size else read(batch)
        if not np.isfinite(predicted).all():
            raise UserError(f"the predictions of {self.name} are not finite; train again with a lower --lr")
        return predicted.reshape(channels, *size)


def make_filler(checkpoint: str | Path | None, method: str | None, wish: str = device.CUDA, tile: int = TILE) -> Filler:
    """A filler from exactly one of a ``checkpoint`` and the name of a baseline."""
    if (checkpoint is None) == (method is None):
        raise UserError(f"give either a checkpoint (best.ckpt of a run) or a method of {', '.join(BASELINES)}")
    return Baseline(str(method)) if checkpoint is None else Network(Path(checkpoint), wish, tile)
