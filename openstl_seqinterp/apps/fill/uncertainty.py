"""How far a filled image may be off: the spread of what its motion allows, calibrated on images that are known.

The standard deviation of a pixel is ``factor * sqrt(spread^2 + floor^2)``. Both numbers are those that fit the errors
of a few known images, which are hidden for this, filled in the same way and compared. They hold for any method: where
motion is ambiguous, all go wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ...evaluation.baselines import BASELINES
from ...motion.blending import Candidate, spread
from ...motion.extrapolate import candidates as continuations
from ...motion.interpolate import candidates
from .plan import Filling
from .trials import trials

BAND = 1.6449  # standard deviations on each side of the mean that hold 90% of a Gaussian's values
_SHARE = 0.9  # of the errors, which those are
_PIXELS = 2**15  # of an image that are compared
_FLOORS = np.array([0.1, 0.25, 0.5, 1, 2, 4, 8, 16]) / 255  # of the range of values


def spread_at(filling: Filling, place: float) -> np.ndarray:
    """The spread (H, W) of the candidates for the image at a place that was filled, in unit values."""
    reading = filling.used[place]
    images = dict(zip(filling.places[reading.sources].tolist(), filling.sources(reading), strict=True))
    near = BASELINES["motion"].sources(sorted(images), place)
    chosen = {each: images[each] for each in near}
    between = near[0] < place < near[-1]
    parts: Iterator[Candidate] = (candidates if between else continuations)(chosen, place)
    return spread(parts)


class Fit(NamedTuple):
    """The numbers of an `Uncertainty`, and how many known images they were fitted to."""

    factor: float
    floor: float
    calibrated: int


class Uncertainty:
    """The standard deviation of the images that ``filling`` fills at ``targets``, which are places.

    ``calibrated`` says how many known images it was fitted to; with none, it is the spread as it is. What was fitted
    before is taken as it is.
    """

    def __init__(self, filling: Filling, targets: Sequence[float], fit: Fit | None = None) -> None:
        self.filling, self.factor, self.floor = filling, 1.0, float(_FLOORS[3])
        if fit is not None:
            self.factor, self.floor, self.calibrated = fit
            return
        compared = list(_compared(filling.aside(), targets))
        self.calibrated = len(compared)
        if compared:
            self._fit(*(np.concatenate(each) for each in zip(*compared, strict=True)))

    def _fit(self, errors: np.ndarray, spreads: np.ndarray) -> None:
        """The floor with the largest likelihood, and the factor that puts 90% of the errors into the 90% band."""
        best = np.inf
        for floor in _FLOORS:
            deviation = np.sqrt(spreads**2 + floor**2)
            ratio = errors / deviation
            scale = float(np.sqrt(np.mean(ratio**2)))
            loss = float(np.log(deviation).mean()) + np.log(max(scale, 1e-6))  # of a Gaussian, but for constants
            if loss < best:
                best, self.floor = loss, float(floor)
                self.factor = float(np.quantile(ratio, _SHARE)) / BAND

    @property
    def fit(self) -> Fit:
        """What was fitted."""
        return Fit(self.factor, self.floor, self.calibrated)

    def of(self, place: float) -> np.ndarray:
        """The standard deviation float32 (H, W) of the image at a place that was filled, in unit values."""
        deviation = self.factor * np.sqrt(spread_at(self.filling, place) ** 2 + self.floor**2)
        return deviation.astype(np.float32)


def _compared(filling: Filling, targets: Sequence[float]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The errors and the spreads of some pixels of known images, each hidden as far from others as a target is."""
    for position, hidden in trials(filling.observed, filling.places, targets):
        reading = filling.again(position, hidden)
        if reading is None:
            continue
        place = float(filling.places[position])
        true, found = filling.read(position), filling.predict(reading, place)
        error = np.sqrt(np.square(found - true).mean(axis=-1)).ravel()
        deviation = spread_at(filling, place).ravel()
        kept = np.flatnonzero(np.isfinite(error))[:: 1 + error.size // _PIXELS]
        if kept.size:
            yield error[kept], deviation[kept]
