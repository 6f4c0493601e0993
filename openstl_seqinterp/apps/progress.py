"""A bar on a terminal; lines now and then where nobody watches one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.progress import track

PERIOD = 10.0  # seconds from one line to the next; the page, which watches its children, sets it shorter
Item = TypeVar("Item")


def tracked(items: Iterable[Item], doing: str, total: int) -> Iterator[Item]:
    """Go through ``items`` and say how far it is: one counts when its successor is asked for."""
    if sys.stdout.isatty():
        yield from track(items, doing, total)
        return
    started = said = time.monotonic()
    for number, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said >= PERIOD:
            said = now
            print(f"{doing}: {number} of {total}, {number / (now - started):.3g} a second", flush=True)
