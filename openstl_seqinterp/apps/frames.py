"""The frames of a data set as they are stored: of one size, grey or RGB, and the range of their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from ..errors import UserError
from .dividing import Unit
from .io.source import Source

_MULTIPLE = 4  # of the sides of images: the networks halve them twice
_SAMPLED = 2**12  # values of a frame that the range is taken from
_QUANTILES = (0.001, 0.999)  # of the known values: what lies beyond is clipped, for a network


class Frames:
    """The frames of a plan, one after the other, and what is learnt of their values on the way."""

    def __init__(self, units: Sequence[Unit], size: tuple[int, int] | None, hidden: np.ndarray) -> None:
        self.hidden = {*hidden.tolist()}  # the range of the values must not tell of them
        self.units, self.size, self.sample = units, size, list[np.ndarray]()
        height, width = size or units[0].source.shape[:2]
        self.pad = [(0, -side % _MULTIPLE) for side in (height, width)]

    def __iter__(self) -> Iterator[np.ndarray]:
        each = ((unit, int(position)) for unit in self.units for position in unit.known)
        for number, (unit, position) in enumerate(each):
            image = unit.source.read(unit.sequence, position)
            yield self._prepared(unit.source, image, number not in self.hidden)

    def _prepared(self, source: Source, image: np.ndarray, known: bool) -> np.ndarray:
        """An image (C, H, W) of the size of all, grey or RGB."""
        image, holes = image[..., :3], source.holes(image)
        if self.size is not None and self.size != image.shape[:2]:
            image = self._resized(image, source.labels or holes is not None)
            holes = source.holes(image)
        values = image if holes is None else image[~holes]
        if known and image.dtype != np.uint8 and values.size:
            self.sample.append(values.ravel()[:: 1 + values.size // _SAMPLED].astype(np.float64))
        return np.ascontiguousarray(np.pad(image, [*self.pad, (0, 0)], mode="symmetric").transpose(2, 0, 1))

    def _resized(self, image: np.ndarray, nearest: bool) -> np.ndarray:
        """By the mean of an area; labels, and images with holes, whose value would spread, by the nearest pixel."""
        height, width = self.size or image.shape[:2]
        if nearest:
            rows, columns = np.arange(height) * len(image) // height, np.arange(width) * image.shape[1] // width
            return image[rows][:, columns]
        able = image.dtype if image.dtype in (np.uint8, np.uint16, np.int16, np.float32) else np.float64
        resized = cv2.resize(image.astype(able), (width, height), interpolation=cv2.INTER_AREA)
        whole = np.rint(resized) if image.dtype.kind != "f" else resized
        return whole.astype(image.dtype).reshape(height, width, -1)

    def range(self) -> tuple[float, float]:
        """The values that a network sees as 0 and 1: those of a byte, else nearly all of the known ones."""
        if not self.sample and self.units[0].source.dtype != np.uint8:
            raise UserError(f"{self.units[0].source.path} and all others have no finite value; give images that do")
        if not self.sample:
            return 0.0, 255.0
        low, high = (float(each) for each in np.quantile(np.concatenate(self.sample), _QUANTILES))
        return low, high if high > low else low + 1
