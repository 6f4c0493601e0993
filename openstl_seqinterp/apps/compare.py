"""Several runs side by side, from the scores that each has left in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import Parser, UserError
from ..evaluation.records import Record
from ..evaluation.tables import table


def command(argv: Sequence[str]) -> None:
    """Print the scores of several runs in one table."""
    parser = Parser(
        prog="seqinterp compare",
        description="MSE of runs side by side; runs that differ in their seed alone share a column.",
    )
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs, each with its scores.json")
    folders: list[Path] = parser.parse_args(argv).runs
    for folder in folders:
        if not (folder / "scores.json").is_file():
            raise UserError(f"{folder} has no scores.json; train or test that run first")
    print(table([Record.read(folder / "scores.json") for folder in folders]))
