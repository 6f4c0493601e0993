"""The ways to fill one sequence, of which one is used, and how far what it fills may be off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from .choice import Choice
from .fillers import Filler
from .plan import Filling
from .scale import Scale
from .uncertainty import Fit, Uncertainty


class Ways:
    """One way for each of the ``fillers``; the ``choice`` among them is made when it is needed.

    ``read`` gives an observed image (H, W, C) in unit values, ``mask`` (T,) says which are, ``places`` (T,) when they
    are, ``targets`` what is filled, by default what is not observed. What was found before is taken as it is: the
    ``number`` of the filler, and the ``fit`` of the uncertainty.
    """

    def __init__(
        self,
        fillers: Sequence[Filler],
        scale: Scale,
        read: Callable[[int], np.ndarray],
        mask: np.ndarray,
        places: np.ndarray | None,
        *,
        cuts: bool,
        targets: Sequence[float] | None = None,
        number: int | None = None,
        fit: Fit | None = None,
    ) -> None:
        used = fillers if number is None else [fillers[number]]
        fillings = [Filling(filler, scale, read, mask, places, cuts=cuts) for filler in used]
        self.targets = fillings[0].places[~mask].tolist() if targets is None else targets
        self.choice, self._span, self._fit = Choice(fillings, self.targets), np.float32(scale.span), fit

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Of the way that is used."""
        return Uncertainty(self.choice.filling, self.targets, self._fit)

    def deviation(self, place: float, image: np.ndarray) -> np.ndarray:
        """How far the ``image`` (H, W, C) that was filled at a place may be off, in units of the values.

        Float32 (H, W), NaN where the image has no value.
        """
        deviation = self.uncertainty.of(place) * self._span
        deviation[np.isnan(image).any(axis=-1)] = np.nan
        return deviation
