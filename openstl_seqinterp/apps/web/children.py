"""Processes of the page's own: started in milliseconds, read line by line, stopped at any time."""

from __future__ import annotations

import io
import multiprocessing
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from ...errors import UserError, one_line
from .. import progress

_FORKED = "forkserver" in multiprocessing.get_all_start_methods()
_CONTEXT: Any = multiprocessing.get_context("forkserver" if _FORKED else "spawn")
# What takes seconds to import, and what every fill does.
_PRELOADED = [f"openstl_seqinterp.{name}" for name in ("apps.fill.network", "apps.web.looking", "evaluation.figures")]
_PATIENCE = 5.0  # seconds that a process has to remove what it has half-written


def get_ready() -> None:
    """Import what children need, once, in a process that they are copied from. It takes seconds."""
    if _FORKED:
        _CONTEXT.set_forkserver_preload(_PRELOADED)
        Child(int).end()


class Child:
    """A process that runs ``function(*arguments)``, which are picklable; its exit code is that, or 0.

    A UserError ends it with code 2 and the line ``error: ...``, as the commands.
    """

    def __init__(self, function: Callable[..., int | None], *arguments: Any) -> None:
        self._reader, writer = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_run, args=(writer, function, arguments))
        self._process.start()
        writer.close()
        self._told: float | None = None  # when, to stop
        self._ending = threading.Lock()

    def lines(self, every: float = 0.25) -> Iterator[str | None]:
        """What it prints, line by line until it has ended; None where it was silent for ``every`` seconds."""
        with suppress(EOFError):
            while not self._late:
                yield self._reader.recv() if self._reader.poll(every) else None
        self.end()

    @property
    def code(self) -> int | None:
        """Its exit code; below 0 where a signal ended it, None while it runs."""
        code: int | None = self._process.exitcode
        return code

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._told is not None

    @property
    def _late(self) -> bool:
        return self._told is not None and time.monotonic() - self._told > _PATIENCE

    def stop(self) -> None:
        """Tell it to end, as Ctrl-C ends a command: nothing half-written stays."""
        if self._told is None:
            self._told = time.monotonic()
            self._process.terminate()

    def end(self) -> None:
        """Wait until it has ended, where it was told to not for long."""
        with self._ending:
            self._process.join(_PATIENCE if self.stopped else None)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()


class _Lines(io.TextIOBase):
    """A text stream whose lines are sent; a bar that returns to the start of its line sends lines too."""

    def __init__(self, writer: Connection) -> None:
        self._writer, self._begun = writer, ""

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).replace("\r", "\n").split("\n")
        for line in filter(str.strip, whole):
            with suppress(OSError):  # nobody listens any more
                self._writer.send(line)
        return len(text)

    def writable(self) -> bool:
        return True


def _run(writer: Connection, function: Callable[..., int | None], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the page, which stops its children
    sys.stdout = sys.stderr = _Lines(writer)
    progress.PERIOD = 0.2
    try:
        code = function(*arguments) or 0
    except UserError as error:
        print(f"error: {error}")
        code = 2
    except Exception as error:  # noqa: BLE001 - the page says it, whatever it is
        traceback.print_exc(file=sys.__stderr__)
        print(f"error: {one_line(error)}")
        code = 1
    sys.exit(code)
