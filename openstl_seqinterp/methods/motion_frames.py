"""What `motion` blends, as the frames that a network reads: its hypotheses, and the known images beside the target.

Flow is searched by OpenCV on a CPU, several samples at a time; all else is done where the images are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from ..motion.extrapolate import extrapolate
from ..motion.flow import LEVELS, grey_levels
from ..motion.interpolate import SOFTNESS, Hypothesis, hypotheses
from ..motion.slots import Slots
from ..motion.warp import flow_grid, warp
from ..parallel import threads

HYPOTHESES = 4  # from both neighbours by either flow, from each side alone; or the one image that `motion` gives
FRAMES = HYPOTHESES + 2  # and the neighbours as they are
UNLIKELY = -9.0  # log weight, before training, of what `motion` does not blend: 1 in 8,000
NEVER = -1e4  # log weight of a frame that is not there
PLANES = 10  # of a frame, that a network reads
READ = 4  # images that `motion` reads, half of them on each side where it can


class Frames(NamedTuple):
    """K frames, each a sum of up to two of N ``sources`` (B, N, C, H, W): the slots, and what `motion` continues.

    ``source`` (B, K, 2) says which, ``share`` (B, K, 2) how much each counts, ``offset`` (B, K, 2) when it is, and
    ``displacement`` (B, K, 2, 2, h, w) where each pixel is read, in pixels of (h, w). ``prior`` (B, K, h, w) are log
    weights, ``cost`` (B, K, h, w) the errors of which they are made, in the images' unit.
    """

    sources: torch.Tensor
    source: torch.Tensor
    share: torch.Tensor
    offset: torch.Tensor
    displacement: torch.Tensor
    prior: torch.Tensor
    cost: torch.Tensor


def read_frames(slots: Slots) -> Frames:
    """The frames of a batch, on its device."""
    observed, offset = slots.observed.cpu().numpy(), slots.offset.double().cpu().numpy()
    images = slots.images.detach().permute(0, 1, 3, 4, 2).cpu().numpy()
    with threads(min(len(images), torch.get_num_threads())) as pool:
        read = list(pool.map(_sample, images, observed, offset))
    continued = [each.pop("continued") for each in read]
    sources = slots.images
    if any(image is not None for image in continued):
        blank = np.zeros_like(images[0, 0])
        extra = np.stack([blank if image is None else image for image in continued]).transpose(0, 3, 1, 2)
        sources = torch.cat([sources, torch.from_numpy(extra).to(sources)[:, None]], dim=1)
    stacked = {key: torch.from_numpy(np.stack([each[key] for each in read])).to(sources.device) for key in read[0]}
    return Frames(sources, **stacked)


def _sample(images: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> dict[str, Any]:
    """The frames of images (S, H, W, C), by the names of `Frames`, and the image that `motion` ``continued``."""
    slot = {float(offset[place]): int(place) for place in np.flatnonzero(observed)}
    nearest = sorted(slot, key=lambda place: (abs(place), place))
    before, after = ([place for place in nearest if side * place > 0] for side in (-1, 1))
    beside = [before[0], after[0]] if before and after else nearest[:1]
    found: list[Hypothesis] = []
    continued = None
    if before and after:
        half = READ // 2
        greys = {place: grey_levels(images[slot[place]]) for place in (*before[:half], *after[:half])}
        found = hypotheses(greys, before[:half], after[:half], 0.0)
        size = found[0].cost.shape
    else:
        size = grey_levels(images[0]).shape
        known = {place: images[slot[place]] for place in nearest[:READ]}
        continued = extrapolate(known, 0.0) if known else np.zeros_like(images[0])
    sample: dict[str, Any] = {
        "source": np.zeros((FRAMES, 2), np.int64),
        "share": np.zeros((FRAMES, 2), np.float32),
        "offset": np.zeros((FRAMES, 2), np.float32),
        "displacement": np.zeros((FRAMES, 2, 2, *size), np.float32),
        "prior": np.full((FRAMES, *size), NEVER, np.float32),
        "cost": np.zeros((FRAMES, *size), np.float32),
    }
    for number, each in enumerate(found):
        for part, (place, displacement, share) in enumerate(each.parts):
            sample["source"][number, part] = slot[place]
            sample["share"][number, part], sample["offset"][number, part] = share, place
            sample["displacement"][number, part] = displacement.transpose(2, 0, 1)
        sample["cost"][number] = each.cost / LEVELS
    if found:
        logits = -np.stack([each.cost for each in found]) / SOFTNESS
        highest = logits.max(axis=0)
        sample["prior"][: len(found)] = logits - highest - np.log(np.exp(logits - highest).sum(axis=0))
    else:
        sample["source"][0, 0], sample["share"][0, 0], sample["prior"][0] = len(images), 1, 0
    for number, place in enumerate(beside, HYPOTHESES):
        sample["source"][number, 0], sample["share"][number, 0] = slot[place], 1
        sample["offset"][number, 0], sample["prior"][number] = place, UNLIKELY
    return {**sample, "continued": continued}


def resized(displacement: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Displacements (N, 2, h, w) of images of another size, in its pixels: as `motion.flow.resized`."""
    height, width = displacement.shape[-2:]
    if (height, width) == size:
        return displacement
    factor = displacement.new_tensor([size[1] / width, size[0] / height]).view(2, 1, 1)
    if size[0] < height:
        return adaptive_avg_pool2d(displacement, size) * factor
    return interpolate(displacement, size, mode="bilinear") * factor


