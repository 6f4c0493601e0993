"""The commands behind tools/: each takes its arguments and returns an exit code."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Parser, UserError

if TYPE_CHECKING:
    from .experiment import SeqInterpExperiment

Command = Callable[[Sequence[str]], None]


def _experiment(argv: Sequence[str], *, test: bool = False) -> SeqInterpExperiment:
    # Imported late: a mistake in the choice of the host must end in one line too.
    from .config import resolve
    from .experiment import SeqInterpExperiment

    _calm()
    return SeqInterpExperiment(resolve(argv, test=test))


def _calm() -> None:
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # a run says in its own words which device it uses


def train(argv: Sequence[str]) -> None:
    """Train, then score the best checkpoint."""
    experiment = _experiment(argv)
    experiment.train()
    experiment.test()


def test(argv: Sequence[str]) -> None:
    """Score the saved best checkpoint of a run: give the arguments that it was trained with."""
    _experiment(argv, test=True).test()


def prepare(argv: Sequence[str]) -> None:
    """Write the simulated sequences."""
    from .data.simulate import SEED, write_dataset

    parser = Parser(description="Simulate the sequences of the paper and write them to DATA_ROOT/seqinterp.")
    parser.add_argument("--data_root", default="./data", help="folder of all data sets (default: ./data)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the simulation (default: {SEED})")
    args = parser.parse_args(argv)
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected at least 0")
    print(f"wrote {write_dataset(Path(args.data_root), args.seed)}")


def compare(argv: Sequence[str]) -> None:
    """Print the scores of several runs in one table."""
    from .evaluation.compare import compare as table

    parser = Parser(description="MSE of runs side by side; runs that differ in their seed alone share a column.")
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs, each with its scores.json")
    print(table(parser.parse_args(argv).runs))


def benchmark(argv: Sequence[str]) -> None:
    """Train and score what is missing of a benchmark, and write its page."""
    from .errors import require_known

    parser = Parser(description="Reproduce the paper's tables and figures; the same command goes on where it stopped.")
    parser.add_argument("--methods", nargs="+", default=["SimVP", "SimVP_SeqInterp", "SimVP_Motion", "LatentAffine"])
    parser.add_argument("--train_sets", nargs="+", default=["n6", "n6-all"])
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--preset", default="quick", help="quick (minutes a run on two cores) or paper (500 epochs)")
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder of records (default: results)")
    parser.add_argument("--data_root", default="./data")
    parser.add_argument("--max_time", type=float, metavar="MIN", help="stop after so many minutes")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="run so many side by side")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="the I-th of N shares, for another machine")
    parser.add_argument("--speed", action="store_true", help="measure speed instead, into OUT/speed.md")
    args = parser.parse_args(argv)
    share, shares = _shard(args.shard)
    for name, least in {"seeds": 1, "jobs": 1, "max_time": 0}.items():
        if getattr(args, name) is not None and getattr(args, name) < least:
            raise UserError(f"--{name} is {getattr(args, name)}, expected at least {least}")

    # Imported late, as in _experiment.
    from . import benchmark as bench
    from .evaluation.results import write_page
    from .registry import method_names

    _calm()
    if args.speed:
        from .speed import measure

        print(measure(args.out, args.data_root))
        return
    require_known("preset", args.preset, bench.PRESETS)
    runs = bench.plan(args.preset, args.methods, args.train_sets, args.seeds)[share - 1 :: shares]
    board = bench.Benchmark(args.out, args.data_root)
    for each in runs:
        board.check(each)
    with bench.stopped_after(args.max_time):
        if args.jobs > 1:
            bench.side_by_side(argv, args.jobs, [board.record(each) for each in runs])
        else:
            for number, each in enumerate(runs, start=1):
                if not board.record(each).exists():
                    print(f"run {number} of {len(runs)}: {each.name}", flush=True)
                    board.execute(each)
    board.draw(runs)
    print(f"wrote {write_page(args.out, list(method_names().values()))}")


def _shard(text: str) -> tuple[int, int]:
    try:
        share, shares = map(int, text.split("/"))
    except ValueError:
        share, shares = 0, 0
    if not 1 <= share <= shares:
        raise UserError(f"--shard is {text!r}, expected I/N with I from 1 to N, as in 2/4")
    return share, shares


def run(command: Command, argv: Sequence[str] | None = None) -> int:
    """Run a command. A mistake of the user's ends in one line on standard error and exit code 2."""
    try:
        command(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0
