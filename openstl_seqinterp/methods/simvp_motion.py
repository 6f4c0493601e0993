"""SimVP_Motion: gSTA reads what `motion` makes of the images around a missing one, and says what to trust and correct.

SimVP draws the missing image from scratch; here known pixels are moved, so their sharpness is kept. The network begins
at the result of `motion`, which needs no training, and works at a quarter of the images' size or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate, mse_loss

from .. import host
from ..motion.flow import reduction
from ..motion.slots import Slots, read_slots
from ..motion.warp import rigid_flow
from ..protocols import INFILL, Abilities
from .frame_blend import as_motion_has_it, blend
from .local_motion import follow, motions, move
from .motion_frames import FRAMES, PLANES, READ, UNLIKELY, Frames, read_frames, read_planes, resized
from .photometry import BlendLogits, Tone, blend_weights, clipped_noise, decibel, noise_level
from .upstream import NetworkSettings

_SMALL = 64  # pixels a side: images from here on are read at a fraction of their size
_FRACTION = 4  # or half the size at which flow is searched
_SAID = 6  # planes of a frame that are used, of those that the network gives
_NEAR = 0.5  # subtracted from the logit of a moved image per step of distance, before training
_FAST, _OPENED = 10.0, 40.0  # times the learning rate, for the numbers that weigh whole frames, and those of all images
_UNSURE = -7.0  # log variance before training, and how far from it the network may go
_NEGLIGIBLE = 1e-3  # weight of an image that need not be read, outside training
_EXACT = 1e-5  # a loss that the rounding to 8 bits leaves; less does not count
_OUTLIER = 0.1  # of the images' unit: larger errors count linearly
_LIKELIHOOD = 0.1  # weight of the likelihood in the loss
_SEEN = 128  # pixels a side of the middle of an image in which its noise is measured


class Prediction(NamedTuple):
    """The image at offset 0 (B, 1, C, H, W), the log variance of its error (B, 1, 1, H, W), and what both come from."""

    image: torch.Tensor
    log_variance: torch.Tensor
    frames: Frames


class SimVP_Motion_Model(nn.Module):
    """Maps a batch of ``seqinterp_infill`` (B, S, C + 2, H, W), of any shape, to the image at offset 0 (B, 1, C, H, W).

    The host's SimVP_Model, unmodified, reads the frames of `motion_frames` at a quarter of their size (small images at
    full size, large ones at an eighth at least), and with ``denoise`` two more: all observed images, moved by the
    motion of the whole image, and locally. For each it says by how much its logit, its displacement and its
    displacement per step in time change; the frames' mean of another plane is the log variance. All are zero before
    training, and the prediction is that of `motion` but for the weights of frames that it does not blend, `UNLIKELY`
    each. ``reach``, in pixels, bounds what is added to a displacement, and again per step in time; with 0 the network
    weighs the frames and no more.
    """

    def __init__(
        self, in_shape: Sequence[int], denoise: bool = True, reach: float = 4.0, N_S: int = 4, **args: Any
    ) -> None:
        super().__init__()
        self.denoise, self.reach, self.multiple = denoise, reach, 2 ** (N_S // 2)
        self.most_slots = in_shape[0] if denoise else min(in_shape[0], READ + 1)
        frames = FRAMES + 2 * denoise
        size = self.reduced(tuple(in_shape[2:]))
        self.network = host.SimVP_Model(in_shape=[frames, PLANES, *size], N_S=N_S, **args)
        self.bias = nn.Parameter(torch.zeros(frames))
        if denoise:
            self.weigh, self.tone = BlendLogits(), Tone()
        nn.init.zeros_(self.network.dec.readout.weight)
        nn.init.zeros_(self.network.dec.readout.bias)

    def reduced(self, size: tuple[int, ...]) -> tuple[int, int]:
        """The size (h, w) at which images of (H, W) are read: the network halves it a few times."""
        side = int(min(size))
        fraction = self.multiple * (max(_FRACTION, 2 * reduction(side)) if side >= _SMALL else 1)
        height, width = (self.multiple * max(1, round(int(side) / fraction)) for side in size)
        return height, width

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        return self.predict(x).image

    def bias_of_frames(self) -> torch.Tensor:
        """What is added to the logits (K,) of whole frames."""
        return torch.cat([_FAST * self.bias[:FRAMES], _OPENED * self.bias[FRAMES:]])

    def predict(self, x: torch.Tensor) -> Prediction:
        """The image at offset 0, and how sure it is."""
        slots = read_slots(x)
        full: tuple[int, int] = (x.shape[-2], x.shape[-1])
        size = self.reduced(full)
        with torch.no_grad():
            frames = read_frames(slots)
            needed = range(frames.sources.shape[1]) if self.denoise else frames.source.unique().tolist()
            lumas = frames.sources.new_zeros(*frames.sources.shape[:2], *size)
            for each in needed:
                lumas[:, each] = adaptive_avg_pool2d(frames.sources[:, each].mean(dim=1), size)
            small = slots._replace(images=lumas[:, : slots.images.shape[1], None])
            middle = _middle(slots.images)
            noise = noise_level(middle.flatten(0, 1)).view_as(slots.offset)
            known = slots.observed.float()
            level = (decibel(noise) * known).sum(dim=1) / known.sum(dim=1).clamp(min=1)
        prior, moved = frames.prior, None
        ways: tuple[torch.Tensor, ...] = ()
        if self.denoise:
            share = blend_weights(self.weigh(slots, noise) - _NEAR * slots.offset.abs(), slots.observed)
            prior = torch.cat([prior, torch.full_like(prior[:, :2], UNLIKELY)], dim=1)
            with torch.no_grad():
                ways = motions(small)
                moved = _summary(small, ways, share)
        said = self.network(read_planes(frames, lumas, level, moved))[:, :, :_SAID].float()
        residual = 2 * said[:, :, 0] + self.bias_of_frames().view(-1, 1, 1)
        grid: tuple[int, int] = (prior.shape[-2], prior.shape[-1])
        weights = torch.softmax(prior + interpolate(residual, grid, mode="bilinear"), dim=1)
        if not torch.is_grad_enabled():
            weights = weights * (weights.amax(dim=(2, 3), keepdim=True) > _NEGLIGIBLE)
            weights = weights / weights.sum(dim=1, keepdim=True)
        weights = interpolate(weights, full, mode="bilinear")
        added = said[:, :, 1:5]
        added = self.reach * torch.tanh(added / self.reach) if self.reach else torch.zeros_like(added)
        image = blend(frames, weights[:, :FRAMES], added[:, :FRAMES] if self.reach else None)
        for frame, motion in enumerate(ways, FRAMES):
            if weights[:, frame].any():
                image = image + weights[:, frame, None] * self._moved(slots, motion, share, added[:, frame])
        if self.denoise:
            image = self.tone(image, (share * noise).sum(dim=1), clipped_noise(middle, slots.observed, noise))
        unsure = -_UNSURE * (torch.tanh(said[:, :, 5].mean(dim=1, keepdim=True) / -_UNSURE) - 1)
        return Prediction(image[:, None], interpolate(unsure, full, mode="bilinear")[:, None], frames)

    def _moved(self, slots: Slots, motion: torch.Tensor, share: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        """The blend (B, C, H, W) of all observed images, moved by a motion per step and what is added to it."""
        full: tuple[int, int] = (slots.images.shape[-2], slots.images.shape[-1])
        flow, gain = follow(slots.offset, motion)
        flow = resized(flow.flatten(0, 1), full).unflatten(0, slots.offset.shape)
        gain = interpolate(gain.flatten(0, 1), full, mode="bilinear").unflatten(0, slots.offset.shape)
        shift, velocity = interpolate(added, full, mode="bilinear").split(2, dim=1)
        flow = flow + shift[:, None] + slots.offset[..., None, None, None] * velocity[:, None]
        return (share[..., None, None, None] * move(slots.images, flow, gain)).sum(dim=1)


def _summary(small: Slots, ways: tuple[torch.Tensor, ...], share: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Of the observed images as each of the motions moves them: their mean, their spread, and the flow of one step."""
    counts, found = share[..., None, None], []
    for motion in ways:
        moved = move(small.images, *follow(small.offset, motion))[:, :, 0]
        mean = (counts * moved).sum(dim=1)
        spread = (counts * (moved - mean[:, None]).square()).sum(dim=1).sqrt()
        found.append((mean, spread, rigid_flow(motion[:, :3], torch.ones_like(share[:, 0]))))
    return tuple(torch.stack(each, dim=1) for each in zip(*found, strict=True))


