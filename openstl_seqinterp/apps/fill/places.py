"""When the images of a result are: those of the input, and new ones behind, between or at instants of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UserError
from ..io import Timeline
from ..io.timeline import parse_duration

_SAME = 1e-3  # of a step: instants that are as near are one
_MOST = 1_000_000  # images of a result


@dataclass(frozen=True)
class Places:
    """The images of a result: ``places`` (P,) rising, in steps of the input, and the ``position`` of each there.

    The position of an image between those of the input is None; of one behind, it counts on.
    """

    places: np.ndarray
    position: list[int | None]


def output_places(
    timeline: Timeline, *, extend: int = 0, insert: int = 0, at: Sequence[str] = (), every: str | None = None
) -> Places:
    """The places of a result: the input's, ``extend`` steps behind it, ``insert`` between each two, and at instants.

    ``at`` are instants as `Timeline.parse` reads them; ``every``, a duration or a number, puts images there alone.
    UserError where they cannot be read, or lie beyond the sequence.
    """
    last = float(timeline.places[-1])
    if (len(timeline.places) + extend) * (insert + 1) > _MOST:
        raise UserError(f"--insert {insert} --extend {extend} would make more than {_MOST} images; ask for fewer")
    own = [*timeline.places, *(last + 1 + np.arange(extend))]
    if every is not None:
        step = _steps(timeline, every)
        if (own[-1] - own[0]) / step > _MOST:
            raise UserError(f"--every {every} would make more than {_MOST} images; give a longer interval")
        wanted = np.arange(own[0], own[-1] + _SAME, step).tolist()
    else:
        wanted = [*own, *(np.interp(np.arange(0, len(own) - 1, 1 / (insert + 1)), np.arange(len(own)), own))]
        for text in at:
            place = timeline.place(timeline.parse(text))
            if not own[0] <= place <= own[-1]:
                ends = " to ".join(timeline.text(timeline.instant(each)) for each in (own[0], own[-1]))
                raise UserError(f"--at {text} is beyond the sequence, which is from {ends}; see --extend")
            wanted.append(place)
    places: list[float] = []
    position: list[int | None] = []
    for place in sorted(wanted):
        if places and place - places[-1] < _SAME:
            continue
        near = _nearest(own, place)
        same = abs(own[near] - place) < _SAME
        places.append(own[near] if same else place)
        position.append(near if same else None)
    return Places(np.array(places), position)


def _nearest(rising: Sequence[float], value: float) -> int:
    place = min(int(np.searchsorted(rising, value)), len(rising) - 1)
    return place - (place > 0 and value - rising[place - 1] < rising[place] - value)


def _steps(timeline: Timeline, every: str) -> float:
    """An interval in steps."""
    try:
        interval = float(every) if timeline.clock == "number" else parse_duration(every)
    except ValueError:
        raise UserError(f"--every {every!r}: expected a number, since these images have no times") from None
    if not 0 < interval < np.inf:
        raise UserError(f"--every {every!r}: expected an interval above 0")
    return interval / timeline.step


def output_timeline(timeline: Timeline, places: np.ndarray) -> Timeline:
    """The timeline of a result whose images are at ``places`` (P,)."""
    instants = np.array([timeline.instant(place) for place in places])
    gaps = np.diff(places)
    regular = len(places) < 2 or bool(np.abs(gaps - gaps[0]).max() < _SAME)
    step = timeline.step * (float(np.median(gaps)) if len(gaps) else 1.0)
    return Timeline(instants, timeline.clock, step, regular)
