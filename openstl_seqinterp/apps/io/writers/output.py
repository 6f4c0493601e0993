"""What a writer is handed: which frames stand where, when they are, and what was asked of the form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..source import Source
from ..timeline import Timeline

# A function of (sequence, output position) that gives a filled frame (H, W, C) in the dtype of the source.
Fill = Callable[[int, int], np.ndarray]
# Entry p is the input position whose frame stands unchanged at output position p, or None where one is filled.
Layout = Sequence[int | None]


@dataclass(frozen=True)
class Output:
    """The sequences of ``source`` as they are to be written, ``timeline`` being that of the output positions.

    ``name`` is that of the file, or of the folder, to write. ``settings`` are what the form was asked for, such as a
    ``codec`` or ``fps``; a writer raises UserError for one that it cannot give. ``source.notes`` gains what the user
    should know of the files.
    """

    source: Source
    layout: Layout
    timeline: Timeline
    filled: Fill
    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    def frame(self, sequence: int, place: int) -> np.ndarray:
        """The frame (H, W, C) at an output position, in the dtype of the source. ValueError where a filled one is not.

        Each is asked for once, in rising order within its sequence.
        """
        known = self.layout[place]
        if known is not None:
            return self.source.read(sequence, known)
        frame = self.filled(sequence, place)
        if frame.shape != self.source.shape or frame.dtype != self.source.dtype:
            expected = f"{self.source.dtype} {self.source.shape}"
            raise ValueError(f"filled({sequence}, {place}) is {frame.dtype} {frame.shape}, not {expected}")
        return frame

    def frames(self, sequence: int) -> Iterator[np.ndarray]:
        """The frames of one sequence, in order."""
        return (self.frame(sequence, place) for place in range(len(self.layout)))
