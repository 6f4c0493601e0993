"""Where the scenes of a sequence end, by the test that keeps fillers from crossing a cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..motion.cuts import Scenes
from .fill.scale import Scale
from .io import Source


def scan(source: Source, sequence: int = 0, known: Sequence[int] | None = None) -> Iterator[tuple[int, int] | None]:
    """For each two neighbours among the ``known`` positions: these if a scene ends between them, else None.

    Without ``known``, all images that are there are. Images are read once, in order, and small copies of the
    latest are held. Labels have no cuts.
    """
    if known is None:
        known = source.present
    if source.labels:
        yield from [None] * (len(known) - 1)
        return
    scale = Scale.of(source.dtype, source.levels.values(), source.fill_value)
    scenes = Scenes(lambda position: scale.to_unit(source.read(sequence, position)), source.timeline.places)
    for number in range(len(known) - 1):
        yield next(scenes.cuts(known, number, number + 1), None)
