"""Cases (sequence x task x degradation) over a SequenceSet, read lazily: no window is ever stored as a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.utils.data import Dataset, Sampler

from ..protocols import Protocol
from ..tasks import Task
from .augment import Augmentation
from .degrade import DEGRADATIONS, DROP
from .sequences import SequenceSet

Numbers = int | Sequence[int] | np.ndarray  # of a case, or of several (B,)


class TaskDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Item ``i`` is ``(x, y)``: what the protocol makes of a task's context, degraded, and its targets.

    ``x`` is (T, C + planes, H, W), ``y`` (T', C, H, W), both float32, images in [0, 1]. Cases are numbered sequence by
    sequence, within it task by task, within that degradation by degradation. All tasks read equally many frames and
    have equally many targets. Number ``epoch * len(self) + i`` is case ``i`` with the random draws of that epoch, so
    fresh noise needs no state that workers would have to share; a loop over the dataset gives each case once.

    Targets come from ``withheld`` where it is given, else from the observed frames. No predictor ever sees them.
    ``exposed`` are the positions of each task that a degradation may blank: by default those that it reads.
    ``drop`` is the share of further frames that are hidden where the protocol is masked (two stay), drawn by case.
    ``augment`` says to mirror images and to hide runs of frames instead, and ``crop`` to cut images too: `augment`.
    ``mean``, ``std`` and ``data_name`` are what OpenSTL's data module asks of a dataset.
    """

    mean, std = 0, 1

    def __init__(
        self,
        name: str,
        protocol: Protocol,
        sequences: SequenceSet,
        tasks: Sequence[Task],
        degradations: Sequence[str] = ("clean",),
        *,
        rows: Sequence[int] | None = None,
        withheld: SequenceSet | None = None,
        exposed: Sequence[Sequence[int]] | None = None,
        drop: float = 0.0,
        augment: bool = False,
        crop: bool = False,
        seed: int = 0,
    ) -> None:
        self.data_name, self.protocol = name, protocol
        self.sequences, self.withheld = sequences, withheld
        self.rows = np.arange(len(sequences.index)) if rows is None else np.asarray(rows)
        self.tasks, self.degradations = list(tasks), list(degradations)
        read = [tuple(position for position in task.context if position not in task.targets) for task in self.tasks]
        self.exposed = read if exposed is None else [tuple(positions) for positions in exposed]
        self.drop, self.augment, self.crop, self.seed = drop, augment, crop, seed
        self._context, self._targets = (
            np.array([getattr(task, key) for task in self.tasks]) for key in ("context", "targets")
        )
        needed = [(sequences, self._context)] if not protocol.masked else []
        for source, positions in [*needed, (withheld or sequences, self._targets)]:
            hidden = [int(each) for each in np.unique(positions) if not source.observed[self.rows, each].all()]
            if hidden:
                raise ValueError(f"tasks of {name} use positions {hidden}, which are not observed in every sequence")

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        return (self[number] for number in range(len(self)))

    def __len__(self) -> int:
        return len(self.rows) * len(self.tasks) * len(self.degradations)

    def _indices(self, numbers: Numbers) -> tuple[Any, ...]:
        """The sequence, the task and the degradation of a case or of several, as indices."""
        shape = (len(self.rows), len(self.tasks), len(self.degradations))
        row, task, degradation = np.unravel_index(np.mod(numbers, len(self)), shape)
        return np.asarray(self.rows[row]), task, degradation

    def case(self, number: int) -> tuple[int, Task, str]:
        """The sequence, the task and the degradation of a case."""
        sequence, task, degradation = self._indices(number)
        return int(sequence), self.tasks[task], self.degradations[degradation]

    def for_each_case(self, values: np.ndarray) -> np.ndarray:
        """Repeat a value of each row (R,) for all its cases, in the order of their numbers."""
        return np.repeat(values, len(self.tasks) * len(self.degradations))

    def read(self, numbers: Numbers, index: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frames float32 (K, C, H, W) in [0, 1] of a case as a predictor may see them, and observed bool (K,).

        ``index`` (K,) are the positions. For several ``numbers`` (B,) both have a first dimension more; ``index`` may.
        """
        numbers = np.asarray(numbers)
        index = np.broadcast_to(index, (*numbers.shape, np.shape(index)[-1]))
        sequence, task, kind = (np.expand_dims(each, -1) for each in self._indices(numbers))
        frames = np.nan_to_num(self.sequences.read(sequence, index), copy=False)  # blank where a pixel has no value
        observed = self.sequences.observed[sequence, index]
        for case in np.ndindex(numbers.shape):
            degraded = DEGRADATIONS[self.degradations[kind[case][0]]]({
                "frames": frames[case],
                "observed": observed[case],
                "index": tuple(index[case].tolist()),
                "exposed": self.exposed[task[case][0]],
                "key": (self.seed, int(numbers[case])),
            })  # fmt: skip
            frames[case], observed[case] = degraded["frames"], degraded["observed"]
        targets = (index[..., None] == self._targets[task]).any(axis=-1)
        frames[targets], observed[targets] = 0, False
        return frames, observed

    def targets(self, numbers: Numbers) -> np.ndarray:
        """The true images float32 (T', C, H, W) in [0, 1] of a case, or of several (B, T', C, H, W); never degraded.

        Pixels without a value are NaN; items have 0 there, as their inputs have.
        """
        sequence, task, _ = self._indices(numbers)
        return (self.withheld or self.sequences).read(sequence[..., None], self._targets[task])

    def inputs(self, numbers: np.ndarray) -> np.ndarray:
        """What a network reads of cases (B,): (B, T, C + planes, H, W)."""
        task = self._indices(numbers)[1]
        context = self._context[task]
        frames, observed = self.read(numbers, context)
        offset = context - self._targets[task, :1]
        if self.protocol.masked and (self.drop or self.augment):
            kept = observed & np.stack([self._kept(*case) for case in zip(numbers.tolist(), offset, strict=True)])
            observed = np.where(kept.sum(axis=1, keepdims=True) >= 2, kept, observed)
        return self.protocol.inputs(frames, observed, offset)

    def _kept(self, number: int, offset: np.ndarray) -> np.ndarray:
        """Bool (K,): which frames a case shows, of those at ``offset`` (K,)."""
        if self.augment:
            return self._augmentation(number).kept(offset)
        return np.random.default_rng([self.seed, number, DROP]).random(len(offset)) >= self.drop

    def _augmentation(self, number: int) -> Augmentation:
        return Augmentation((self.seed, number), self.crop)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.__getitems__([number])[0]

    def __getitems__(self, numbers: Sequence[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Several items, read at once: torch's loaders ask for a batch in this way."""
        cases = np.asarray(numbers)
        x, y = self.inputs(cases), np.nan_to_num(self.targets(cases), copy=False)
        if not self.augment:
            return list(zip(torch.from_numpy(x), torch.from_numpy(y), strict=True))
        draws = map(self._augmentation, cases.tolist())
        pairs = ((draw.images(one), draw.images(other)) for draw, one, other in zip(draws, x, y, strict=True))
        return [(torch.from_numpy(one), torch.from_numpy(other)) for one, other in pairs]


def _process() -> tuple[int, int]:
    """This process's rank and the number of processes: (0, 1) unless training is distributed."""
    return (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)


class EpochSampler(Sampler[int]):
    """A random order that depends on the seed and the epoch alone, so a resumed run sees what it would have seen.

    An epoch has ``size`` numbers (default: each once), drawn in proportion to ``weights`` (N,) where they are given.
    Several processes take turns and get equally many numbers; the few left over wait for another epoch.
    """

    def __init__(self, length: int, seed: int, size: int | None = None, weights: np.ndarray | None = None) -> None:
        self.length, self.seed, self.epoch = length, seed, 0
        self.size = length if size is None else min(size, length)
        self.shares = None if weights is None else weights / weights.sum()

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.size // _process()[1]

    def __iter__(self) -> Iterator[int]:
        rank, processes = _process()
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.shares is None:
            order = rng.permutation(self.length)
        else:
            order = rng.choice(self.length, self.size, p=self.shares)
        numbers = self.epoch * self.length + order[: len(self) * processes]
        return iter(numbers[rank::processes].tolist())


class ShareSampler(Sampler[int]):
    """Every number once in all: process r of n gets r, r + n, ... Nothing is repeated to even out the shares."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return len(range(self.length)[slice(_process()[0], None, _process()[1])])

    def __iter__(self) -> Iterator[int]:
        rank, processes = _process()
        return iter(range(rank, self.length, processes))

    def gather(self, share: torch.Tensor) -> torch.Tensor:
        """Put the results of all processes' shares together, in the order of the numbers."""
        processes = _process()[1]
        if processes == 1:
            return share
        shares: list[Any] = [None] * processes
        distributed.all_gather_object(shares, share.cpu())
        whole = share.new_empty(self.length, *share.shape[1:], device="cpu")
        for rank, part in enumerate(shares):
            whole[rank::processes] = part
        return whole