def read_planes(
    frames: Frames, lumas: torch.Tensor, noise: torch.Tensor, moved: tuple[torch.Tensor, ...] | None
) -> torch.Tensor:
    """What a network reads of the frames: (B, K, `PLANES`, h, w), of the size of ``lumas`` (B, N, h, w) of the sources.

    ``noise`` (B,) is that of the images, on a scale for networks. ``moved`` are more frames, which are not among the
    hypotheses: their luma and spread (B, k, h, w) and flow (B, k, 2, h, w).
    """
    count, kinds = frames.source.shape[:2]
    size: tuple[int, int] = (lumas.shape[-2], lumas.shape[-1])
    way = resized(frames.displacement.flatten(0, 2), size)
    row = torch.arange(count, device=lumas.device).view(-1, 1, 1)
    seen = warp(lumas[row, frames.source].flatten(0, 2)[:, None], flow_grid(way))[:, 0].unflatten(0, (count, kinds, 2))
    share, offset = frames.share[..., None, None], frames.offset[..., None, None]
    luma = (share * seen).sum(dim=2)
    blend = (_shrunk(frames.prior.exp(), size) * luma).sum(dim=1, keepdim=True)
    centre = blend.mean(dim=(2, 3), keepdim=True)
    both = (share > 0).all(dim=2)
    differ = torch.where(both, seen[:, :, 0] - seen[:, :, 1], 0)
    step = torch.where(offset == 0, 0, -share / torch.where(offset == 0, 1, offset))[:, :, :, None]
    flow = (step * way.unflatten(0, (count, kinds, 2))).sum(dim=2)
    nearest = torch.where(share > 0, offset.abs(), torch.inf).amin(dim=2).nan_to_num(posinf=0.0)
    length = offset.abs().sum(dim=2)
    cost = _shrunk(frames.cost, size)
    prior = _shrunk(frames.prior.clamp(min=2 * UNLIKELY), size)
    if moved is not None:
        mean, spread, flows = moved
        zero = torch.zeros_like(mean[:, :, :1, :1])
        luma, differ = torch.cat([luma, mean], dim=1), torch.cat([differ, spread], dim=1)
        cost, prior = torch.cat([cost, spread], dim=1), torch.cat([prior, torch.full_like(mean, UNLIKELY)], dim=1)
        flow, nearest, length = (torch.cat(pair, dim=1) for pair in ((flow, flows), (nearest, zero), (length, zero)))
    ones = torch.ones_like(luma)
    planes = [
        *(3 * (blend - centre) * ones, 2 * _root(luma - blend), 2 * _root(differ), 2 * _root(cost)),
        prior / -UNLIKELY,
        *(flow[:, :, 0] / 4, flow[:, :, 1] / 4, ones * nearest / 4, ones * length / 8),
        ones * noise.view(-1, 1, 1, 1) / 4,
    ]
    return torch.stack(planes, dim=2)


def _root(values: torch.Tensor) -> torch.Tensor:
    """Their roots, with the sign: an error of a grey level matters where all are small."""
    return values.sign() * values.abs().sqrt()


def _shrunk(values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Values (B, K, h, w) at another size."""
    if values.shape[-2] < size[0]:
        return interpolate(values, size, mode="bilinear")
    return adaptive_avg_pool2d(values, size)
