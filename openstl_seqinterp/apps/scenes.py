"""Where the scenes of a sequence end, by the test that keeps fillers from crossing a cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..motion.cuts import Scenes
from .fill.scale import Scale
from .io import Source
from .progress import tracked

DOING = "looking for cuts"


class Edges(NamedTuple):
    """``cuts`` are the positions on both sides of each, ``flashes`` single images unlike those around, which are alike.

    No scene ends at a flash.
    """

    cuts: list[tuple[int, int]]
    flashes: list[int]


NO_EDGES = Edges([], [])


def scan(
    source: Source, sequence: int = 0, known: Sequence[int] | None = None, steps: Iterator[int] | None = None
) -> Edges:
    """The cuts and the flashes among the ``known`` positions, rising; without these, among all images that are there.

    Images are read once, in order, and small copies of the latest are held. Labels have none. Of ``steps``, which
    say how far many scans are, one is drawn for each two neighbours; without them this scan says how far it is.
    """
    if known is None:
        known = source.present
    if source.labels:
        return NO_EDGES
    scale = Scale.of(source.dtype, source.levels.values(), source.fill_value)
    scenes = Scenes(lambda position: scale.to_unit(source.read(sequence, position)), source.timeline.places)
    found, pairs = Edges([], []), range(len(known) - 1)
    own = tracked(pairs, DOING, max(1, len(pairs)))
    for number in own if steps is None else (number for number, _ in zip(pairs, steps, strict=False)):
        found.cuts.extend(scenes.cuts(known, number, number + 1))
        found.flashes.extend(scenes.flashes(known, number, number))
    flashes = set(found.flashes)
    return found._replace(cuts=[cut for cut in found.cuts if flashes.isdisjoint(cut)])
