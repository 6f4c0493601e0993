"""What is asked for on the page, as the words of ``seqinterp predict`` and as lines of Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import Parser, UserError
from ...shipped import SHIPPED
from ..fill.fillers import DEFAULT
from ..flags import add_input_flags, input_options
from ..io import Options
from .limits import RESULT

METHODS = {
    "motion (needs no training)": DEFAULT,
    "DIS flow (needs no training)": "dis-flow",
    "the mean of the neighbours": "mean",
}
MOST = 100  # images to continue by, and to insert between two
SHIPPED_NAME = "the network that travels with the package"


@dataclass(frozen=True)
class Asked:
    """How the sequence at ``path`` is to be filled; ``marked`` and ``empty`` are positions.

    ``empty`` are those without any value, which the command line finds by itself. It has ``length`` positions, of which
    ``gaps`` have no image. ``flags`` are what the input does not say itself, as the command line takes them.
    ``checkpoint`` is a path or the name of the shipped one.
    """

    path: Path
    flags: tuple[str, ...] = ()
    marked: tuple[int, ...] = ()
    empty: tuple[int, ...] = ()
    length: int = 0
    gaps: int = 0
    extend: int = 0
    insert: int = 0
    method: str = DEFAULT
    checkpoint: Path | str | None = None
    uncertainty: bool = True

    @property
    def options(self) -> Options:
        """What the input does not say itself."""
        return options_of(self.flags)

    @property
    def missing(self) -> list[str]:
        """The words of ``--missing``."""
        if self.empty and set(self.empty) <= set(self.marked):
            return ["auto", *(str(each + 1) for each in self.marked if each not in self.empty)]
        return [str(each + 1) for each in self.marked]

    @property
    def missing_words(self) -> list[str]:
        """The flag with its words, nothing where none is missing."""
        return ["--missing", *self.missing] if self.missing else []

    def by(self, name: str, checkpoints: Mapping[str, Path]) -> Asked:
        """The same by a method, as the page names it. UserError for one that is not there."""
        if name in METHODS:
            return replace(self, method=METHODS[name], checkpoint=None)
        if name != SHIPPED_NAME and name not in checkpoints:
            raise UserError(f"there is no method {name!r} any more; choose another one")
        return replace(self, checkpoint=SHIPPED if name == SHIPPED_NAME else checkpoints[name])

    def check(self) -> None:
        """UserError where nothing is to be filled, or too much for a page."""
        if not (self.marked or self.gaps or self.extend or self.insert):
            raise UserError("nothing is to be filled: mark images, continue the sequence, or insert some")
        if not (0 <= self.extend <= MOST and 0 <= self.insert <= MOST):
            raise UserError(f"continue by and insert 0 to {MOST} images")
        count = (self.length + self.extend) * (self.insert + 1) - self.insert
        if count > RESULT:
            raise UserError(f"the result would have {count} images, expected at most {RESULT}; use `seqinterp predict`")

    def _words(self, checkpoint: str | None) -> list[str]:
        words = [*self.flags, *self.missing_words]
        for name in ("extend", "insert"):
            if value := getattr(self, name):
                words += [f"--{name}", str(value)]
        words += ["--method", self.method] if checkpoint is None else ["--checkpoint", checkpoint]
        return words + ["--uncertainty"] * self.uncertainty

    def argv(self, out: Path) -> list[str]:
        """The command that is run, which writes ``out``."""
        checkpoint = None if self.checkpoint is None else str(self.checkpoint)
        return ["predict", str(self.path), *self._words(checkpoint), "--out", str(out)]

    def _told(self) -> list[str]:
        """The same for the visitor's own computer, where files have their names alone."""
        checkpoint = None if self.checkpoint is None else Path(self.checkpoint).name
        stem = self.path.name if self.path.is_dir() else self.path.stem
        return ["predict", self.path.name, *self._words(checkpoint), "--out", f"{stem}_filled"]

    def command_line(self) -> str:
        """What to type."""
        return shlex.join(["seqinterp", *self._told()])

    def python(self) -> str:
        """Lines that do the same: with `fill` where the input is one array, else with the command."""
        if self.path.suffix.lower() != ".npy" or self.flags or self.extend or self.insert or "auto" in self.missing:
            words = ", ".join(f'"{word}"' for word in self._told())
            return f"from openstl_seqinterp.cli import main\n\nmain([{words}])\n"
        which = f'method="{self.method}"'
        if self.checkpoint is not None:
            which = f'checkpoint="{Path(self.checkpoint).name}"'
        return (
            "import numpy as np\nimport openstl_seqinterp\n\n"
            f'frames = np.load("{self.path.name}")\n'
            "observed = np.ones(len(frames), bool)\n"
            f"observed[{list(self.marked)}] = False\n"
            f"filled = openstl_seqinterp.fill(frames, observed, {which})\n"
        )


def options_of(flags: Sequence[str]) -> Options:
    """The options that flags of the command line say. UserError for bad ones."""
    parser = Parser(prog="seqinterp app")
    add_input_flags(parser)
    return input_options(parser.parse_args(list(flags)))


def flags_of(axes: str, variable: str, fill_value: str) -> tuple[str, ...]:
    """The flags for what is typed on the page; UserError where it is none."""
    given = {"axes": axes, "variable": variable, "fill_value": fill_value}
    flags = tuple(f"--{name}={value.strip()}" for name, value in given.items() if value and value.strip())
    options_of(flags)
    return flags
