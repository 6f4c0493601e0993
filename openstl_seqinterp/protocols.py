"""How a method reads a sequence, as one frozen object: in training, in testing and in filling.

A data set is sequences seen through a protocol. A method names its own (`Abilities`), and a new one is a subclass of
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
from .tasks import Task, around, infill_windows, one_sided, windows

FRAME = (1, 36, 36)  # (C, H, W) of the simulated sequences
LONGEST = 16  # frames that a method reads which can read any number: motion is constant over them at most
_METRICS = ["mse", "mae", "ssim", "psnr"]  # that OpenSTL logs by itself while it tests


@dataclass(frozen=True)
class Protocol(ABC):
    """``name`` is that of the simulated sequences seen in this way: what ``-d`` says and checkpoints hold.

    A network is ``given`` so many frames and produces ``predicted`` of them. ``planes`` stand behind the channels of
    each given frame. ``drop`` is the share of given frames that training hides on top of the target. ``masked`` says
    whether the network is told which of its frames are observed; if not, all of them must be.
    """

    name: str
    given: int
    predicted: int
    drop: float = 0.0
    planes: ClassVar[int] = 0
    masked: ClassVar[bool] = False

    @property
    @abstractmethod
    def needs(self) -> str:
        """In words, what must be observed for a missing frame to be predicted."""

    @abstractmethod
    def within(self, longest: int) -> Self:
        """This protocol, with fewer frames where at most ``longest`` frames in a row are observed.

        Raises UserError where these are too few to train on.
        """

    @abstractmethod
    def training_tasks(self, observed: np.ndarray) -> list[Task]:
        """The tasks to train on, of observed frames alone. UserError where ``observed`` (T,) allows none."""

    @abstractmethod
    def context(self, observed: np.ndarray, target: float) -> tuple[int, ...] | None:
        """The positions from which the missing frame at ``target`` is predicted, in the order in which they are read.

        ``target`` may lie between two positions. None where too few frames are ``observed`` (T,).
        """

    @abstractmethod
    def inputs(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """What the network reads, float32 (..., K, C + planes, H, W), contiguous: the stock SimVP asks for that.

        ``frames`` is float32 (..., K, C, H, W) in [0, 1], ``observed`` bool (..., K); ``offset`` (..., K) is the time
        of each frame from the target, in frames.
        """

    def task(self, observed: np.ndarray, target: int) -> Task:
        """The task of the missing frame ``target``. UserError where too few frames are ``observed`` (T,)."""
        context = self.context(observed, target)
        if context is None:
            raise UserError(f"image {target + 1} cannot be predicted: {self.needs} are needed beside it")
        return Task(context, (target,))

    def parameters(self, data_name: str, frame: Sequence[int] = FRAME) -> dict[str, Any]:
        """What OpenSTL calls dataset parameters: constants for frames (C, H, W) that it merges into a run's arguments.

        Plain values: they become hyper-parameters, which checkpoints hold.
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
    """The paper's: consecutive frames on one side of the target, read towards it; the first prediction counts."""

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

    Behind each frame come a plane that is 1 where it is observed and one with its offset: negative before the target,
    whichever way the slots are read, for time has a direction where each frame comes about from the one before.
    """

    planes = 2
    masked = True

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
        slots = around(observed, target, self.given)
        return slots if np.count_nonzero(observed[slots[0] : slots[-1] + 1]) >= 2 else None

    def inputs(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        channels = frames.shape[-3]
        slots = np.empty((*frames.shape[:-3], channels + self.planes, *frames.shape[-2:]), np.float32)
        slots[..., :channels, :, :] = np.where(observed[..., None, None, None], frames, 0)  # noise reaches blanks too
        slots[..., channels, :, :], slots[..., channels + 1, :, :] = observed[..., None, None], offset[..., None, None]
        return slots

    def split(self, x: Any) -> tuple[Any, Any, Any]:
        """What `inputs` made, an array or a tensor (B, S, C + 2, H, W): frames (B, S, C, H, W), and mask and offset.

        These two are (B, S), the mask boolean.
        """
        return x[:, :, : -self.planes], x[:, :, -2, 0, 0] > 0.5, x[:, :, -1, 0, 0]


ONE_SIDED = OneSided("seqinterp", given=4, predicted=4)
# Most windows keep all frames beside the target, many lose one or two.
INFILL = Infill("seqinterp_infill", given=8, predicted=1, drop=0.1)
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (ONE_SIDED, INFILL)}


@dataclass(frozen=True)
class Abilities:
    """What a method declares of itself, as its class attribute ``abilities``.

    ``settings`` are the types and ranges of what its config may hold, ``any_size`` and ``any_slots`` say that it works
    on images of other sizes and on other numbers of frames than it was trained on, ``compiles`` that it holds the
    host's SimVP_Model, which `torch.compile` can take.
    """

    protocol: Protocol = ONE_SIDED
    settings: type[BaseModel] | None = None
    any_size: bool = False
    any_slots: bool = False
    compiles: bool = False

    def reading(self, protocol: Protocol, length: int) -> Protocol:
        """``protocol`` for a sequence of ``length`` frames: all that the method can read of it."""
        return replace(protocol, given=min(length, LONGEST)) if self.any_slots else protocol
