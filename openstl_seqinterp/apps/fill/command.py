"""The command line of ``seqinterp predict``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...errors import Parser, UserError, require_known
from ...evaluation.baselines import BASELINES
from ..flags import add_input_flags, add_missing_flag, input_options, input_paths
from ..io import FORMS, WRITERS
from .fillers import DEFAULT, DEVICES, Filler, make_fillers
from .job import Job
from .report import REPORT
from .request import Request
from .tiles import TILE


def _parser() -> Parser:
    parser = Parser(
        prog="seqinterp predict",
        description="Fill, extend or refine sequences: folders of images, videos, stacks, arrays.",
    )
    parser.add_argument("inputs", nargs="+", metavar="input", help="folder, video, stack, array or table; or a pattern")
    parser.add_argument("--checkpoint", help="best.ckpt of a run; shipped: the package's own weights")
    parser.add_argument(
        "--method",
        help=f"{', '.join(reversed(BASELINES))} (default: {DEFAULT}), without training; with a checkpoint too: "
        "the one that fills known images better",
    )
    add_missing_flag(parser, "fill")
    parser.add_argument("--extend", type=int, default=0, metavar="K", help="predict K more images at the end")
    parser.add_argument("--insert", type=int, default=0, metavar="K", help="put K images between each two")
    parser.add_argument("--at", nargs="+", default=[], metavar="TIME", help="put an image at a time or number")
    parser.add_argument("--every", metavar="STEP", help="give images so far apart alone: 1min, 0.5s; or a number")
    parser.add_argument("--cuts", default="auto", help="between scenes: auto (found and not crossed; default) or none")
    parser.add_argument(
        "--uncertainty", action="store_true", help="say how far off each filled pixel may be, by known images"
    )
    parser.add_argument("--holes", default="keep", help="pixels without a value: keep (default) or fill")
    parser.add_argument(
        "--range", type=float, nargs=2, metavar=("LOW", "HIGH"), help="of values (default: the images')"
    )
    parser.add_argument("--out", required=True, help="folder for the result and its report, or a file")
    parser.add_argument("--as", dest="form", help=f"form of the result: {', '.join(FORMS)} (default: as it came)")
    parser.add_argument("--codec", help="of a video: h264 (plays everywhere), ffv1 (lossless), vp9 or av1")
    parser.add_argument("--fps", type=float, help="of a video (default: its times)")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier result")
    parser.add_argument("--resume", action="store_true", help="of several inputs, leave those that have a result")
    parser.add_argument("--truth", type=Path, help="the whole sequence in the same form: what is filled is scored")
    parser.add_argument("--tile", type=int, metavar="N", help="read larger images in parts of N pixels a side")
    parser.add_argument(
        "--device", default=DEVICES[0], help="of a checkpoint: cuda (a GPU where there is one; the default) or cpu"
    )
    many = parser.add_argument_group("an archive in many processes, by Dask (docs/scale.md); the result is Zarr")
    many.add_argument("--workers", type=int, metavar="N", help="processes on this machine, with a thread each")
    many.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of Dask workers that are there, on any machines")
    add_input_flags(parser)
    return parser


def _check(args: Namespace) -> None:
    require_known("device", args.device, DEVICES)
    require_known("--cuts", args.cuts, ["auto", "none"])
    require_known("--holes", args.holes, ["keep", "fill"])
    if args.form is not None:
        require_known("form", args.form, FORMS)
    for name, least in {"extend": 0, "insert": 0, "tile": 32, "workers": 1}.items():
        value = getattr(args, name)
        if value is not None and value < least:
            raise UserError(f"--{name} is {value}, expected at least {least}")
    if args.fps is not None and args.fps <= 0:
        raise UserError(f"--fps is {args.fps}, expected a finite number above 0")
    if args.range is not None and not args.range[0] < args.range[1]:
        raise UserError(f"--range is {args.range[0]:g} {args.range[1]:g}, expected two finite numbers that rise")
    if args.workers is not None and args.scheduler is not None:
        raise UserError("--scheduler has workers of its own; leave out --workers")
    if args.every is not None and (args.insert or args.at):
        raise UserError("--every says where all images are; leave out --insert and --at")


def predict(argv: Sequence[str]) -> None:
    """Fill the missing images of sequences of the user's own."""
    args = _parser().parse_args(argv)
    _check(args)
    paths = input_paths(args.inputs)
    lists = {key: tuple(value) for key, value in vars(args).items() if isinstance(value, list)}
    given = {**vars(args), **lists}
    request = Request(input_options(args), **{key: given[key] for key in _REQUESTED})
    if args.workers is not None or args.scheduler is not None:
        from ..archive.command import fill_archive

        if len(paths) > 1:
            raise UserError(f"--workers fill one archive, these are {len(paths)} inputs; give one")
        _say(fill_archive(paths[0], Path(args.out), request, args), Path(args.out))
        return
    fillers = make_fillers(args.checkpoint, args.method, args.device, args.tile or TILE)
    if len(paths) == 1:
        _fill(paths[0], Path(args.out), request, fillers)
        return
    if request.truth is not None:
        raise UserError("--truth is of one input; give one")
    outs = [Path(args.out) / _name(path) for path in paths]
    double = next((out for number, out in enumerate(outs) if out in outs[:number]), None)
    if double is not None:
        raise UserError(f"two inputs would have one result, {double}; fill them by themselves")
    failed = []
    for path, out in zip(paths, outs, strict=True):
        if args.resume and (out / REPORT).is_file():
            print(f"{out} is there already")
            continue
        try:
            _fill(path, out, request, fillers)
        except UserError as error:
            failed.append(path)
            print(f"error: {error}", file=sys.stderr)
    if failed:
        raise UserError(f"{len(failed)} of {len(paths)} inputs were not filled: {', '.join(map(str, failed))}")


def _name(path: Path) -> str:
    """The name of the folder that one of several inputs has its result in: that of no file."""
    path = path.resolve()
    return path.stem if path.is_file() or path.suffix.lower().removeprefix(".") in WRITERS else path.name


_REQUESTED = [each.name for each in fields(Request) if each.name != "options"]


def _fill(path: Path, out: Path, request: Request, fillers: Sequence[Filler]) -> None:
    job = Job(path, out, request, fillers)
    print(job.source.describe())
    for line in job.found:
        print(line)
    _say(job.run(), out)


def _say(report: dict[str, Any], out: Path) -> None:
    filled = report["filled"]
    count = filled if isinstance(filled, int) else len(filled)
    print(f"filled {count} image{'s' * (count != 1)}, wrote {out}: {', '.join(report['files'])}, report and pictures")
    for note in report["notes"]:
        print(note)
    if "scores" in report:
        mean = report["scores"]["mean"]
        print("against the truth: " + ", ".join(f"{metric} {value:.4g}" for metric, value in mean.items()))
