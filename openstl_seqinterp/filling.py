"""Missing images of any sequence, by a trained method or by a baseline: which images each is read from, and reading it.

A sequence is anything with images (H, W, C) at positions 0, 1, ... of which some are observed. Images are planned
before the first is computed, so a mistake is found early; and they are computed one at a time in the order in which
they are asked for, so a sequence may be longer than memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import device, host, registry
from .checkpoint import load_checkpoint, load_weights
from .checks import is_simvp
from .data.dataset import infill_slots
from .data.forms.arrays import DTYPES, with_all_axes
from .data.loaders import INFILL
from .data.tasks import Task, one_sided
from .errors import UserError, require_known
from .evaluation.baselines import BASELINES, sources

TILE = 256  # pixels a side: larger images are read in overlapping parts
_OVERLAP = 64
_LONGEST = 16  # images that a method reads which can read any number: its motion is constant over them
_REMEMBERED = 32  # filled images kept for others that are read from them


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
                part = np.stack([infill_slots(each, observed, offset) for each in part])
            x = torch.from_numpy(np.ascontiguousarray(part)).to(self.device)
            future = x.new_zeros(len(x), self.method.hparams["aft_seq_length"], *x.shape[2:])
            return self.method(x, future)[:, 0].float().cpu().numpy()

        predicted = in_tiles(read, batch, self.tile, self.multiple) if self.any_size else read(batch)
        if not np.isfinite(predicted).all():
            raise UserError(f"the predictions of {self.name} are not finite; train again with a lower --lr")
        return predicted.reshape(channels, *size)


def in_tiles(
    function: Callable[[np.ndarray], np.ndarray], images: np.ndarray, tile: int, multiple: int = 1
) -> np.ndarray:
    """``function``, from (..., h, w) to (B, C, h, w), applied to ``images`` (..., H, W) in overlapping tiles.

    No side of a tile is longer than ``tile``; all are multiples of ``multiple``, for which images are padded by
    reflection. Where tiles overlap, they fade into each other, so there are no seams.
    """
    size = images.shape[-2:]
    extra = [-side % multiple for side in size]
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(0, e) for e in extra], mode="symmetric")
    parts = [_parts(side, tile, multiple) for side in padded.shape[-2:]]
    total: np.ndarray | None = None
    for (top, bottom, down), (left, right, across) in product(*parts):
        result = function(padded[..., top:bottom, left:right])
        if total is None:
            total = np.zeros((*result.shape[:2], *padded.shape[-2:]), np.float32)
        total[..., top:bottom, left:right] += result * down[:, None] * across
    assert total is not None
    return total[..., : size[0], : size[1]]


def _parts(side: int, tile: int, multiple: int) -> list[tuple[int, int, np.ndarray]]:
    """Start, stop and weights of each tile along a side; the weights of all tiles sum to one everywhere."""
    if side <= tile:
        return [(0, side, np.ones(side, np.float32))]
    overlap = min(_OVERLAP, tile // 2)
    number = -(-(side - overlap) // (tile - overlap))
    starts = np.linspace(0, side - tile, number) // multiple * multiple
    places = np.arange(side)
    # A hat over each tile, flat at the image's own borders.
    hats = []
    for start in starts.astype(int):
        rise = np.full(side, 1.0) if start == 0 else (places - start + 1) / (overlap + 1)
        fall = np.full(side, 1.0) if start + tile >= side else (start + tile - places) / (overlap + 1)
        hats.append(np.clip(np.minimum(rise, fall), 0, 1))
    total = np.sum(hats, axis=0)
    return [
        (int(start), min(int(start) + tile, side), (hat / total)[int(start) : int(start) + tile].astype(np.float32))
        for start, hat in zip(starts, hats, strict=True)
    ]


@dataclass(frozen=True)
class Plan:
    """How the missing images of a sequence are read: the `Task` of each, and the observed positions at that time."""

    tasks: dict[int, Task]
    known: dict[int, np.ndarray]


def plan(filler: Filler, observed: np.ndarray) -> Plan:
    """A task for every image that is not ``observed`` (T,). UserError where there are too few to begin with.

    Images are read from observed ones where there are enough of these, else from images that were filled before.
    """
    known, tasks, then = np.array(observed, bool), {}, {}
    while not known.all():
        found = {int(t): filler.context(known, int(t)) for t in np.flatnonzero(~known)}
        ready = {target: context for target, context in found.items() if context is not None}
        if not ready:
            missing = ", ".join(str(target + 1) for target in list(found)[:5])
            raise UserError(
                f"image {missing} cannot be filled: {filler.needs} are needed beside it, and of {len(observed)} images "
                f"{int(np.sum(observed))} are observed"
            )
        now = known.copy()
        for target, context in ready.items():
            tasks[target], then[target] = Task(context, (target,)), now
        known[list(ready)] = True
    return Plan(tasks, then)


class Filling:
    """The images of a sequence (H, W, C) in [0, 1] by position, the missing ones filled when they are asked for.

    ``read`` gives an observed one. Ask in rising order.
    """

    def __init__(self, filler: Filler, read: Callable[[int], np.ndarray], observed: np.ndarray) -> None:
        self.filler, self.read, self.observed = filler, read, np.asarray(observed, bool)
        self.plan = plan(filler, self.observed)
        self._filled: dict[int, np.ndarray] = {}

    def __getitem__(self, position: int) -> np.ndarray:
        if self.observed[position]:
            return self.read(position)
        waiting = [position]
        while waiting:  # those that this one is read from come first
            target = waiting[-1]
            needed = {place for place in self.sources(target) if not self.observed[place]} - self._filled.keys()
            if needed:
                waiting += needed
            else:
                self._filled[waiting.pop()] = self._predict(target)
        for old in [place for place in self._filled if place < position - _REMEMBERED]:
            del self._filled[old]
        return self._filled[position]

    def sources(self, target: int) -> list[int]:
        """The positions that a missing image is read from."""
        known = self.plan.known[target]
        return [place for place in self.plan.tasks[target].context if 0 <= place < len(known) and known[place]]

    def _predict(self, target: int) -> np.ndarray:
        context, sources = self.plan.tasks[target].context, self.sources(target)
        images = {place: self.read(place) if self.observed[place] else self._filled[place] for place in sources}
        return _predict(self.filler, context, images, target)

    def between(self, position: int, share: float) -> np.ndarray:
        """The image at ``position + share``, between two images, all of which count as observed."""
        everything = np.ones(len(self.observed), bool)
        context = self.filler.context(everything, position + share)
        if context is None:
            raise UserError(f"no image can be put between others: {self.filler.needs} are needed on one side")
        images = {place: self[place] for place in context if place < len(everything)}
        return _predict(self.filler, context, images, position + share)


def _predict(filler: Filler, context: Sequence[int], images: dict[int, np.ndarray], target: float) -> np.ndarray:
    """The image (H, W, C) at ``target`` from ``images`` by position; others of ``context`` are not observed."""
    observed = np.array([place in images for place in context])
    shape = next(iter(images.values())).shape
    frames = np.stack([images[place] if place in images else np.zeros(shape, np.float32) for place in context])
    offset = np.array(context, float) - target
    return filler.predict(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)), observed, offset).transpose(1, 2, 0)


class Scale:
    """Values of an image's type to [0, 1] and back: ``low`` is 0 there, ``low + span`` is 1."""

    def __init__(self, dtype: np.dtype, low: float, span: float) -> None:
        self.dtype, self.low, self.span = np.dtype(dtype), low, span

    @classmethod
    def of(cls, dtype: np.dtype, frames: Iterator[np.ndarray]) -> Scale:
        """Whole numbers by the range of their type, others by [0, 1] and what of ``frames`` lies beyond.

        UserError where one of these is not finite. ``frames`` of whole numbers are not looked at.
        """
        if np.dtype(dtype).kind in "iu":
            return cls(dtype, 0.0, float(np.iinfo(dtype).max))
        low, high = 0.0, 1.0
        for frame in frames:
            if not np.isfinite(frame).all():
                raise UserError("an observed image holds values that are not finite; mark it as missing")
            low, high = min(low, float(frame.min())), max(high, float(frame.max()))
        return cls(dtype, low, high - low)

    def to_unit(self, image: np.ndarray) -> np.ndarray:
        """Float32 in [0, 1]."""
        return ((image.astype(np.float64) - self.low) / self.span).astype(np.float32)

    def from_unit(self, image: np.ndarray) -> np.ndarray:
        """Values of the type; whole numbers are rounded, and clipped to their range."""
        if self.dtype.kind in "iu":
            return np.rint(np.clip(image, 0, 1) * self.span).astype(self.dtype)
        return (image * self.span + self.low).astype(self.dtype)


