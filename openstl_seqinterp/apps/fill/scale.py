"""From the values of a user's images to those of a network, and back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...errors import UserError


class Scale:
    """Values of an image's type to [0, 1] and back: ``low`` is 0 there, ``low + span`` is 1."""

    def __init__(self, dtype: np.dtype, low: float, span: float) -> None:
        self.dtype, self.low, self.span = np.dtype(dtype), low, span

    @classmethod
    def of(cls, dtype: np.dtype, frames: Iterator[np.ndarray]) -> Scale:
        """Whole numbers by the range of their type, others by [0, 1] and what of ``frames`` lies beyond.

        UserError where one of these is not finite. ``frames`` of whole numbers are not looked at.
        """
        if np.dtype(dtype).kind in "iu":
            return cls(dtype, 0.0, float(np.iinfo(dtype).max))
        low, high = 0.0, 1.0
        for frame in frames:
            if not np.isfinite(frame).all():
                raise UserError("an observed image holds values that are not finite; mark it as missing")
            low, high = min(low, float(frame.min())), max(high, float(frame.max()))
        return cls(dtype, low, high - low)

    def to_unit(self, image: np.ndarray) -> np.ndarray:
        """Float32 in [0, 1]."""
        return ((image.astype(np.float64) - self.low) / self.span).astype(np.float32)

    def from_unit(self, image: np.ndarray) -> np.ndarray:
        """Values of the type; whole numbers are rounded, and clipped to their range."""
        if self.dtype.kind in "iu":
            return np.rint(np.clip(image, 0, 1) * self.span).astype(self.dtype)
        return (image * self.span + self.low).astype(self.dtype)
