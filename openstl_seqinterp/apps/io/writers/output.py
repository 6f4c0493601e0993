"""What writers have in common: the frames of the output, checked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..source import Fill, Layout, Source


def filled_frame(source: Source, filled: Fill, sequence: int, position: int) -> np.ndarray:
    """What ``filled`` gives: (H, W, C) in the dtype of ``source``. ValueError where it is anything else."""
    frame = filled(sequence, position)
    if frame.shape != source.shape or frame.dtype != source.dtype:
        raise ValueError(
            f"filled({sequence}, {position}) is {frame.dtype} {frame.shape}, not {source.dtype} {source.shape}"
        )
    return frame


def output_frames(source: Source, layout: Layout, filled: Fill, sequence: int) -> Iterator[np.ndarray]:
    """The frames (H, W, C) of one output sequence, one at a time. UserError, ValueError: as `write` says."""
    for position, known in enumerate(layout):
        yield filled_frame(source, filled, sequence, position) if known is None else source.read(sequence, known)
