"""What ``--uncertainty`` leaves: an array of how far each filled pixel may be off, and what the report says of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .job import Job


class Doubts:
    """Collects how far images may be off, as they are filled, in an array float32 (K, H, W) in the file ``path``.

    It is in units of the values: 0 where a value is known, NaN where there is none.
    """

    def __init__(self, job: Job, path: Path) -> None:
        self.job, self.path = job, path
        self.said: dict[tuple[int, int], dict[str, float] | None] = {}  # by sequence and place
        count = sum(len(job.filled(sequence)) for sequence in range(job.source.sequences))
        shape = (count, *job.source.shape[:2])
        self.array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)

    def add(self, sequence: int, place: int, image: np.ndarray) -> np.ndarray:
        """How far ``image`` (H, W, C) may be off: (H, W). Its mean and worst are those of what is filled in it."""
        job = self.job
        deviation, filled = job.deviation(sequence, place, image)
        self.array[len(self.said)] = deviation
        values = deviation[filled]
        means = {"mean": float(f"{values.mean():.4g}"), "worst": float(f"{values.max():.4g}")} if values.size else None
        self.said[sequence, place] = means
        return deviation

    def content(self) -> dict[str, Any]:
        """What the report says of the array."""
        job = self.job
        fitted = [job.ways(sequence).uncertainty.calibrated for sequence in range(job.source.sequences)]
        return {"file": self.path.name, "fitted_to": fitted}

    def notes(self) -> list[str]:
        """What a user must know of the array."""
        if all(self.content()["fitted_to"]):
            return []
        return ["no known image could be hidden to fit the uncertainty: it says only where motion is ambiguous"]
