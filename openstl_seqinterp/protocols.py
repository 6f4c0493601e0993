"""How a method reads a sequence in training, testing and filling, as one frozen object.

A data set is sequences seen through a protocol. A method names its protocol (`Abilities`); a new one is a subclass of
`Protocol` and a row of `PROTOCOLS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel

from .errors import UserError
from .tasks import Task, infill_windows, nearest, one_sided, shown, windows

FRAME = (1, 36, 36)  # (C, H, W) of the simulated sequences
LONGEST = 16  # frames read by a method that takes any number: motion is constant over no more of them
_METRICS = ["mse", "mae", "ssim", "psnr"]  # that OpenSTL itself logs during a test


@dataclass(frozen=True)
class Protocol(ABC):
    """``name`` is that of the simulated sequences read in this way: the value of ``-d``, kept in checkpoints.

    A network reads ``given`` frames and produces ``predicted`` frames. ``planes`` follow the channels of each given
    frame. ``drop`` is the share of given frames that training hides besides the target. ``masked`` says whether the
    network is told which of its frames are observed; if not, all of them must be.
    """

    name: str
    given: int
    predicted: int
    drop: float = 0.0
    planes: ClassVar[int] = 0
    masked: ClassVar[bool] = False

    @property
    def span(self) -> int:
        """How many frames in a row a training task is about."""
        return self.given + self.predicted

    @property
    @abstractmethod
    def needs(self) -> str:
        """In words, what must be observed to predict a missing frame."""

    @abstractmethod
    def within(self, longest: int) -> Self:
        """This protocol, with fewer frames if at most ``longest`` frames in a row are observed.

        Raises UserError if these are too few to train on.
        """

    @abstractmethod
    def training_tasks(self, observed: np.ndarray) -> list[Task]:
        """The tasks to train on, using observed frames only. UserError if ``observed`` (T,) allows none."""

    @abstractmethod
    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        """The positions from which the missing frame at ``target`` is predicted, in reading order.

        ``target`` may lie between two positions. None if too few frames are ``observed`` (T,).
        """

    @abstractmethod
    def inputs(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """What the network reads, float32 (..., K, C + planes, H, W); contiguous, as the stock SimVP requires.

        ``frames`` is float32 (..., K, C, H, W) in [0, 1], ``observed`` bool (..., K); ``offset`` (..., K) is the time
        from the target to each frame, in frames.
        """

    def task(self, observed: np.ndarray, target: int) -> Task:
        """The task of the missing frame ``target``. UserError if too few frames are ``observed`` (T,)."""
        context = self.context(observed, target)
        if context is None:
            raise UserError(f"image {target + 1} cannot be predicted: {self.needs} are needed")
        return Task(context, (target,))

    def parameters(self, data_name: str, frame: Sequence[int] = FRAME) -> dict[str, Any]:
        """OpenSTL's dataset parameters: constants for frames (C, H, W) that it merges into a run's arguments.

        Plain values, as they become hyper-parameters in checkpoints.
        """
        channels, *size = frame
        return {
            "protocol": self.name,
            "in_shape": [self.given, channels + self.planes, *size],
            "pre_seq_length": self.given,
            "aft_seq_length": self.predicted,
            "total_length": self.given + self.predicted,
            "data_name": data_name,
            "metrics": list(_METRICS),
        }


class OneSided(Protocol):
    """As in the paper: consecutive frames on one side, read towards the target; the first prediction counts."""

    @property
    def needs(self) -> str:
        return f"{self.given} observed images in a row"

    def within(self, longest: int) -> Self:
        count = min(self.given, longest // 2)
        if not count:
            raise UserError(f"{longest} images in a row are observed, expected at least 2")
        return replace(self, given=count, predicted=count)

    def training_tasks(self, observed: np.ndarray) -> list[Task]:
        return windows(observed, self.given, self.predicted)

    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        if target != int(target):
            return None
        return one_sided(observed, int(target), self.given)

    def inputs(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(frames)


class Infill(Protocol):
    """Slots around the target, which is one of them: observed frames on both sides, zeros elsewhere.

    Each frame is followed by a plane that is 1 if it is observed and one with its offset: negative before the target,
    whichever way the slots are read, since time has a direction where each frame follows from the previous one.
    """

    planes = 2
    masked = True

    @property
    def span(self) -> int:
        return self.given  # the target is one of them

    @property
    def needs(self) -> str:
        return "2 observed images near it"

    def within(self, longest: int) -> Self:
        if longest < 3:
            raise UserError(f"{longest} images in a row are observed, expected at least 3")
        return replace(self, given=min(self.given, longest))

    def training_tasks(self, observed: np.ndarray) -> list[Task]:
        return infill_windows(observed, self.given)

    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        slots = self.slots(observed, target)
        return slots if len(shown(observed, slots)) >= 2 else None

    def slots(self, observed: np.ndarray, target: float) -> tuple[int, ...]:
        """The positions of the slots for a ``target``, whether or not enough of them are ``observed`` (T,)."""
        return nearest(observed, target, self.given, LONGEST)

    def inputs(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        channels = frames.shape[-3]
        slots = np.empty((*frames.shape[:-3], channels + self.planes, *frames.shape[-2:]), np.float32)
        slots[..., :channels, :, :] = frames
        hidden = ~np.broadcast_to(observed, frames.shape[:-3])
        slots[..., :channels, :, :][hidden] = 0  # blanks get noise too
        slots[..., channels, :, :], slots[..., channels + 1, :, :] = observed[..., None, None], offset[..., None, None]
        return slots

    def split(self, x: Any) -> tuple[Any, Any, Any]:
        """Split an output of `inputs` (B, S, C + 2, H, W) into frames (B, S, C, H, W), mask and offset.

        The last two are (B, S), the mask boolean.
        """
        return x[:, :, : -self.planes], x[:, :, -2, 0, 0] > 0.5, x[:, :, -1, 0, 0]


ONE_SIDED = OneSided("seqinterp", given=4, predicted=4)
# Most windows keep all frames besides the target; many lose one or two.
INFILL = Infill("seqinterp_infill", given=8, predicted=1, drop=0.1)
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (ONE_SIDED, INFILL)}


@dataclass(frozen=True)
class Abilities:
    """What a method declares about itself, as its class attribute ``abilities``.

    ``settings`` gives the types and ranges of what its config may set. ``any_size`` and ``any_slots`` say that it works
    on other image sizes and numbers of frames than it was trained on; ``any_channels``, on other numbers of channels;
    ``whole``, that it reads images of any size at once, not in tiles; ``compiles``, that it contains the host's
    SimVP_Model, which `torch.compile` can take and whose ``model_type`` the host knows. Another network with a
    ``model_type`` lists its own ``model_types``. With ``any_slots`` it reads up to ``longest`` frames. A model that
    makes use of fewer frames than it is given has their number as ``most_slots``: no more are then read to fill an
    image.
    """

    protocol: Protocol = ONE_SIDED
    settings: type[BaseModel] | None = None
    any_size: bool = False
    any_slots: bool = False
    longest: int = LONGEST
    any_channels: bool = False
    whole: bool = False
    compiles: bool = False
    model_types: tuple[str, ...] = ()

    def reading(self, protocol: Protocol, length: int) -> Protocol:
        """``protocol`` for a sequence of ``length`` frames: all of it that the method can read."""
        return replace(protocol, given=min(length, self.longest)) if self.any_slots else protocol
