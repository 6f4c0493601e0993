"""From the names of files to their order and instants, and back to names for frames between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ...errors import UserError
from .patterns import HELP, find_stamp
from .stamps import CODES, NUMBER, Stamp, escape
from .timeline import Clock

# Of the shortest interval, how far a written name may be off its instant: in a gap, and between known neighbours.
_NEAR, _NEAR_BETWEEN = 0.3, 0.02


@dataclass(frozen=True)
class Names:
    """``order`` are the places of the names that take part, by their ``instants`` (None: by the alphabet alone).

    ``left_out`` are the places of the others. ``stamp`` says how the instants stand in the names.
    """

    names: list[str]
    order: list[int]
    stamp: Stamp | None = None
    instants: np.ndarray | None = None
    left_out: list[int] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """What the instants count."""
        return self.stamp.clock if self.stamp else "number"

    def written(self, known: Sequence[int | None], instants: np.ndarray) -> list[str]:
        """A name for each frame of an output, unique and in order: entry p is at ``instants[p]``, rising.

        ``known`` says which of the ordered names it has, or None where it is new. Known ones keep their names unless
        new ones that lie between cannot be told apart: then all say more (seconds, decimals), or are numbered anew.
        """
        likes = _likes(known)
        own = [None if number is None else self.names[self.order[number]] for number in known]
        if self.stamp is not None:
            near = self._near(instants)
            for finer in (None, *self.stamp.refined()):
                stamp = finer or self.stamp
                named = [
                    kept
                    if kept is not None and finer is None
                    else self.stamp.name(at, self.names[self.order[like]], finer)
                    for kept, like, at in zip(own, likes, instants, strict=True)
                ]
                if all(
                    name is not None and (kept == name or _close(stamp.instant(name), at, near))
                    for kept, name, at in zip(own, named, instants, strict=True)
                ) and len(set(named)) == len(named):
                    return [name for name in named if name is not None]
        else:
            count = Counter[int]()
            counted: list[str] = []
            for kept, like in zip(own, likes, strict=True):
                count[like] += kept is None
                counted.append(kept or f"{self.names[self.order[like]]}_filled_{count[like]:04d}")
            if counted == sorted(set(counted), key=natural):
                return counted
        width = max(4, len(str(len(known))))
        return [f"frame_{place + 1:0{width}d}" for place in range(len(known))]

    def _near(self, instants: np.ndarray) -> float:
        """How far names at ``instants`` may be off them."""
        if len(instants) < 2 or self.instants is None:
            return np.inf
        gap = float(np.diff(instants).min())
        between = len(self.instants) > 1 and gap < 0.9 * float(np.diff(self.instants).min())
        return gap * (_NEAR_BETWEEN if between else _NEAR)


def _close(said: float | None, instant: float, near: float) -> bool:
    return said is not None and abs(said - instant) <= near


def _likes(known: Sequence[int | None]) -> list[int]:
    """For each entry the known number at or before it; the first known one where there is none."""
    likes, like = [], next((number for number in known if number is not None), 0)
    for number in known:
        like = like if number is None else number
        likes.append(like)
    return likes


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key to sort names by, in which 2 is before 12."""
    return tuple((int(part), "") if part.isdecimal() else (0, part.lower()) for part in re.split(r"(\d+)", name))


def read_names(names: Sequence[str], pattern: str | None, what: str) -> Names:
    """What the names of a folder's files, without their suffixes, say of their order and instants.

    ``pattern`` is what the user says of them (`Options`). Raises UserError, which begins with ``what``, where nothing
    is common to most names, several numbers vary, or two names say the same.
    """
    if pattern is not None:
        stamp = _stamp_of(pattern, names, what)
    elif not any(re.search(r"\d", name) for name in names):
        return Names(list(names), sorted(range(len(names)), key=lambda place: natural(names[place])))
    else:
        stamp = find_stamp(names, what)
    instants = [stamp.instant(name) for name in names]
    said = {place: instant for place, instant in enumerate(instants) if instant is not None}
    order = sorted(said, key=said.__getitem__)
    for one, other in pairwise(order):
        if said[one] == said[other]:
            raise UserError(
                f"{what}: {names[one]!r} and {names[other]!r} have the same time or number by {stamp.pattern!r}; "
                f"remove one of them, or {HELP} {stamp.fixed(names[one])!r}"
            )
    left = [place for place in range(len(names)) if place not in said]
    return Names(list(names), order, stamp, np.array([said[place] for place in order]), left)


def _stamp_of(pattern: str, names: Sequence[str], what: str) -> Stamp:
    """The stamp of what the user says."""
    codes = set(re.findall(r"%[A-Za-z]", pattern))
    marks = re.findall(r"\{(?:time|number)?\}", pattern)
    if len(marks) + bool(codes) != 1 or codes - CODES:
        raise UserError(
            f"--pattern {pattern!r} is not understood: expected a name with one {{}} where the number or time stands, "
            "or codes such as %Y%m%d%H%M; other parts may be *"
        )
    if codes or marks == [NUMBER]:
        found = Stamp(pattern, names)
    else:
        before, _, after = pattern.partition(marks[0])
        sides = [
            "".join(".*?" if part == "*" else re.escape(part) for part in re.split(r"(\*)", side))
            for side in (before, after)
        ]
        regex = re.compile(rf"({sides[0]})(?<!\d)(\d(?:.*?\d)?)(?!\d)({sides[1]})")
        inner = [match[2] for match in map(regex.fullmatch, names) if match]
        if not inner:
            raise UserError(_no_match(what, pattern, names))
        found = Stamp(escape(before) + find_stamp(inner, what).pattern + escape(after), names)
    if all(found.instant(name) is None for name in names):
        raise UserError(_no_match(what, pattern, names))
    return found


def _no_match(what: str, pattern: str, names: Sequence[str]) -> str:
    return f"{what}: no name is like --pattern {pattern!r}; one of them is {names[0]!r}"
