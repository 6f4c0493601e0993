"""When the frames of a sequence are: their instants, the common step between them, and where one is lacking."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import numpy as np

from ...errors import UserError, one_line

# What an instant counts: frames or whatever file names count; seconds from the start; seconds since 1970, in UTC.
Clock = Literal["number", "seconds", "date"]

_NEAR = 0.2  # of a step: how far the instants of a regular sequence may lie from their places
_ALIKE = 0.1  # how far intervals may differ that count as the same one
_SPARSEST = 100  # places a frame: numbers with more gaps than that are no numbers of frames
_GAPPIEST = 2  # places a frame, where the step is not the most common interval
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3))


@dataclass(frozen=True)
class Timeline:
    """``instants`` float64 (T,), strictly rising, of every position of a sequence, whether it has a frame or not.

    ``step`` is the most common interval. A ``regular`` sequence has its positions one step apart; one that is not has
    as many positions as frames, and the places of these are fractions of steps.
    """

    instants: np.ndarray
    clock: Clock
    step: float
    regular: bool

    @classmethod
    def counted(cls, length: int) -> Self:
        """Of frames that have nothing but their order."""
        return cls(np.arange(1.0, length + 1), "number", 1.0, True)

    @property
    def places(self) -> np.ndarray:
        """Float64 (T,): where the positions are, in steps from the first; 0, 1, 2, ... in a regular sequence."""
        if self.regular:
            return np.arange(float(len(self.instants)))
        return (self.instants - self.instants[0]) / self.step

    def instant(self, place: float) -> float:
        """The instant that lies ``place`` steps after the first, which may be beyond the last."""
        return float(np.interp(place, self.places, self.instants)) + self.step * (
            max(0.0, place - self.places[-1]) + min(0.0, place)
        )

    def place(self, instant: float) -> float:
        """The inverse of `instant`."""
        beyond = max(0.0, instant - self.instants[-1]) + min(0.0, instant - self.instants[0])
        return float(np.interp(instant, self.instants, self.places)) + beyond / self.step

    def text(self, instant: float) -> str:
        """An instant as people write it: ``2016-09-28 14:35``, ``1.5 s``, ``12``."""
        if self.clock == "date":
            when = datetime.fromtimestamp(round(instant, 3), UTC)
            if self.step % 86400 == 0 and not when.time().replace(tzinfo=None).isoformat().strip("0:."):
                return f"{when:%Y-%m-%d}"
            return f"{when:%Y-%m-%d %H:%M}" + (f":{when:%S}" if when.second or self.step % 60 else "")
        text = f"{instant:.0f}" if instant == round(instant) else f"{instant:.6g}"
        return f"{text} s" if self.clock == "seconds" else text

    def interval(self) -> str:
        """The step in words: ``5 min``, ``0.04 s``, ``10``."""
        return duration(self.step) if self.clock != "number" else f"{self.step:.6g}"

    def parse(self, text: str) -> float:
        """The instant that ``text`` names: a number (of seconds, or as the frames are numbered) or an ISO 8601 date.

        Raises UserError.
        """
        try:
            if self.clock != "date":
                return float(text)
            when = datetime.fromisoformat(text)
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except ValueError:
            expected = {"number": "a number", "seconds": "seconds", "date": "a time such as 2016-09-28T14:52"}
            raise UserError(f"{text!r} is no instant of this sequence: expected {expected[self.clock]}") from None

    def describe(self, absent: Sequence[int]) -> str:
        """In words, for example ``40 images, 5 min apart, 2016-09-28 14:35 to 17:50, 1 missing: 15:05``."""
        count = len(self.instants) - len(absent)
        parts = [f"{count} images" if count != 1 else "1 image"]
        if self.clock != "number" or self.step != 1:
            many = self.regular or count < 2
            gaps = np.diff(self.instants)
            unit = duration if self.clock != "number" else "{:.6g}".format
            parts.append(
                f"{self.interval()} apart" if many else f"{unit(gaps.min())} to {unit(gaps.max())} apart (irregular)"
            )
        first, last = self.text(self.instants[0]), self.text(self.instants[-1])
        parts.append(f"{first} to {_without_date(last, first)}")
        shown = [_without_date(self.text(self.instants[position]), first) for position in absent[:5]]
        missing = f"{len(absent)} missing: {', '.join(shown)}{', ...' if len(absent) > 5 else ''}"
        parts.append(missing if absent else "none missing")
        return ", ".join(parts)


def _without_date(text: str, first: str) -> str:
    """A time without its date where that is the date of ``first``."""
    day, _, time = text.partition(" ")
    return time if ":" in time and first.startswith(day) else text


def duration(seconds: float) -> str:
    """Seconds in the largest unit of which they hold at least one: ``5 min``, ``1.5 h``, ``40 ms``."""
    name, unit = next(((name, unit) for name, unit in _UNITS if seconds >= unit * 0.999), _UNITS[-1])
    return f"{seconds / unit:.6g} {name}"


def parse_duration(text: str) -> float:
    """Seconds of ``5min``, ``1.5 h``, ``40ms``, ``2d``, ``10s``. Raises UserError."""
    for name, unit in sorted(_UNITS, key=lambda each: -len(each[0])):
        number = text.strip().removesuffix(name)
        if number != text.strip():
            try:
                seconds = float(number) * unit
            except ValueError:
                break
            if 0 < seconds < np.inf:
                return seconds
            break
    raise UserError(f"{text!r} is no duration: expected a number above 0 and a unit, as in 5min, 1.5h, 40ms or 2d")


def parse_instants(texts: Sequence[str]) -> tuple[np.ndarray, Clock]:
    """The instants of ISO 8601 dates, which are UTC where they do not say, or of numbers. ValueError for others."""
    try:
        return np.array([float(text) for text in texts]), "number"
    except ValueError:
        dates = [datetime.fromisoformat(text.strip()) for text in texts]
        aware = [date if date.tzinfo else date.replace(tzinfo=UTC) for date in dates]
        return np.array([date.timestamp() for date in aware]), "date"


def read_times(path: Path, count: int) -> tuple[np.ndarray, Clock]:
    """The instants (``count``,) of a CSV file: its last column, one row a frame in order, with or without a heading.

    Raises UserError.
    """
    try:
        rows = [row[-1].strip() for row in csv.reader(path.read_text("utf-8-sig").splitlines()) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"--times {path} cannot be read: {one_line(error)}; expected a CSV file in UTF-8") from error
    if len(rows) == count + 1:
        rows = rows[1:]
    if len(rows) != count:
        raise UserError(f"--times {path} has {len(rows)} rows, expected {count}: one for each frame")
    try:
        return parse_instants(rows)
    except ValueError as error:
        raise UserError(
            f"--times {path}: {one_line(error)}; expected numbers or ISO 8601 times such as 2016-09-28T14:35"
        ) from error


def arrange(
    instants: Sequence[float] | np.ndarray, clock: Clock, what: str, *, gaps: bool = True
) -> tuple[Timeline, np.ndarray]:
    """The timeline of frames at ``instants`` (n,), strictly rising, and the position int64 (n,) of each frame in it.

    Where every frame lies a whole number of the most common interval after the first, positions between that have no
    frame are gaps, unless frames are known to stay (no ``gaps``). Raises UserError, which begins with ``what``, where
    two frames have one instant, or hardly any position has a frame.
    """
    times = np.asarray(instants, np.float64)
    if not np.isfinite(times).all():
        raise UserError(f"{what}: a time is not finite; expected one for each frame")
    intervals = np.diff(times)
    if len(intervals) and intervals.min() <= 0:
        place = int(intervals.argmin())
        raise UserError(
            f"{what}: frame {place + 2} is not after frame {place + 1} ({times[place]:.12g}, then "
            f"{times[place + 1]:.12g}); remove one of the two, or give the times with --times"
        )
    step = _common(intervals) if len(intervals) else 1.0
    step, index, regular = _fitted(times, step)
    if not regular and clock == "number":  # of 1, 2, 4, 6, 8, 9 most are two apart, and 3 is missing all the same
        least = float(intervals.min())
        finer, places, fits = _fitted(times, least)
        if fits and np.isclose(intervals, least).sum() > 1 and places[-1] + 1 <= _GAPPIEST * len(times):
            step, index, regular = finer, places, fits
    regular = regular and (gaps or index[-1] < len(times))
    if not regular:
        return Timeline(times, clock, step, False), np.arange(len(times))
    if index[-1] + 1 > _SPARSEST * len(times):
        raise UserError(
            f"{what}: {len(times)} frames would be spread over {index[-1] + 1} positions, too sparse for a sequence; "
            "say which part of the names counts with --pattern, or give the times with --times"
        )
    whole = times[0] + step * np.arange(index[-1] + 1)
    whole[index] = times
    return Timeline(whole, clock, step, True), index


def _fitted(times: np.ndarray, step: float) -> tuple[float, np.ndarray, bool]:
    """The step near ``step`` that fits best, the place int64 (n,) of each time in steps, and whether all lie there."""
    places = np.concatenate([[0], np.cumsum(np.maximum(1, np.rint(np.diff(times) / step)))]).astype(np.int64)
    if not places[-1]:
        return step, places, True
    fitted = (times[-1] - times[0]) / places[-1]
    fits = bool(abs(fitted / step - 1) <= _ALIKE and np.abs((times - times[0]) / fitted - places).max() <= _NEAR)
    return (fitted if fits else step), places, fits


def _common(gaps: np.ndarray) -> float:
    """The interval that most of ``gaps`` are like; the shortest of several."""
    ordered = np.sort(gaps)
    alike = np.searchsorted(ordered, ordered * (1 + _ALIKE), "right") - np.arange(len(ordered))
    start = int(alike.argmax())
    return float(ordered[start : start + alike[start]].mean())
