"""Which of several methods fills a sequence: the one that fills its known images best, where these are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .plan import Filling
from .trials import trials

_EXACT = 1e-10  # mean squared error, of the range of values: less is reported as this, 100 dB


class Choice:
    """Several fillings of one sequence, each by a method of its own, of which one is used.

    ``targets`` are the places that are filled. Nothing is tried before it is asked for, nor where there is one filling.
    """

    def __init__(self, fillings: Sequence[Filling], targets: Sequence[float]) -> None:
        self.fillings, self.targets = fillings, targets

    @cached_property
    def errors(self) -> np.ndarray:
        """The mean squared errors (trials, fillings) of known images that were hidden, in unit values.

        Each is filled by all from the same other images. Where values are labels, the shares of wrong ones. A trial
        that a method has too few images for is left out.
        """
        one = self.fillings[0]
        found, aside = [], [filling.aside() for filling in self.fillings]
        for position, hidden in trials(one.observed, one.places, self.targets) if len(aside) > 1 else ():
            readings = [filling.again(position, hidden) for filling in aside]
            if None in readings:
                continue
            truth, place = one.read(position), float(one.places[position])
            images = [filling.predict(each, place) for filling, each in zip(aside, readings, strict=True) if each]
            off = [(image != truth) if one.scale.labels else np.square(image - truth) for image in images]
            scored = np.logical_and.reduce([np.isfinite(each) for each in (truth, *images)])
            if scored.any():
                found.append([float(each[scored].mean()) for each in off])
        return np.array(found).reshape(len(found), len(aside))

    @property
    def number(self) -> int:
        """Which one has the least error; the first where nothing could be tried."""
        return int(self.errors.mean(axis=0).argmin()) if len(self.errors) else 0

    @cached_property
    def filling(self) -> Filling:
        """The one that is used."""
        return self.fillings[self.number]

    @property
    def psnr(self) -> dict[str, float]:
        """That of each method over all trials in dB, by its name; none where nothing could be tried."""
        if not len(self.errors):
            return {}
        means = np.maximum(self.errors.mean(axis=0), _EXACT).tolist()
        return {each.filler.name: -10 * float(np.log10(mean)) for each, mean in zip(self.fillings, means, strict=True)}


def described(choices: Sequence[Choice]) -> list[str]:
    """What is said of the ``choices`` of all sequences: a line for each method that is used; none without a choice."""
    lines = []
    numbers: dict[tuple[str, bool], list[int]] = {}
    for number, choice in enumerate(choices):
        if len(choice.fillings) > 1:
            numbers.setdefault((choice.filling.filler.name, bool(choice.psnr)), []).append(number)
    for (name, tried), chosen in numbers.items():
        where = "" if len(choices) == 1 else f" for {len(chosen)} of {len(choices)} sequences"
        if not tried:
            lines.append(f"{name} was taken{where}: no known image could be hidden as far from others as those filled")
            continue
        scores = [choices[number].psnr for number in chosen]
        means = ", ".join(f"{each} {np.mean([score[each] for score in scores]):.2f} dB" for each in scores[0])
        count = sum(len(choices[number].errors) for number in chosen)
        lines.append(f"{name} was chosen{where}: on {count} known image{'s' * (count > 1)} that were hidden, {means}")
    return lines
