"""A pattern of a name: where its time or number stands, read from names and written into new ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

from .timeline import Clock

NUMBER = "{number}"
UNIX = "%s"  # as `date` has it: seconds since 1970 of 10 digits, or their thousandths, millionths, billionths
_TWO = r"\d{1,2}"
_CODES = {
    "%Y": r"\d{4}",
    "%j": r"\d{3}",
    "%f": r"\d{1,9}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]+",
    "%p": r"[AaPp][Mm]",
    "%z": r"Z|[+-]\d\d:?\d\d",
    UNIX: r"[1-9]\d{9}(?:\.\d{1,9})?|[1-9]\d{12}|[1-9]\d{15}|[1-9]\d{18}",
    **dict.fromkeys(("%y", "%m", "%d", "%H", "%I", "%M", "%S"), _TWO),
}
CODES = frozenset(_CODES)
_TOKENS = re.compile(r"(\{number\}|%[A-Za-z%]|\*)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIDNIGHT = datetime(1900, 1, 1, tzinfo=UTC)  # the day that strptime takes where none is named
_YEARS = range(1900, 2101)
_LAST = 4133980800.0  # the first second of 2101
# What the last code of a pattern counts, in microseconds.
_UNITS = {"%S": 10**6, "%M": 6 * 10**7, "%H": 36 * 10**8, "%I": 36 * 10**8, "%d": 864 * 10**8, "%j": 864 * 10**8}


def escape(text: str) -> str:
    """The pattern of a text that stands in every name."""
    return text.replace("%", "%%")


class Stamp:
    """``pattern`` is the text of a name with ``{number}``, or codes of `datetime.strptime` and ``%s``; ``*`` is any.

    Written names have the padding and decimals of the ``examples``, and ``finer`` decimals more.
    """

    def __init__(self, pattern: str, examples: Sequence[str] = ()) -> None:
        self.pattern = pattern
        self._parts = _TOKENS.split(pattern)  # texts and tokens in turn
        self._tokens = [token for token in self._parts[1::2] if token != "%%"]
        self._regex = re.compile("".join(self._expressions()) + r"(?!\d)")
        matches = [match.groups() for match in map(self._regex.fullmatch, examples) if match]
        self._examples = [dict(zip(self._tokens, groups, strict=True)) for groups in matches]
        self.finer = 0

    def _expressions(self) -> Iterator[str]:
        for place, part in enumerate(self._parts):
            if place % 2 == 0:
                yield re.escape(part)
            elif part in ("*", "%%", NUMBER):
                yield {"*": "(.*?)", "%%": "%", NUMBER: r"(-?\d+(?:\.\d+)?)"}[part]
            elif _CODES[part] == _TWO:
                # Digits that touch others have to be two, or nothing says where they end.
                touches = (self._parts[place - 1] == "" and place > 1) or (
                    self._parts[place + 1] == "" and place + 2 < len(self._parts)
                )
                yield r"(\d\d)" if touches else f"({_TWO})"
            else:
                yield f"({_CODES[part]})"

    @property
    def clock(self) -> Clock:
        """What the instants count."""
        if NUMBER in self._tokens:
            return "number"
        return "date" if {"%Y", "%y", UNIX} & set(self._tokens) else "seconds"

    def starts(self, text: str) -> int | None:
        """How long the part of ``text`` is that the pattern matches from its start, up to a non-digit."""
        match = self._regex.match(text)
        return match.end() if match else None

    def fixed(self, name: str) -> str:
        """The pattern for other names that have the same other parts as ``name``, as a user would write it."""
        match = self._regex.fullmatch(name)
        kept = iter(
            [text for token, text in zip(self._tokens, match.groups(), strict=True) if token == "*"] if match else []
        )
        said = [next(kept, "*") if place % 2 and part == "*" else part for place, part in enumerate(self._parts)]
        return "".join(said).replace(NUMBER, "{}")

    def instant(self, name: str) -> float | None:
        """The number, seconds since 1970, or of the day, that a name says; None where it says none."""
        match = self._regex.fullmatch(name)
        if match is None:
            return None
        said = [(token, text) for token, text in zip(self._tokens, match.groups(), strict=True) if token != "*"]
        token, text = said[0]
        if token == NUMBER:
            return float(text)
        if token == UNIX:
            seconds = float(text) / 10 ** (len(text.partition(".")[0]) - 10)
            return seconds if seconds < _LAST else None
        try:
            when = datetime.strptime(
                " ".join(text[:6] if token == "%f" else text for token, text in said),
                " ".join(token for token, _ in said),
            )
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        if self.clock == "seconds":
            return (when - _MIDNIGHT).total_seconds()
        return (when - _EPOCH) / timedelta(seconds=1) if when.year in _YEARS else None

    def name(self, instant: float, like: str, finer: Stamp | None = None) -> str | None:
        """The name that says ``instant``, rounded to what it can say; other parts are those of the name ``like``.

        ``finer`` is one of `refined` to write it by. None where the instant cannot be said.
        """
        match, stamp = self._regex.fullmatch(like), finer or self
        if match is None:
            return None
        others = list(zip(self._tokens, match.groups(), strict=True))
        zone = next((datetime.strptime(text, "%z").utcoffset() for token, text in others if token == "%z"), None)
        text_of = stamp._texts(instant + (zone.total_seconds() if zone else 0))
        if text_of is None:
            return None
        kept = iter([text for token, text in others if token in ("*", "%z")])
        pieces = [
            part if place % 2 == 0 else "%" if part == "%%" else next(kept) if part in ("*", "%z") else text_of(part)
            for place, part in enumerate(stamp._parts)
        ]
        return "".join(pieces)

    @cached_property
    def _padding(self) -> tuple[int, int, int]:
        """Of numbers: the digits before the point, and the fewest and most behind it; of times: of the fraction."""
        token = next((token for token in self._tokens if token in (NUMBER, UNIX, "%f")), None)
        known = [example[token] for example in self._examples if token in example] if token else []
        parts = [text.lstrip("-").partition(".") for text in known] or [("000", "", "")]
        decimals = [len(fraction) for _, _, fraction in parts]
        return min(len(whole) for whole, _, _ in parts), min(decimals) + self.finer, max(decimals) + self.finer

    @cached_property
    def _zeros(self) -> bool:
        """Whether days, hours and the like have two digits."""
        return all(
            len(text) == 2 for each in self._examples for token, text in each.items() if _CODES.get(token) == _TWO
        )

    def _texts(self, instant: float) -> Callable[[str], str] | None:
        """A function from a token to its text at an instant; None where the instant cannot be said."""
        width, fewest, most = self._padding
        if NUMBER in self._tokens or UNIX in self._tokens:
            number = instant * 10.0 ** (width - 10) if UNIX in self._tokens else instant
            text = _decimal(number, width, fewest, most)
            return lambda token: text
        when = self._rounded(instant)
        if when is None:
            return None

        def text_of(token: str) -> str:
            if token == "%f":
                return f"{when:%f}"[: width * (1 + self.finer)]
            return format(when, token) if self._zeros or _CODES[token] != _TWO else str(int(format(when, token)))

        return text_of

    def _rounded(self, instant: float) -> datetime | None:
        """The nearest time that the codes can say."""
        start = _MIDNIGHT if self.clock == "seconds" else _EPOCH
        unit = next((unit for code, unit in _UNITS.items() if code in self._tokens), None)
        if "%f" in self._tokens:
            unit = 10 ** max(0, 6 - self._padding[0] * (1 + self.finer))
        try:
            if unit is not None:
                return start + timedelta(microseconds=round(instant * 1e6 / unit) * unit)
            when = start + timedelta(seconds=instant)
            month = when.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            after = (month + timedelta(days=31)).replace(day=1)
            return month if when - month <= after - when else after
        except OverflowError:
            return None

    def refined(self) -> list[Stamp]:
        """Patterns that say more and more: decimals of numbers, minutes, seconds and their fractions of times."""
        if self.clock == "number" or UNIX in self._tokens:
            return [self._like(self.pattern, decimals) for decimals in range(1, 7)]
        finer, pattern = [], self.pattern
        between = re.search(r"%H(.?)%M", pattern)
        mark = between[1] if between else ""
        for before, added, after in (("%d", "T%H%M", "%H"), ("%H", f"{mark}%M", "%M"), ("%M", f"{mark}%S", "%S")):
            if after not in pattern and before in pattern:
                pattern = pattern.replace(before, before + added)
                finer.append(self._like(pattern, 0))
        if "%S" in pattern:
            pattern = pattern if "%f" in pattern else pattern.replace("%S", "%S.%f")
            finer += [self._like(pattern, 0), self._like(pattern, 1)]
        return finer

    def _like(self, pattern: str, finer: int) -> Stamp:
        stamp = Stamp(pattern)
        stamp._examples, stamp.finer = self._examples, finer
        return stamp


def _decimal(value: float, width: int, fewest: int, most: int) -> str:
    """A number with leading zeros to ``width`` digits and ``fewest`` to ``most`` decimals."""
    text = f"{abs(value):.{most}f}"
    whole, _, fraction = text.partition(".")
    while len(fraction) > fewest and fraction.endswith("0"):
        fraction = fraction[:-1]
    sign = "-" if value < 0 and float(text) else ""
    return f"{sign}{whole.zfill(width)}{'.' if fraction else ''}{fraction}"


@lru_cache
def dates() -> tuple[Stamp, ...]:
    """Ways to write a date, with or without a time, from those that say most."""
    solid = ("%H%M%S", "%H%M")
    apart = [mark.join(codes) for codes in (("%H", "%M", "%S"), ("%H", "%M")) for mark in "-_:."]
    found = ["%Y%m%d%H%M%S%f", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%dT%H", "%Y%m%dT%HZ"]
    found += ["%Y%j%H%M%S%f", "%Y%j%H%M%S", "%Y%j.%H%M", "%Y%j_%H%M", UNIX]
    for date in ("%Y%m%d", *(mark.join(("%Y", "%m", "%d")) for mark in "-_.")):
        found.append(date)
        for join in ("T", "t", "_", "-", ".", " ", "_T", " at ", "--", "__"):
            for time in (*solid, *apart, "%Hh%M"):
                fraction = ("", ".%f", ",%f") if time.endswith("%S") else ("",)
                found += [date + join + time + end for end in fraction]
                found += [date + join + time + end + "%z" for end in fraction]
    return tuple(Stamp(pattern) for pattern in sorted(found, key=lambda text: -text.count("%")))


@lru_cache
def weak_dates() -> tuple[Stamp, ...]:
    """Ways to write a time that are as good as numbers: without a day, or with a year of two digits."""
    solid = ("%y%m%d%H%M%S", "%y%m%d%H%M", "%y%m%d", "%d%m%Y", "%m%d%Y", "%Y%m", "%H%M%S", "%H%M", "%Y%j")
    days = [day + mark + time for day in ("%y%m%d",) for mark in "_-T" for time in ("%H%M%S", "%H%M")]
    parts = (("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%H", "%M", "%S"), ("%H", "%M"), ("%Y", "%m"))
    return tuple(Stamp(pattern) for pattern in (*days, *solid, *(mark.join(each) for each in parts for mark in "-_:.")))
