"""Own images and videos as a data set: each frame once in a `data.store`, in one part of the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..data.loaders import is_own
from ..data.simulate import DIGITS
from ..data.store import ABOUT, tested
from ..errors import Parser, UserError, require_known
from ..files import write_json
from ..protocols import PROTOCOLS
from .dividing import PARTS, Unit, counts, plan
from .fill.missing import Seen, see
from .fill.request import Request
from .flags import add_input_flags, add_missing_flag, input_options, input_paths
from .frames import Frames
from .io.readers import open_source
from .io.source import Options, Source
from .progress import tracked
from .scenes import DOING, NO_EDGES, scan
from .staging import atomic_folder
from .storing import write_frames
from .words import numbered

_LEAST, _MOST = 8, 2**14  # pixels a side
_SAID = 5  # sequences whose cuts are said
_RESERVED = (*PROTOCOLS, *DIGITS)


def _places(withhold: Sequence[int] | None, length: int) -> list[int]:
    """The images of a sequence, from 1, that are withheld: one between others and the last, if nobody says which."""
    if withhold is None:
        return [4, length] if length > 5 else [3]
    given = len({*withhold})
    if not all(1 <= place <= length for place in withhold) or not len(withhold) == given <= length - 2:
        raise UserError(
            f"--withhold {' '.join(map(str, withhold))}: expected images of 1 to {length}, each once, two or more left"
        )
    return sorted(withhold)


def _units(sources: Sequence[Source], seen: Sequence[Seen], cuts: bool) -> Iterator[Unit]:
    """Every sequence of the sources that has images, divided at its cuts if these are looked for."""
    each = [
        (source, sequence, known)
        for source, what in zip(sources, seen, strict=True)
        for sequence, known in enumerate(np.flatnonzero(~missing) for missing in what.missing)
        if len(known)
    ]
    total = sum(len(known) - 1 for _, _, known in each)
    steps = tracked(range(total), DOING, total)
    for source, sequence, known in each:
        yield Unit.of(source, sequence, known, scan(source, sequence, known.tolist(), steps) if cuts else NO_EDGES)


def _left_out(sources: Sequence[Source], seen: Sequence[Seen]) -> list[str]:
    """What is said of the images that were looked for to be left out."""
    return [
        f"{source.path}: left out by {line}" for source, what in zip(sources, seen, strict=True) for line in what.found
    ]


def _crossed(units: Sequence[Unit]) -> list[str]:
    """What is said of the cuts that no window crosses, and of the flashes."""
    lines, divided = [], [unit for unit in units if unit.cuts or unit.flashes]
    for unit in divided[:_SAID]:
        which = f"{unit.source.path}" + (f", sequence {unit.sequence + 1}" if unit.source.sequences > 1 else "")
        if count := len(unit.cuts):
            lines.append(
                f"{which}: {count} cut{'s' * (count > 1)} between scenes, before {numbered(unit.cuts)}; no window "
                "crosses one (--cuts none turns this off)"
            )
        if unit.flashes:
            lines.append(
                f"{which}: {numbered(unit.flashes)} left out as unlike those on both sides, which are alike "
                "(--cuts none turns this off)"
            )
    if len(divided) > _SAID:
        lines.append(f"{len(divided) - _SAID} more sequences have cuts or such images, which {ABOUT} lists")
    return lines


def import_sequences(
    inputs: Sequence[Path],
    out: Path,
    *,
    length: int | None = None,
    stride: int = 1,
    size: tuple[int, int] | None = None,
    withhold: Sequence[int] | None = None,
    missing: Sequence[str] = (),
    value_range: tuple[float, float] | None = None,
    options: Options | None = None,
    cuts: bool = True,
    seed: int = 0,
    replace: bool = False,
) -> dict[str, Any]:
    """Write the data set ``out``, which may ``replace`` another, and return what its ``import.json`` says.

    Test sequences have ``length`` images, of which ``withhold``, counted from 1, are withheld; windows to train on
    begin every ``stride`` images. Those that are ``missing``, in numbers from 1 of each input or kinds to look for, are
    left out. Images keep their type and values; they become ``size`` (H, W) if given, and are padded by reflection to
    multiples of 4. No window crosses a cut between scenes where ``cuts`` are looked for, which reads all images once
    more. Raises UserError, with nothing written, for anything that cannot work.
    """
    if not re.fullmatch(r"[A-Za-z0-9_]+", out.name) or out.name in _RESERVED:
        raise UserError(
            f"--out {out}: {out.name!r} cannot name a data set; use letters, digits and _, and none of {_RESERVED}"
        )
    for name, value, least in (
        ("length", length, 3),
        ("stride", stride, 1),
        *(("size", side, _LEAST) for side in size or ()),
    ):
        if value is not None and not least <= value <= _MOST:
            raise UserError(f"--{name}: {value} is not between {least} and {_MOST}; name another number")
    if value_range is not None and not value_range[0] < value_range[1] < np.inf:
        raise UserError(f"--range is {value_range[0]:g} {value_range[1]:g}, expected the lower value first")
    sources = [open_source(path, options) for path in inputs]
    first = sources[0]
    for source in sources:
        for what, found, expected, advice in (
            ("channels", source.shape[2] if source.shape[2] < 3 else 3, 1 if first.shape[2] == 1 else 3, "as many"),
            ("values of type", source.dtype, first.dtype, "the same kind"),
            ("fill value", source.fill_value, first.fill_value, "the same --fill_value"),
            ("size", source.shape[:2] if size is None else size, size or first.shape[:2], "one for all by --size H W"),
        ):
            if found != expected:
                raise UserError(f"{source.path}: {what} {found}, expected {expected} as in {first.path}; give {advice}")
    if size is None and min(first.shape[:2]) < _LEAST:
        raise UserError(
            f"{first.path}: images are {first.shape[:2]} (H, W), expected {_LEAST} or more; give --size H W"
        )
    seen = [see(source, Request(options or Options(), tuple(missing))) for source in sources]
    units = list(_units(sources, seen, cuts))
    table, length = plan(units, length, stride, seed)
    places = _places(withhold, length)
    hidden = tested(table["part"], table["stretch"], length)[:, np.array(places) - 1].ravel()
    frames = Frames(units, size, hidden)
    with atomic_folder(out, replace) as folder:
        write_frames(folder, tracked(frames, "importing", len(table["part"])), table, hidden)
        parts = {name: int((table["part"] == part).sum()) for name, part in PARTS.items()}
        about = {
            "inputs": [str(path) for path in inputs],
            "understood": [source.describe() for source in sources],
            "notes": [
                *(note for source in sources for note in source.notes),
                *_left_out(sources, seen),
                *_crossed(units),
            ],
            "cuts": [unit.scenes() for unit in units if unit.cuts or unit.flashes],
            "frames": parts,
            "sequences": counts(table, length, stride),
            "divided": "in time" if len(units) < 3 else "by sequence",
            "length": length,
            "stride": stride,
            "withheld": places,
            "range": value_range or frames.range(),
            "fill_value": first.fill_value,
            "padded": {"H": frames.pad[0][1], "W": frames.pad[1][1]},
            "seed": seed,
            "openstl_seqinterp": __version__,
        }
        write_json(folder / ABOUT, about)
    return about


def command(argv: Sequence[str]) -> None:
    """Turn own images or videos into a data set."""
    parser = Parser(prog="seqinterp import", description="Own images as a data set, to train on with -d NAME.")
    parser.add_argument("inputs", nargs="+", help="folders of images, videos, arrays, ...; patterns in quotes")
    parser.add_argument("--out", required=True, type=Path, metavar="DATA_ROOT/NAME", help="folder of the data set")
    parser.add_argument("--length", type=int, help="images of a test sequence (default: what fits, at most 16)")
    parser.add_argument("--stride", type=int, default=1, help="images from one window to train on to the next")
    parser.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="resize images (default: as they are)")
    parser.add_argument("--withhold", type=int, nargs="+", help="images to fill in tests (default: 4 and the last)")
    add_missing_flag(parser, "leave out")
    parser.add_argument("--range", type=float, nargs=2, metavar=("LOW", "HIGH"), help="values that become 0 and 1")
    parser.add_argument("--cuts", default="auto", help="between scenes: auto (no window crosses one; default) or none")
    parser.add_argument("--seed", type=int, default=0, help="of the division into training, validation and tests")
    parser.add_argument("--overwrite", action="store_true", help="replace a data set of the same name")
    add_input_flags(parser)
    args = parser.parse_args(argv)
    require_known("--cuts", args.cuts, ["auto", "none"])
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected at least 0")
    held = args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir()))
    if held and not (args.overwrite and is_own(args.out.parent, args.out.name)):
        raise UserError(f"--out {args.out} already holds files; name another folder, or add --overwrite to a data set")
    about = import_sequences(
        input_paths(args.inputs),
        args.out,
        length=args.length,
        stride=args.stride,
        size=args.size and tuple(args.size),
        withhold=args.withhold,
        missing=args.missing,
        value_range=args.range and tuple(args.range),
        options=input_options(args),
        cuts=args.cuts == "auto",
        seed=args.seed,
        replace=args.overwrite,
    )
    print(*about["understood"], *about["notes"], sep="\n")
    frames = ", ".join(f"{count} for {part}" for part, count in about["frames"].items())
    withheld = " and ".join(map(str, about["withheld"]))
    print(f"wrote {args.out}: images divided {about['divided']}, {frames}")
    print(f"test sequences: {about['sequences']['tests']}, of {about['length']} images; {withheld} are withheld")
    print("values {:g} to {:g} are 0 to 1 for a network, which sees those beyond clipped".format(*about["range"]))
    print(f"train on it with: -d {args.out.name} --data_root {args.out.parent}")
