"""Which part of the names of files says when frames are: the time or number that varies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from .stamps import NUMBER, UNIX, Stamp, dates, escape, weak_dates
from .timeline import Clock, arrange

HELP = "say which part counts with --pattern, such as"
_COMMON = 0.8  # the part of the names that a pattern must hold for
# What is hardly a time is one where it leaves hardly any position without a frame, or far fewer than numbers do.
_GAPLESS, _FEWER = 1.2, 0.1
_SAMPLED = 50  # names
_DIGITS, _DECIMALS, _SIGNED = r"\d+", r"\d+(?:\.\d+)?", r"-?\d+(?:\.\d+)?"


class _Several(Exception):
    """Several parts of the names vary, and any may be the position."""


def find_stamp(names: Sequence[str], what: str) -> Stamp:
    """The part of the names, some with a digit, that says when frames are.

    Raises UserError, which begins with ``what``, where less than 80% of the names have one in common, or several may
    be it.
    """
    shapes = {}
    for token in (_DIGITS, _DECIMALS, _SIGNED):
        texts = [tuple(re.split(token, name)) for name in names]
        shape, count = Counter(texts).most_common(1)[0]
        if len(shape) > 1:  # has a number
            shapes[token] = (count, [name for name, text in zip(names, texts, strict=True) if text == shape])
    best = max((count for count, _ in shapes.values()), default=0)
    if best < _COMMON * len(names):
        stamp = _dated(names)
        if stamp is None:
            odd = next(
                (name for name in names if re.sub(r"\d+", "0", name) != re.sub(r"\d+", "0", names[0])), names[-1]
            )
            raise UserError(
                f"{what}: names such as {names[0]!r} and {odd!r} have nothing in common that says their order; rename "
                f"them, or {HELP} 'frame_{{}}*'"
            )
        return stamp
    token = next(token for token, (count, _) in shapes.items() if count == best)
    alike = shapes[token][1]
    try:
        return _choose(alike, token, what)
    except _Several as several:
        raise UserError(f"{what}: {several}") from None


def _is_decimal(stamp: Stamp, names: Sequence[str]) -> bool:
    """Whether numbers with a point are rather that than two numbers, such as a time and a channel."""
    values = _values(stamp, names)
    if values is None or len(set(values)) < len(values):
        return False
    wholes = {int(value) for value in values}
    grid = len(wholes) * len({round(value - int(value), 9) for value in values}) == len(values)
    return not grid or _positions(values, "number") == len(values)


def _values(stamp: Stamp, names: Sequence[str]) -> list[float] | None:
    """The instants of all names, None where one has none."""
    values = [stamp.instant(name) for name in names]
    said = [value for value in values if value is not None]
    return said if len(said) == len(values) else None


def _positions(values: Sequence[float], clock: Clock) -> float:
    """How many positions a sequence of these instants has; infinity where it is irregular or sparse."""
    try:
        timeline, index = arrange(np.sort(values), clock, "")
    except UserError:
        return np.inf
    return int(index[-1]) + 1 if timeline.regular else np.inf


def _dated(names: Sequence[str]) -> Stamp | None:
    """The time that names hold that have nothing else in common."""
    some = names[:: 1 + len(names) // _SAMPLED]
    for stamp in dates():
        tried = Stamp(f"*{stamp.pattern}*")
        if sum(tried.instant(name) is None for name in some) > 2 * (1 - _COMMON) * len(some):
            continue  # there are hundreds of ways, and may be thousands of names
        found = Stamp(tried.pattern, names)
        values = [found.instant(name) for name in names]
        said = [value for value in values if value is not None]
        if len(said) >= _COMMON * len(names) and len(set(said)) == len(said):
            return found
    return None


def _choose(names: Sequence[str], token: str, what: str) -> Stamp:
    """The stamp of names that differ in their numbers alone; `_Several` where more than one may be it."""
    columns = list(zip(*(re.findall(token, name) for name in names), strict=True))
    texts = re.split(token, names[0])
    starts = [match.span() for match in re.finditer(token, names[0])]
    varying = [place for place, column in enumerate(columns) if len(set(column)) > 1]

    def side(places: range) -> str:
        """The pattern of the columns ``places`` and the texts around them but the one at the stamp."""
        return "".join(("*" if place in varying else columns[place][0]) + escape(texts[place + 1]) for place in places)

    def built(first: int, last: int, middle: str) -> Stamp:
        before = escape(texts[0]) + side(range(first))
        after = escape(texts[last + 1]) + side(range(last + 1, len(columns)))
        return Stamp(before + middle + after, names)

    def dated(ways: Sequence[Stamp], checked: Sequence[str] | None) -> list[tuple[Stamp, list[float]]]:
        """The ways that all names are written in, with their instants; of strong ones the first at each place."""
        found = []
        for first, (start, _) in enumerate(starts):
            for way in ways:
                length = way.starts(names[0][start:])
                last = next((n for n, (_, end) in enumerate(starts) if length and end == start + length), None)
                if last is None or (len(names) > 1 and not set(varying) & set(range(first, last + 1))):
                    continue
                stamp = built(first, last, way.pattern)
                values = _values(stamp, names)
                if values is not None:
                    found.append((stamp, values))
                    if checked:
                        break
                elif checked:
                    _refuse_odd(stamp, checked, what)
        return found

    def unique(found: list[tuple[Stamp, list[float]]]) -> list[tuple[Stamp, list[float]]]:
        return [(stamp, values) for stamp, values in found if len(set(values)) == len(values)]

    strong = dated(dates(), names)
    sure = next((each for each in unique(strong)), None)
    if sure is not None and UNIX not in sure[0].pattern:
        return sure[0]
    numbers = [built(place, place, NUMBER) for place in varying or [len(columns) - 1]]
    plain = sure or (numbers[0], _values(numbers[0], names) or [])
    fewest = _positions(plain[1], "number") if sure or len(numbers) == 1 else np.inf
    weak = [(_positions(values, stamp.clock), stamp) for stamp, values in unique(dated(weak_dates(), None))]
    positions, stamp = min(weak, key=lambda each: each[0], default=(np.inf, plain[0]))
    enough = max(_GAPLESS * len(names), _FEWER * fewest if np.isfinite(fewest) else 0)
    if len(names) > 2 and positions < fewest and positions <= enough:
        return stamp
    if sure or (len(numbers) == 1 and not strong):
        return plain[0]
    if not strong and varying[1:] == [varying[0] + 1] and texts[varying[1]] == ".":
        stamp = built(varying[0], varying[1], NUMBER)
        if _is_decimal(stamp, names):
            return stamp
    readings = [(stamp.pattern, values) for stamp, values in strong]
    readings += [(stamp.pattern.replace(NUMBER, "{}"), _values(stamp, names) or []) for stamp in numbers]
    if not strong and all(_proportional(readings[0][1], values) for _, values in readings[1:]):
        return numbers[0]
    said = " or ".join(f"{pattern!r} ({len(set(values))} of them)" for pattern, values in readings)
    raise _Several(
        f"several parts of names such as {names[0]!r} vary: the position may be {said}; {HELP} "
        f"{numbers[0].fixed(names[0])!r}, or codes such as %d-%m-%Y"
    )


def _refuse_odd(stamp: Stamp, names: Sequence[str], what: str) -> None:
    """UserError where all names but a few hold a time."""
    odd = [name for name in names if stamp.instant(name) is None]
    if len(names) >= 5 and len(odd) <= (1 - _COMMON) * len(names) and "%d" in stamp.pattern:
        raise UserError(
            f"{what}: {odd[0]!r} holds no valid time, but {len(names) - len(odd)} others are like {stamp.pattern!r}; "
            f"rename it, or {HELP} {NUMBER!r}"
        )


def _proportional(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether two readings give the same order and the same intervals but for their unit."""
    if one is None or other is None or len(set(one)) < len(one):
        return False
    steps, others = np.diff(np.sort(one)), np.diff(np.array(other)[np.argsort(one)])
    return bool(np.allclose(others / steps, others[0] / steps[0]) and others[0] > 0)
