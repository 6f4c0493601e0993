"""From a user's values to those that a network or a baseline reads, and which pixels have none."""

from __future__ import annotations

from typing import Any

import numpy as np


class Scale:
    """``low`` is 0 and ``high`` is 1. A pixel that is ``fill_value`` in all channels, or NaN in one, has no value."""

    def __init__(self, low: float = 0.0, high: float = 255.0, fill_value: float | None = None) -> None:
        self.low, self.high, self.fill_value = low, high, fill_value

    @property
    def span(self) -> float:
        """What a difference of 1 is in the user's values."""
        return (self.high - self.low) or 1.0

    def unit(self, values: np.ndarray) -> np.ndarray:
        """Floating values on the scale, those beyond the range too, in their own precision."""
        return (values - self.low) / self.span

    def blank(self, frames: np.ndarray, axis: int) -> Any:
        """Bool: the pixels that are ``fill_value`` in every channel, with one channel along ``axis``; False for none.

        A value that the type of the frames cannot hold is nowhere.
        """
        if self.fill_value is None:
            return np.False_
        return (frames == float(self.fill_value)).all(axis=axis, keepdims=True)

    def empty(self, frames: np.ndarray, axis: int) -> Any:
        """Bool: the pixels without a value, with one channel along ``axis``; False where no pixel can be one."""
        blank = self.blank(frames, axis)
        return blank | ~np.isfinite(frames).all(axis=axis, keepdims=True) if frames.dtype.kind == "f" else blank

    def to_unit(self, frames: np.ndarray, axis: int = -3) -> np.ndarray:
        """Float32 clipped to [0, 1]; NaN in every channel, along ``axis``, of a pixel without a value."""
        unit = self.unit(frames.astype(np.float32 if frames.dtype.itemsize <= 2 else np.float64)).clip(0, 1)
        empty = self.empty(frames, axis)
        return np.where(empty, np.nan, unit).astype(np.float32) if empty.any() else unit.astype(np.float32, copy=False)
