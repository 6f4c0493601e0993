"""What is filled of one input, from what, and in which values. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from ...errors import UserError
from ..io import Fill, Output, Source
from .choice import Choice
from .fillers import Filler
from .missing import Seen, see
from .places import Places, output_places, output_timeline
from .plan import Reading
from .request import Request
from .scale import Scale
from .uncertainty import Fit
from .ways import Ways


class Work:
    """The missing images of a sequence file or folder, for ``fillers`` of which one is chosen for each sequence.

    What depends on whole sequences is found when it is first needed, or was found before: what is ``seen`` in them, the
    range of values as that of the ``request``, the number of the filler that is ``chosen`` for each, and how its
    uncertainty was ``fitted``. UserError for anything that cannot be filled as it is asked for.
    """

    def __init__(
        self,
        source: Source,
        request: Request,
        fillers: Sequence[Filler],
        seen: Seen | None = None,
        chosen: Mapping[int, int] | None = None,
        fitted: Mapping[int, Fit] | None = None,
    ) -> None:
        self.request, self.fillers, self.chosen, self.fitted = request, fillers, chosen or {}, fitted or {}
        self.source = source
        self.places = self._places()
        self.seen = see(source, request) if seen is None else seen
        self.found = self.seen.found
        self.observed = np.pad(~self.seen.missing, [(0, 0), (0, request.extend)])
        self.layout = self._layout()
        if request.insert and len(self.layout) < 2:
            raise UserError(f"{source.path} has one image; --insert puts images between two images or more")
        if None not in self.layout:
            raise UserError(
                f"no image of {source.path} is missing ({source.timeline.describe(())}); name some with --missing, or "
                "use --extend, --insert, --at or --every"
            )
        self.scale = self._scale()
        self.targets = [float(self.places.places[place]) for place, known in enumerate(self.layout) if known is None]
        self._ways: dict[int, Ways] = {}

    def _places(self) -> Places:
        request, timeline = self.request, self.source.timeline
        strict = next((filler.name for filler in self.fillers if filler.regular), None)
        if strict is not None and not timeline.regular:
            raise UserError(
                f"{strict} reads images that are one step apart, and those of {self.source.path} are not: "
                f"{timeline.describe(())}; leave out --checkpoint"
            )
        return output_places(timeline, extend=request.extend, insert=request.insert, at=request.at, every=request.every)

    @property
    def _own(self) -> np.ndarray:
        """When the positions of the input, and those behind it, are, in steps."""
        places = self.source.timeline.places
        return np.concatenate([places, places[-1] + 1 + np.arange(self.request.extend)])

    def _layout(self) -> list[int | None]:
        """What stands at each place in the end: the position of an image that all sequences know, or None."""
        known = np.logical_and.reduce(self.observed, axis=0)
        known[: self.source.length] &= ~np.logical_or.reduce(self.seen.holes, axis=0)
        return [None if position is None or not known[position] else position for position in self.places.position]

    def _scale(self) -> Scale:
        source = self.source
        if self.request.range is not None:
            return Scale(source.dtype, *self.request.range, source.fill_value, source.labels)
        known = [levels for (sequence, position), levels in source.levels.items() if self.observed[sequence, position]]
        return Scale.of(source.dtype, known or source.levels.values(), source.fill_value, source.labels)

    def ways(self, sequence: int) -> Ways:
        """The ways to fill a sequence, of which one is used."""
        if sequence not in self._ways:
            self._ways[sequence] = Ways(
                self.fillers,
                self.scale,
                partial(self.read, sequence),
                self.observed[sequence],
                self._own,
                cuts=self.request.cuts == "auto",
                targets=self.targets,
                number=self.chosen.get(sequence),
                fit=self.fitted.get(sequence),
            )
        return self._ways[sequence]

    def choice(self, sequence: int) -> Choice:
        """The choice among the ways to fill a sequence."""
        return self.ways(sequence).choice

    def check(self, sequence: int) -> None:
        """UserError where an image of a sequence cannot be filled."""
        for place, position in zip(self.places.places, self.places.position, strict=True):
            if position is None:
                for filling in self.choice(sequence).fillings:
                    filling.reading(float(place))

    def output(self, name: str, give: Fill) -> Output:
        """What a writer is handed, for a file or folder ``name``; ``give`` makes the images that are filled."""
        timeline = output_timeline(self.source.timeline, self.places.places)
        return Output(self.source, self.layout, timeline, give, name, self.request.settings)

    def forget(self, sequence: int) -> None:
        """Let go of what is remembered of a sequence."""
        self._ways.pop(sequence, None)

    def read(self, sequence: int, position: int) -> np.ndarray:
        """A known image (H, W, C) in unit values, NaN where it has none."""
        return self.scale.to_unit(self.source.read(sequence, position))

    def image(self, sequence: int, place: int) -> np.ndarray:
        """The image (H, W, C) at a place of the result, in unit values."""
        if (known := self.as_it_came(sequence, place)) is not None:
            return self.read(sequence, known)
        position, filling = self.places.position[place], self.choice(sequence).filling
        if position is None:
            return filling.at(float(self.places.places[place]))
        if self.request.holes == "fill" and self.observed[sequence, position]:
            return filling.without_holes(position)
        return filling[position]

    def frame(self, sequence: int, place: int, image: np.ndarray) -> np.ndarray:
        """What is written of an ``image`` (H, W, C) that was filled: its values, and what is known as it came."""
        frame, position = self.scale.from_unit(image), self.places.position[place]
        if position is None or not self.observed[sequence, position]:
            return frame
        known = self.source.read(sequence, position)
        return np.where(np.isnan(self.scale.to_unit(known)), frame, known)

    def known(self, sequence: int, place: int) -> np.ndarray | None:
        """The known image (H, W, C) at a place of the result in unit values; None where there is none."""
        position = self.places.position[place]
        known = position is not None and self.observed[sequence, position]
        return self.read(sequence, position) if position is not None and known else None

    def filled(self, sequence: int) -> list[int]:
        """The places of the result at which a sequence has something filled."""
        missing = [place for place, known in enumerate(self.layout) if known is None]
        return [place for place in missing if self.as_it_came(sequence, place) is None]

    def as_it_came(self, sequence: int, place: int) -> int | None:
        """The position of the image that stands unchanged at a place of the result; None where one is filled."""
        position = self.places.position[place]
        if position is None or not self.observed[sequence, position]:
            return None
        return None if position < self.source.length and self.seen.holes[sequence, position] else position

    def reading(self, sequence: int, place: int) -> Reading | None:
        """How the image at a place of the result was read; None where it is as it came."""
        return self.choice(sequence).filling.used.get(float(self.places.places[place]))

    def deviation(self, sequence: int, place: int, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far an ``image`` (H, W, C) that was filled may be off, in units of the values, and where it was filled.

        Float32 (H, W), 0 where a value is known and NaN where there is none, and bool (H, W).
        """
        deviation = self.ways(sequence).deviation(float(self.places.places[place]), image)
        filled = np.isfinite(deviation)
        if (known := self.known(sequence, place)) is not None:
            seen = ~np.isnan(known).any(axis=-1)
            deviation[seen], filled = 0, filled & ~seen
        return deviation, filled
