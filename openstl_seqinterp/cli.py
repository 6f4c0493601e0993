"""The console command ``seqinterp COMMAND ...``: a table of commands, and how a mistake ends."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import NamedTuple

from .errors import Parser, UserError, require_known


class Command(NamedTuple):
    """What ``--help`` says, and the function of a command's arguments, in a module that is imported when it is used.

    The modules of most commands take seconds to import.
    """

    help: str
    module: str
    function: str


COMMANDS: dict[str, Command] = {
    "train": Command("Train a method, then score its best checkpoint.", "commands", "train"),
    "test": Command(
        "Score the best checkpoint of a run: give the arguments that it was trained with.", "commands", "test"
    ),
    "predict": Command("Fill the missing images of a sequence.", "apps.fill.command", "predict"),
    "inspect": Command("Say what is understood of a sequence.", "apps.inspect", "command"),
    "benchmark": Command("Train and score what a benchmark lacks; write its page.", "apps.benchmark.command", "run"),
    "compare": Command("Print the scores of several runs in one table.", "apps.compare", "command"),
    "prepare": Command("Write the simulated sequences.", "commands", "prepare"),
    "export": Command("Write a trained network in a form that other programs run.", "apps.export", "command"),
    "app": Command("Fill sequences on a page in the browser.", "apps.web.command", "app"),
    "import": Command("Turn own images or videos into a data set.", "apps.importing", "command"),
}
_SCRIPT = Command("Run one of OpenSTL's own scripts.", "commands", "script")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``COMMAND ARGUMENTS`` (by default those of the process) and return its exit code.

    A mistake of the user's ends in one line on standard error and exit code 2.
    """
    try:
        with _stoppable():
            _run(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print("\nstopped", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT)
    return 0


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does: nothing half-written stays."""


@contextmanager
def _stoppable() -> Iterator[None]:
    """Raise `_Terminated` at the first SIGTERM; where Lightning listens to it, leave it to that."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def stop(number: int, frame: object) -> None:
        if signal.getsignal(signal.SIGTERM) is stop:  # Lightning calls it from a handler of its own
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not stop the removal of what is left
            raise _Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(words: Sequence[str]) -> None:
    if words and words[0].endswith(".py"):
        return _function(_SCRIPT)(words)
    if words and not words[0].startswith("-"):
        require_known("command", words[0], COMMANDS)
    parser = Parser(prog="seqinterp", description="Fill the missing images of sequences, and continue sequences.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.help, add_help=False)  # each has flags and help of its own
    chosen, rest = parser.parse_known_args(words or ["--help"])
    return _function(COMMANDS[chosen.command])(rest)


def _function(command: Command) -> Callable[[Sequence[str]], None]:
    function: Callable[[Sequence[str]], None] = getattr(
        import_module(f".{command.module}", __package__), command.function
    )
    return function
