"""The flags of all commands that read a sequence, and what they mean: `io.Options`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from glob import glob
from pathlib import Path

from ..errors import UserError
from .fill.missing import KINDS
from .io import Options


def add_input_flags(parser: ArgumentParser) -> None:
    """Let ``parser`` take what an input does not say itself."""
    group = parser.add_argument_group("what the input does not say itself")
    group.add_argument("--axes", help="of an array, a letter a dimension: T time, Y, X, C colours: TYXC, NTYX")
    group.add_argument("--variable", metavar="NAME", help="an array among several, of HDF5, NetCDF, Zarr or npz")
    group.add_argument("--pattern", help="of file names, with {} where the number or time stands: 'img_{}_ch1.tif'")
    group.add_argument("--times", type=Path, metavar="CSV", help="when each image is: ISO 8601 times or numbers")
    group.add_argument("--fill_value", type=float, metavar="X", help="the value of pixels that have none")
    group.add_argument("--labels", action="store_true", default=None, help="values are labels: never mixed")
    group.add_argument("--csv_shape", type=int, nargs=3, metavar=("T", "H", "W"), help="of a sequence in a csv file")


def add_missing_flag(parser: ArgumentParser, purpose: str) -> None:
    """Let ``parser`` take what is missing, as `fill.missing` reads it, and say for what ``purpose``."""
    kinds = ", ".join(KINDS)
    parser.add_argument(
        "--missing",
        nargs="+",
        default=[],
        metavar="N",
        help=f"images to {purpose}: numbers, counted from 1, and kinds to look for: {kinds} (auto: without any value)",
    )


def input_options(args: Namespace) -> Options:
    """The options that ``args``, of a parser with `add_input_flags`, hold."""
    return Options(
        axes=args.axes,
        variable=args.variable,
        pattern=args.pattern,
        times=args.times,
        fill_value=args.fill_value,
        labels=args.labels,
        csv_shape=args.csv_shape and tuple(args.csv_shape),
    )


def input_paths(names: Sequence[str]) -> list[Path]:
    """The inputs that are named, glob patterns resolved. UserError where a pattern matches nothing."""
    paths: list[Path] = []
    for name in names:
        if Path(name).exists() or not any(mark in name for mark in "*?["):
            paths.append(Path(name))
            continue
        found = sorted(Path(each) for each in glob(name, recursive=True))  # noqa: PTH207 (an absolute one too)
        if not found:
            raise UserError(f"no input matches {name!r}")
        paths += found
    return list(dict.fromkeys(paths))
