"""``seqinterp inspect``: what is understood of a sequence, before anything is made of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from ..errors import Parser
from .fill.missing import KINDS
from .flags import add_input_flags, input_options, input_paths
from .io import Source, open_source
from .scenes import scan
from .words import numbered

_WIDTH = 72  # characters of a timeline
_MARKS = {"known": "█", "empty": "▒", "absent": "·"}


def timeline_picture(source: Source, empty: set[int]) -> str:
    """A line a ``_WIDTH`` positions: which have an image, which have one without values, and which have none."""
    marks = [
        _MARKS["absent"] if source.number(position) is None else _MARKS["empty" if position in empty else "known"]
        for position in range(source.length)
    ]
    shown = marks
    if len(marks) > 8 * _WIDTH:  # a mark for several positions: the worst of them
        order = list(_MARKS.values())
        shown = [
            max((marks[place] for place in part), key=order.index)
            for part in np.array_split(np.arange(len(marks)), 8 * _WIDTH)
        ]
    lines = ["".join(shown[start : start + _WIDTH]) for start in range(0, len(shown), _WIDTH)]
    encoding = sys.stdout.encoding or "ascii"
    if not all(mark.encode(encoding, "ignore") for mark in _MARKS.values()):
        table = str.maketrans(dict(zip(_MARKS.values(), "#o.", strict=True)))
        lines = [line.translate(table) for line in lines]
    return "\n".join(lines)


def command(argv: Sequence[str]) -> None:
    """Say what is understood of sequences."""
    parser = Parser(
        prog="seqinterp inspect",
        description="Say what is understood of a sequence: how many images, when, which values, what is missing.",
    )
    parser.add_argument("inputs", nargs="+", help="folders, videos, stacks, arrays or tables; patterns in quotes")
    parser.add_argument("--suggest", action="store_true", help="look for black, frozen and damaged images too")
    add_input_flags(parser)
    args = parser.parse_args(argv)
    for path in input_paths(args.inputs):
        source = open_source(path, input_options(args))
        print(source.describe())
        found = {kind: list(find(source, 0)) for kind, find in KINDS.items() if args.suggest or kind == "auto"}
        print(timeline_picture(source, set(found["auto"])))
        for kind, positions in found.items():
            if positions:
                print(f"{numbered(positions)}: fill with --missing {kind}")
        edges = scan(source)
        for one, other in edges.cuts:
            print(f"cut between images {one + 1} and {other + 1}: nothing is filled across it")
        if edges.flashes:
            print(f"{numbered(edges.flashes)}: unlike those on both sides, which are alike; nothing is filled from it")
        if source.absent:
            print("images that are not there are filled by: seqinterp predict")
        for note in source.notes:
            print(note)
