"""Missing images of any sequence, by a trained method or by a baseline: which images each is read from, and reading it.

A sequence is anything with images (H, W, C) at places in time, counted in steps, of which some are observed. Images are
planned before the first is computed, so a mistake is found early; and they are computed one at a time in the order in
which they are asked for, so a sequence may be longer than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...errors import UserError
from ...motion.cuts import Scenes, of_one_scene
from ...tasks import shown
from ..words import numbered
from .fillers import Filler
from .scale import Scale

_FAR = 32  # positions, twice as many as a method reads
_REMEMBERED = 32  # filled images kept for others that are read from them


@dataclass(frozen=True)
class Reading:
    """How an image at a place is read: the positions, in order, of which those ``known`` (T,) at that time are."""

    context: tuple[int, ...]
    known: np.ndarray

    @property
    def sources(self) -> list[int]:
        """The positions that an image is read from; others of the context are not there."""
        return shown(self.known, self.context)


def read_from(filler: Filler, known: np.ndarray, places: np.ndarray, target: float) -> Reading | None:
    """How ``filler`` reads the image at the place ``target`` if positions are ``known`` (T,); None if too few are."""
    context = filler.context(known, places, target)
    return None if context is None else Reading(context, known)


def plan(filler: Filler, observed: np.ndarray, places: np.ndarray) -> dict[int, Reading]:
    """A reading for every image that is not ``observed`` (T,). UserError where there are too few to begin with.

    Images are read from observed ones where there are enough of these, else from images that were filled before. The
    latest plans are remembered: sequences of an archive often lack the same images.
    """
    return _planned(filler, np.asarray(observed, bool).tobytes(), np.asarray(places, np.float64).tobytes())


@lru_cache(8)
def _planned(filler: Filler, mask: bytes, instants: bytes) -> dict[int, Reading]:
    known, places = np.frombuffer(mask, bool), np.frombuffer(instants)
    observed = known
    readings: dict[int, Reading] = {}
    tried = np.flatnonzero(~known)
    while not known.all():
        found = {int(t): read_from(filler, known, places, float(places[t])) for t in tried}
        ready = {target: reading for target, reading in found.items() if reading is not None}
        if not ready and len(tried) < np.sum(~known):
            tried = np.flatnonzero(~known)
            continue
        if not ready:
            raise UserError(
                f"{numbered(list(found), 5)} cannot be filled: {filler.name} needs {filler.needs} beside it, and of "
                f"{len(observed)} images {int(np.sum(observed))} are observed; leave more, or name another method"
            )
        readings |= ready
        known = known.copy()
        known[list(ready)] = True
        tried = _beside(list(ready), known)
    return readings


def _beside(filled: list[int], known: np.ndarray) -> np.ndarray:
    """The positions that are not ``known`` within `_FAR` of those just filled: for others nothing has changed."""
    near = np.unique(np.clip(np.add.outer(filled, np.arange(-_FAR, _FAR + 1)), 0, len(known) - 1))
    return near[~known[near]]


class Filling:
    """The images of a sequence (H, W, C) in unit values by position, the missing ones filled when they are asked for.

    ``read`` gives an observed one, ``places`` (T,) says when the positions are, in steps (0, 1, 2, ... by default).
    Ask in rising order. No image is read from another scene where ``cuts`` are looked for, unless the method can do
    nothing with those of its own. ``used`` says how each image was read, by its place, and ``found`` which cuts, by the
    positions beside them, were in the way, and ``flashes`` which single images, unlike those around them.
    """

    def __init__(
        self,
        filler: Filler,
        scale: Scale,
        read: Callable[[int], np.ndarray],
        observed: np.ndarray,
        places: np.ndarray | None = None,
        *,
        cuts: bool = True,
    ) -> None:
        self.filler, self.scale, self.read, self.observed = filler, scale, read, np.asarray(observed, bool)
        self.places = np.arange(float(len(self.observed))) if places is None else places
        self.readings = plan(filler, self.observed, self.places)
        self.scenes = Scenes(read, self.places) if cuts and not scale.labels else None
        self.used: dict[float, Reading] = {}
        self.found: set[tuple[int, int]] = set()
        self.flashes: set[int] = set()
        self._filled: dict[int, np.ndarray] = {}
        self._needed = {p for each in self.readings.values() for p in each.sources if not self.observed[p]}

    def __getitem__(self, position: int) -> np.ndarray:
        if self.observed[position]:
            return self.read(position)
        waiting = [position]
        while waiting:  # those that this one is read from come first
            target = waiting[-1]
            needed = {p for p in self.readings[target].sources if not self.observed[p]} - self._filled.keys()
            if needed:
                waiting += needed
            else:
                self._filled[waiting.pop()] = self.predict(self.readings[target], float(self.places[target]))
        oldest = position - _REMEMBERED
        for place in [*self._filled]:  # an image of 1280x720 takes 11 MB
            if place < oldest or (place != position and place not in self._needed):
                del self._filled[place]
        return self._filled[position]

    def reading(self, place: float) -> Reading:
        """How the image at a place between positions, or beyond them, is read. UserError where it cannot be."""
        for known in (self.observed, np.ones(len(self.observed), bool)):  # from filled ones where it must be
            if reading := read_from(self.filler, known, self.places, place):
                return reading
        raise UserError(
            f"no image can be put between others by this method: it fills missing positions, from {self.filler.needs}; "
            "leave --checkpoint out to follow the motion instead"
        )

    def at(self, place: float) -> np.ndarray:
        """The image at a place between positions."""
        return self.predict(self.reading(place), place)

    def aside(self) -> Filling:
        """The same for trials: how they are read is not part of what this one says of its own images."""
        other = copy(self)
        other.used, other.found, other.flashes = {}, set(), set()
        return other

    def again(self, position: int, hidden: Sequence[int] = ()) -> Reading | None:
        """How the image at an observed position would be read if it, and those ``hidden``, were missing.

        None where it could not be.
        """
        return self._without([position, *hidden], self.observed, float(self.places[position]))

    def _without(self, hidden: Sequence[int], known: np.ndarray, target: float) -> Reading | None:
        """How the image at the place ``target`` is read from those ``known`` (T,) that are not ``hidden``."""
        known = known.copy()
        known[hidden] = False
        return read_from(self.filler, known, self.places, target)

    def without_holes(self, position: int) -> np.ndarray:
        """The image at an observed position, its pixels without a value filled as if it were missing."""
        image, reading = self.read(position), self.again(position)
        if reading is None:
            return image
        return np.where(np.isnan(image), self.predict(reading, float(self.places[position])), image)

    def in_scene(self, reading: Reading, target: float) -> Reading:
        """``reading`` without flashes, and without the images of other scenes than that of the place ``target``."""
        sources = [place for place in reading.sources if self.observed[place]]
        if self.scenes is None or not sources:
            return reading
        known = np.flatnonzero(self.observed & reading.known).tolist()
        first, last = np.searchsorted(known, [min(sources), max(sources)]).tolist()
        cuts = list(self.scenes.cuts(known, first, last))
        if not cuts and first < last:
            return reading
        flashes = list(self.scenes.flashes(known, first, last))
        if flashes and (steady := self._without(flashes, reading.known, target)):
            self.flashes.update(flashes)
            return self.in_scene(steady, target)
        if not cuts:
            return reading
        self.found.update(cuts)
        first, last = of_one_scene(cuts, self.places, target)
        others = [*range(first), *range(last + 1, len(reading.known))]
        return self._without(others, reading.known, target) or reading

    def sources(self, reading: Reading) -> list[np.ndarray]:
        """The images (H, W, C) that one is read from."""
        return [self[place] if self.observed[place] else self._kept(place) for place in reading.sources]

    def predict(self, reading: Reading, target: float) -> np.ndarray:
        """The image (H, W, C) at the place ``target`` as it is read, but for other scenes."""
        reading = self.used[target] = self.in_scene(reading, target)
        images, slots, sources = self.sources(reading), np.array(reading.context), reading.sources
        inside = np.clip(slots, 0, len(self.places) - 1)
        offset = self.places[inside] + (slots - inside) - target
        observed = np.isin(slots, sources)

        def function(values: np.ndarray) -> np.ndarray:
            frames = values
            if not observed.all():
                frames = np.zeros((len(slots), *values.shape[1:]), np.float32)
                frames[observed] = values
            result = self.filler.predict(frames.transpose(0, 3, 1, 2), observed, offset).transpose(1, 2, 0)
            return np.array(result, np.float32, order="C")

        return self.scale.predict(function, images, offset[observed], sees_holes=self.filler.sees_holes)

    def _kept(self, position: int) -> np.ndarray:
        return self._filled[position] if position in self._filled else self[position]
