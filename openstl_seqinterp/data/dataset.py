"""Cases (sequence x task x degradation) over a SequenceSet, read lazily: no window is ever stored as a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.utils.data import Dataset, Sampler

from .degrade import DEGRADATIONS
from .sequences import SequenceSet, Withheld
from .tasks import Task


class TaskDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Item ``i`` is ``(x, y)``: the task's context (T, C, H, W), degraded, and its targets (T', C, H, W), in [0, 1].

    Cases are numbered sequence by sequence, within it task by task, within that degradation by degradation.
    Number ``epoch * len(self) + i`` is case ``i`` with the random draws of that epoch, so fresh noise needs no
    state that workers would have to share.

    Targets come from ``withheld`` where it is given, else from the observed frames.
    ``mean``, ``std`` and ``data_name`` are what OpenSTL's data module asks of a dataset.
    """

    mean, std = 0, 1

    def __init__(
        self,
        name: str,
        sequences: SequenceSet,
        tasks: Sequence[Task],
        degradations: Sequence[str] = ("clean",),
        *,
        rows: Sequence[int] | None = None,
        withheld: Withheld | None = None,
        seed: int = 0,
    ) -> None:
        self.data_name = name
        self.sequences, self.withheld = sequences, withheld
        self.rows = np.arange(len(sequences.frames)) if rows is None else np.asarray(rows)
        self.tasks, self.degradations = list(tasks), list(degradations)
        self.seed = seed
        read = {position for task in self.tasks for position in task.context}
        produced = {position for task in self.tasks for position in task.targets if withheld is None}
        hidden = [position for position in sorted(read | produced) if not sequences.observed[self.rows, position].all()]
        if hidden:
            raise ValueError(f"tasks of {name} use positions {hidden}, which are not observed in every sequence")

    def __len__(self) -> int:
        return len(self.rows) * len(self.tasks) * len(self.degradations)

    def case(self, number: int) -> tuple[int, Task, str]:
        """The sequence, the task and the degradation of a case."""
        shape = (len(self.rows), len(self.tasks), len(self.degradations))
        row, task, degradation = np.unravel_index(number % len(self), shape)
        return int(self.rows[row]), self.tasks[task], self.degradations[degradation]

    def read(self, number: int, index: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Frames float32 (K, C, H, W) in [0, 1] of a case as a predictor may see them, and observed bool (K,)."""
        sequence, task, degradation = self.case(number)
        positions = list(index)
        results = DEGRADATIONS[degradation](
            {
                "frames": self.sequences.frames[sequence, positions] / np.float32(255),
                "observed": self.sequences.observed[sequence, positions].copy(),
                "index": tuple(positions),
                "context": task.context,
                "key": (self.seed, number),
            }
        )
        return results["frames"], results["observed"]

    def targets(self, number: int) -> np.ndarray:
        """The true images float32 (T', C, H, W) in [0, 1] of a case, never degraded."""
        sequence, task, _ = self.case(number)
        if self.withheld is None:
            frames = self.sequences.frames[sequence, list(task.targets)]
        else:
            frames = self.withheld.frames[sequence, [self.withheld.at(target) for target in task.targets]]
        return frames / np.float32(255)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        context, _ = self.read(number, self.case(number)[1].context)
        return torch.from_numpy(context), torch.from_numpy(self.targets(number))


def _process() -> tuple[int, int]:
    """This process's rank and the number of processes: (0, 1) unless training is distributed."""
    return (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)


class EpochSampler(Sampler[int]):
    """A random order that depends on the seed and the epoch alone, so a resumed run sees what it would have seen.

    Several processes take turns and get equally many numbers; the few left over wait for another epoch.
    """

    def __init__(self, length: int, seed: int) -> None:
        self.length, self.seed, self.epoch = length, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // _process()[1]

    def __iter__(self) -> Iterator[int]:
        rank, processes = _process()
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.length)
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