def _middle(images: torch.Tensor) -> torch.Tensor:
    """The middle of images (..., H, W), at most `_SEEN` pixels a side."""
    top, left = (max(0, (side - _SEEN) // 2) for side in images.shape[-2:])
    return images[..., top : top + _SEEN, left : left + _SEEN]


class SimVP_MotionSettings(NetworkSettings):
    """What a config may set."""

    hid_S: int = Field(16, ge=2, multiple_of=2)
    N_S: int = Field(4, ge=2, le=16)
    denoise: bool = True
    reach: float = Field(4.0, ge=0, le=64)
    act_inplace: bool = True


class SimVP_Motion(host.SimVP):
    """The host's SimVP, its training and its settings, with `SimVP_Motion_Model` as the network.

    The loss is the logarithm of each case's mean Charbonnier error (Charbonnier et al., 1994), so that all cases count
    alike, and the Gaussian likelihood of the error, from which the log variance alone learns.
    """

    abilities = Abilities(
        INFILL,
        SimVP_MotionSettings,
        any_size=True,
        any_slots=True,
        longest=INFILL.given,
        any_channels=True,
        whole=True,
        compiles=True,
    )

    def _build_model(self, **args: Any) -> nn.Module:
        return SimVP_Motion_Model(**args)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        x, y = batch
        image, log_variance, _ = self.model.predict(x)
        square = (image - y).square()
        charbonnier = (square + _OUTLIER**2).sqrt() - _OUTLIER
        likelihood = (square.detach().mean(dim=2, keepdim=True) * torch.exp(-log_variance) + log_variance) / 2
        loss = torch.log(charbonnier.flatten(1).mean(dim=1) + _EXACT).mean() + _LIKELIHOOD * likelihood.mean()
        self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        x, y = batch
        predicted = self.model.predict(x)
        loss = mse_loss(predicted.image, y)
        self.log("val_loss", loss, on_step=False, on_epoch=True)
        self.log("val_motion", mse_loss(as_motion_has_it(predicted.frames), y), on_step=False, on_epoch=True)
        return loss