def make_filler(checkpoint: str | Path | None, method: str | None, wish: str = device.CUDA, tile: int = TILE) -> Filler:
    """A filler from exactly one of a ``checkpoint`` and the name of a baseline."""
    if (checkpoint is None) == (method is None):
        raise UserError(f"give either a checkpoint (best.ckpt of a run) or a method of {', '.join(BASELINES)}")
    return Baseline(str(method)) if checkpoint is None else Network(Path(checkpoint), wish, tile)


def fill(
    frames: np.ndarray,
    observed: np.ndarray,
    *,
    checkpoint: str | Path | None = None,
    method: str | None = None,
    device: str = device.CUDA,
    tile: int = TILE,
) -> np.ndarray:
    """A copy of ``frames`` with the images that are not ``observed`` filled; the others stay bit for bit.

    ``frames`` is (T, H, W), (T, H, W, C), (N, T, H, W) or (N, T, H, W, C), of 8 or 16 bits or floating point; a last of
    four dimensions of 1, 3 or 4 is taken for C. ``observed`` is bool (T,) or (N, T). The images come from
    ``checkpoint``, a file of a trained run, or from a baseline ``method``: "copy", "mean" or "dis-flow". ``device``
    "cuda" takes a GPU where there is one. Raises UserError, in one line, for anything else.
    """
    frames, known = np.asarray(frames), np.asarray(observed)
    if frames.dtype.name not in DTYPES or not 3 <= frames.ndim <= 5 or 0 in frames.shape:
        raise UserError(
            f"frames is {frames.dtype} {frames.shape}, expected uint8, uint16, float32 or float64, (T, H, W[, C]) or "
            "(N, T, H, W[, C])"
        )
    whole = with_all_axes(frames)
    if known.dtype != bool or known.shape not in (whole.shape[1:2], whole.shape[:2]):
        expected = f"bool {whole.shape[1:2]} or {whole.shape[:2]}"
        raise UserError(f"observed is {known.dtype} {known.shape}, expected {expected}")
    known = np.broadcast_to(known, whole.shape[:2])
    filler = make_filler(checkpoint, method, device, tile)
    scale = Scale.of(whole.dtype, (whole[number, place] for number, place in np.argwhere(known)))
    result = whole.copy()
    fillings = [
        Filling(filler, lambda place, sequence=sequence: scale.to_unit(sequence[place]), mask)  # type: ignore[misc]
        for sequence, mask in zip(whole, known, strict=True)
    ]
    for number, filling in enumerate(fillings):
        for place in np.flatnonzero(~known[number]):
            result[number, place] = scale.from_unit(filling[int(place)])
    return result.reshape(frames.shape)
