"""Mistakes of the user's that end a command in one line and exit code 2."""

from __future__ import annotations

from argparse import Action, ArgumentError, ArgumentParser
from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from typing import Any, NoReturn


class UserError(Exception):
    """Bad input. The message is one line: what, where, the value found, the value expected, the next step."""


def one_line(error: BaseException) -> str:
    """The message of an error from elsewhere, without its line breaks and what is beyond 200 characters.

    An error without a message is called by its type.
    """
    return " ".join(str(error).split())[:200] or type(error).__name__


def nearest(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the known name closest to ``name``, else an empty string."""
    names = sorted(known)
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""


def require_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise UserError unless ``name`` is one of ``known``, naming the nearest and listing them all."""
    names = list(known)
    if name not in names:
        raise UserError(f"unknown {kind} {name!r}{nearest(name, names)} (known: {', '.join(names)})")


class Parser(ArgumentParser):
    """A command line whose mistakes are UserErrors: one line, not the usage of every flag. Numbers are finite."""

    def _get_value(self, action: Action, text: str) -> Any:
        value = super()._get_value(action, text)
        if isinstance(value, float) and not isfinite(value):
            raise ArgumentError(action, f"{text!r} is no finite number")
        return value

    def error(self, message: str) -> NoReturn:
        """Raise UserError."""
        raise UserError(message)
