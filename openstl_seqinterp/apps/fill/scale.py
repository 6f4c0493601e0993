"""From a user's values to those that predictors read, and back, by `data.scale`; how holes and labels are predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from ...data import scale
from ...motion.holes import without_holes
from ..io.source import Levels

_MOST_LABELS = 64
_ALIKE = 0.25  # of a range of values: how far both ends of another may lie from its own
_ZERO = 2.0**-23  # of the range of values: what float32 cannot tell from 0 is 0, such as a rain rate of -1e-9
Predict = Callable[[np.ndarray], np.ndarray]  # of frames (K, H, W, C), without holes, an image (H, W, C)


class Scale(scale.Scale):
    """Values of a type to [0, 1] and back; others than those from ``low`` to ``high`` lie beyond.

    Both follow from the frames alone, so a result does not depend on the unit: ``fill(a x + b) = a fill(x) + b``.
    Frames are (H, W, C). What has no value is NaN in between. ``labels`` are names, left as they are.
    """

    def __init__(
        self, dtype: np.dtype, low: float, high: float, fill_value: float | None = None, labels: bool = False
    ) -> None:
        super().__init__(low, high, fill_value)
        self.dtype, self.labels = np.dtype(dtype), labels

    @classmethod
    def of(
        cls, dtype: np.dtype, levels: Iterable[Levels], fill_value: float | None = None, labels: bool = False
    ) -> Scale:
        """By the values of some frames, robust against outliers; by all of them where they are nearly constant."""
        found = list(levels)
        if not found or labels:
            return cls(dtype, 0.0, 1.0, fill_value, labels)
        low, high = min(each.low for each in found), max(each.high for each in found)
        if low == high:
            low, high = min(each.least for each in found), max(each.most for each in found)
        return cls(dtype, low, high, fill_value, labels)

    def to_unit(self, frame: np.ndarray, axis: int = -1) -> np.ndarray:
        """Float32 (H, W, C) of a frame, nothing clipped; NaN where it has no value."""
        unit = self._unit(frame) if self._table is None else _looked_up(frame, self._table)
        blank = self.blank(frame, axis)
        return np.where(blank, np.float32(np.nan), unit) if blank.any() else unit

    @cached_property
    def _table(self) -> np.ndarray | None:
        """The unit value of every value of a type that has few, by its bits; None for another."""
        if self.dtype.kind not in "iu" or self.dtype.itemsize > 2:
            return None
        return self._unit(np.arange(2 ** (8 * self.dtype.itemsize), dtype=f"u{self.dtype.itemsize}").view(self.dtype))

    def _unit(self, frame: np.ndarray) -> np.ndarray:
        values = frame.astype(np.float64)
        values[~np.isfinite(values)] = np.nan
        return (values if self.labels else self.unit(values)).astype(np.float32)

    def remarks(self, trained: scale.Scale | None, levels: Iterable[Levels]) -> list[str]:
        """What to say where a network sees these values differently from those that it was ``trained`` on.

        That a value was none there which ``levels`` have here; or else, that the ranges are far apart.
        """
        if trained is None or self.labels:
            return []
        none = trained.fill_value
        if none is not None and self.fill_value is None:
            stored = float(np.asarray(none, self.dtype)) if self.dtype.kind == "f" else none
            if any(stored in (each.least, each.most) for each in levels):
                return [f"in training {none:g} was no value; --fill_value {none:g} says so of these"]
        own = np.array([self.low, self.low + self.span])
        beyond = (trained.unit(own) - [0, 1]) * [-1, 1]  # at either end; below 0 inside
        if np.abs(beyond).max() <= _ALIKE:
            return []
        low, high = trained.low, trained.high
        advice = (
            f"; --range {low:g} {high:g} scales them as in training" if beyond.max() <= _ALIKE else ", beyond those"
        )
        return [f"trained on values {low:g} to {high:g}; these are scaled by {own[0]:g} to {own[1]:g}{advice}"]

    @property
    def may_have_holes(self) -> bool:
        """Whether there can be pixels without a value."""
        return self.fill_value is not None or self.dtype.kind == "f"

    def holes(self, frame: np.ndarray) -> np.ndarray | None:
        """Bool (H, W): the pixels of a frame that have no value in some channel; None where there can be none."""
        return np.isnan(self.to_unit(frame)).any(axis=-1) if self.may_have_holes else None

    def from_unit(self, image: np.ndarray) -> np.ndarray:
        """Values of the type, whole numbers rounded; the fill value, or else NaN or 0, where there is none."""
        # Single precision tells all values of 16 bits apart, and is faster.
        values: Any = image.astype(np.float32 if self.dtype.itemsize <= 2 and self.dtype.kind in "iu" else np.float64)
        if not self.labels:
            values *= self.span
            values += self.low
        if self.dtype.kind == "f":
            values[np.abs(values) < _ZERO * self.span] = 0
        empty = np.isnan(values) if self.may_have_holes else None
        if self.dtype.kind in "iu":
            limits = np.iinfo(self.dtype)
            np.clip(np.rint(values, out=values), limits.min, limits.max, out=values)
        if empty is not None and (self.fill_value is not None or self.dtype.kind != "f"):
            values[empty] = self.fill_value or 0
        return values.astype(self.dtype)

    def shown(self, image: np.ndarray) -> np.ndarray:
        """An image in unit values as pictures show it, mostly in [0, 1]: bytes as they are, labels by the largest."""
        if self.labels:
            return image / (np.nanmax(image, initial=0) or 1)
        return (image * self.span + self.low) / 255 if self.dtype == np.uint8 else image

    def predict(
        self, function: Predict, frames: Sequence[np.ndarray], offset: np.ndarray, *, sees_holes: bool = False
    ) -> np.ndarray:
        """An image (H, W, C), predicted by ``function`` from ``frames`` in unit values; NaN where none has a value.

        Unless it ``sees_holes`` itself, a hole in a frame is given the value of the frame nearest in time (``offset``
        (K,) from the image) that has one there, or that of the nearest pixel, so that what a predictor makes of it
        comes from known values. A result lies within the values that were read. Labels are predicted one by one, and
        the likeliest is taken.
        """
        nearest = np.argsort(np.abs(offset), kind="stable")
        if not self.may_have_holes and not self.labels:
            return _within(function(np.stack(frames)), frames)
        nowhere = np.logical_and.reduce([np.isnan(frame).any(axis=-1) for frame in frames])
        if nowhere.all():
            return np.full(frames[0].shape, np.nan, np.float32)
        filled, _ = without_holes(dict(zip(offset.tolist(), frames, strict=True)))
        whole = [filled[place] for place in offset.tolist()]
        if self.labels:
            result = _likeliest(function, whole, nearest)
        else:
            result = _within(function(np.stack(frames if sees_holes else whole)), whole)
        result[nowhere] = np.nan
        return result


def _within(image: np.ndarray, frames: Sequence[np.ndarray]) -> np.ndarray:
    """An image (H, W, C), each channel clipped to the values that it has in ``frames``."""
    for channel in range(image.shape[-1]):
        seen = [cv2.minMaxLoc(np.ascontiguousarray(frame[..., channel]))[:2] for frame in frames]
        np.clip(image[..., channel], min(seen)[0], max(most for _, most in seen), out=image[..., channel])
    return image


def _likeliest(function: Predict, frames: Sequence[np.ndarray], nearest: np.ndarray) -> np.ndarray:
    """The label (H, W, C) whose mask ``function`` predicts the strongest; that of the nearest frame where it is close.

    The nearest frame as it is where there are more labels than can be predicted one by one.
    """
    labels = np.unique(np.stack(frames))
    best = frames[nearest[0]].copy()
    if len(labels) > _MOST_LABELS:
        return best
    strength = np.full(best.shape, -np.inf, np.float32)
    for label in labels:
        likely = function(np.stack([(frame == label).astype(np.float32) for frame in frames]))
        likely += 1e-3 * (frames[nearest[0]] == label)
        best[likely > strength] = label
        strength = np.maximum(likely, strength)
    return best


def _looked_up(frame: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The values of a ``table`` by the bits of a frame's."""
    bits = frame.view(f"u{frame.dtype.itemsize}")
    if bits.dtype == np.uint8:
        return np.asarray(cv2.LUT(bits, table)).reshape(frame.shape)  # five times as fast as NumPy
    return np.take(table, bits, mode="clip")  # no index lies outside, and this mode is the fast one
