"""A trained method as a filler, from its checkpoint. It takes seconds to import: only what reads a checkpoint does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ... import device, host, registry, speedups
from ...checkpoint import load_checkpoint, load_weights
from ...data.scale import Scale
from ...errors import UserError
from ...protocols import Abilities
from ...running import quiet_lightning
from .fillers import Filler
from .tiles import in_tiles
from .trained import check_network, no_larger_than, remark


class Loaded(NamedTuple):
    """A trained ``method`` of the host, its name and abilities, its settings, and what a user must know of it."""

    method: Any
    name: str
    abilities: Abilities
    settings: dict[str, Any]
    remark: str | None


def load_method(path: Path, on: str) -> Loaded:
    """A trained method from its checkpoint, on the CPU, told of the device that it will be ``on``.

    UserError where the checkpoint is damaged, unsafe or of no known method.
    """
    quiet_lightning()
    checkpoint = load_checkpoint(path)
    settings = checkpoint["hyper_parameters"]
    registry.register()
    key = settings["method"].lower()
    if key not in host.method_maps:
        raise UserError(f"{path} is of method {key!r}, which host {host.NAME} does not have; see docs/openstl.md")
    name, abilities = registry.method_names()[key], registry.abilities(key)
    check_network(settings, abilities.settings, checkpoint, path)
    try:
        with no_larger_than(checkpoint["state_dict"], path):
            method: Any = host.method_maps[key](**{**settings, "device": on})
    except (AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: {name} cannot be built with the settings in it: {error!r}") from error
    load_weights(method, checkpoint, path)
    return Loaded(method, name, abilities, settings, remark(checkpoint))


class Network(Filler):
    """A trained method, from its checkpoint. UserError where that is damaged, unsafe or of no known method."""

    def __init__(self, path: Path, requested: str, tile: int) -> None:
        self.device = torch.device("cuda" if device.accelerator(requested) == "gpu" else "cpu")
        self.method, self.name, self.abilities, settings, self.remark = load_method(path, self.device.type)
        if settings.get("value_range") is not None:
            low, high = settings["value_range"]
            self.trained = Scale(low, high, settings.get("fill_value"))
        slots, planes, *size = settings["in_shape"]
        speedups.prepare(self.method.model, device.accelerator(requested), device.PRECISIONS["32"])
        self.method.eval().to(self.device)
        self.protocol = replace(self.abilities.protocol, given=getattr(self.method.model, "most_slots", slots))
        self.channels, self.size = planes - self.protocol.planes, tuple(size)
        # Networks of any size halve their images so often.
        self.multiple = 2 ** (settings.get("N_S", 0) // 2)
        self.tile = max(self.multiple, tile - tile % self.multiple)
        self.needs, self.regular = self.protocol.needs, not self.protocol.masked

    def context(self, observed: np.ndarray, places: np.ndarray, target: float) -> tuple[int, ...] | None:
        index = float(np.interp(target, places, np.arange(len(places)))) + max(0.0, target - places[-1])
        return self.abilities.reading(self.protocol, len(observed)).context(observed, index)

    @torch.no_grad()
    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        channels, *size = frames.shape[1:]
        if self.abilities.any_channels:
            batch = frames[None]
        elif (self.channels, channels) == (3, 4):  # of RGBA it sees the colours, and what is opaque stays where it was
            nearest = min(np.flatnonzero(observed), key=lambda place: abs(offset[place]))
            return np.concatenate([self.predict(frames[:, :3], observed, offset), frames[nearest, 3:]])
        elif self.channels == channels:
            batch = frames[None]
        elif self.channels == 1:  # it sees each channel by itself
            batch = frames.swapaxes(0, 1)[:, :, None]
        elif channels == 1:  # it sees grey as equal channels
            batch = np.broadcast_to(frames, (len(frames), self.channels, *size))[None]
        else:
            raise UserError(f"{self.name} was trained on images of {self.channels} channels, these have {channels}")
        if not self.abilities.any_size and tuple(size) != self.size:
            raise UserError(f"{self.name} works on images of its own size {self.size} alone, these are {tuple(size)}")

        def read(part: np.ndarray) -> np.ndarray:
            x = torch.from_numpy(self.protocol.inputs(part, observed, offset)).to(self.device)
            return host.predict(self.method, x)[:, 0].float().cpu().numpy()

        tiled = self.abilities.any_size and not self.abilities.whole
        predicted = in_tiles(read, batch, self.tile, self.multiple) if tiled else read(batch)
        if not np.isfinite(predicted).all():
            raise UserError(f"the predictions of {self.name} are not finite; train again with a lower --lr")
        if predicted.shape[1] > channels == 1:
            predicted = predicted.mean(axis=1, keepdims=True)
        return predicted.reshape(channels, *size)
