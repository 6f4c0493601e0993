"""The commands behind tools/: each takes its arguments and returns an exit code."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Parser, UserError, require_known

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


def _leave() -> None:
    """Leave the group of processes, where there are several: one that ends as a member of it aborts now and then."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()


def train(argv: Sequence[str]) -> None:
    """Train, then score the best checkpoint."""
    experiment = _experiment(argv)
    experiment.train()
    experiment.test()
    _leave()


def test(argv: Sequence[str]) -> None:
    """Score the saved best checkpoint of a run: give the arguments that it was trained with."""
    _experiment(argv, test=True).test()
    _leave()


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


def import_(argv: Sequence[str]) -> None:
    """Turn own images or videos into a data set."""
    parser = Parser(description="Cut own images or videos into sequences, to train on with -d NAME.")
    parser.add_argument("inputs", nargs="+", type=Path, help="folders of images, videos, .npy, .npz or .csv")
    parser.add_argument("--out", required=True, type=Path, metavar="DATA_ROOT/NAME", help="folder of the data set")
    parser.add_argument("--length", type=int, default=16, help="images of a sequence (default: 16)")
    parser.add_argument("--stride", type=int, default=4, help="images from one sequence to the next (default: 4)")
    parser.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="resize images (default: as they are)")
    parser.add_argument("--withhold", type=int, nargs="+", default=[4, 16], help="images to fill (default: 4 16)")
    parser.add_argument("--csv_shape", type=int, nargs=3, metavar=("T", "H", "W"), help="of a sequence in a csv")
    parser.add_argument("--seed", type=int, default=0, help="of the division into training, validation and tests")
    parser.add_argument("--overwrite", action="store_true", help="replace a data set of the same name")
    args = parser.parse_args(argv)
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected at least 0")
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())) and not args.overwrite:
        raise UserError(f"--out {args.out} already holds files; name another folder, or add --overwrite")

    from .data.importing import import_sequences

    about = import_sequences(
        args.inputs,
        args.out,
        length=args.length,
        stride=args.stride,
        size=args.size and tuple(args.size),
        withhold=args.withhold,
        csv_shape=args.csv_shape and tuple(args.csv_shape),
        seed=args.seed,
    )
    counts = ", ".join(f"{count} for {part}" for part, count in about["sequences"].items())
    print(f"wrote {args.out}: sequences divided {about['divided']}, {counts}")
    print(f"train on it with: -d {args.out.name} --data_root {args.out.parent}")


def predict(argv: Sequence[str]) -> None:
    """Fill the missing images of a sequence of somebody's own."""
    parser = Parser(description="Fill, extend or refine a sequence: a folder of images, a video, .npy, .npz or .csv.")
    parser.add_argument("input", help="folder of images, video (mp4, avi, gif, ...), array (npy, npz) or table (csv)")
    parser.add_argument("--checkpoint", help="best.ckpt of a run")
    parser.add_argument("--method", help="instead of a checkpoint: dis-flow, mean or copy, which need no training")
    parser.add_argument(
        "--missing", nargs="+", default=[], metavar="N", help="images to fill, counted from 1, or: auto"
    )
    parser.add_argument("--extend", type=int, default=0, metavar="K", help="predict K more images at the end")
    parser.add_argument("--insert", type=int, default=0, metavar="K", help="put K images between each two")
    parser.add_argument("--out", required=True, help="folder for the result")
    parser.add_argument("--overwrite", action="store_true", help="write into a folder that holds files")
    parser.add_argument("--truth", help="the whole sequence in the same form: what is filled is scored against it")
    parser.add_argument("--csv_shape", type=int, nargs=3, metavar=("T", "H", "W"), help="of a sequence in a csv")
    parser.add_argument("--tile", type=int, metavar="N", help="read larger images in parts of N pixels a side")
    parser.add_argument("--device", default="cuda", help="cuda (a GPU where there is one; the default) or cpu")
    args = parser.parse_args(argv)
    require_known("device", args.device, ["cuda", "cpu"])
    if args.tile is not None and args.tile < 32:
        raise UserError(f"--tile is {args.tile}, expected at least 32")

    from .predict import Job

    _calm()
    report = Job(args).run()
    length = report["length"]
    between = report["sequences"] * (length["after"] - length["before"] - args.extend)
    filled = len(report["filled"]) + between
    print(f"filled {filled} images, wrote {args.out}: the sequence, strip.png, sequence.gif, report.json")
    for note in report["notes"]:
        print(note)
    if "scores" in report:
        mean = report["scores"]["mean"]
        print("against the truth: " + ", ".join(f"{metric} {value:.4g}" for metric, value in mean.items()))


def compare(argv: Sequence[str]) -> None:
    """Print the scores of several runs in one table."""
    from .evaluation.compare import compare as table

    parser = Parser(description="MSE of runs side by side; runs that differ in their seed alone share a column.")
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs, each with its scores.json")
    print(table(parser.parse_args(argv).runs))


def benchmark(argv: Sequence[str]) -> None:
    """Train and score what is missing of a benchmark, and write its page."""
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
    parser.add_argument("--compile", action="store_true", help="train by torch.compile where a method can, for a GPU")
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
    board = bench.Benchmark(args.out, args.data_root, args.compile)
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


COMMANDS: dict[str, Command] = {
    "train": train,
    "test": test,
    "predict": predict,
    "benchmark": benchmark,
    "compare": compare,
    "prepare": prepare,
    "import": import_,
}


def main() -> int:
    """The console command ``seqinterp COMMAND ...``."""
    name, *argv = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print("usage: seqinterp COMMAND ... (seqinterp COMMAND --help says more)\n")
        for command, function in COMMANDS.items():
            print(f"  {command:10} {(function.__doc__ or '').splitlines()[0]}")
        return 0
    return run(lambda rest: _named(name)(rest), argv)


def _named(name: str) -> Command:
    require_known("command", name, COMMANDS)
    sys.argv[0] = f"seqinterp {name}"  # what --help shows
    return COMMANDS[name]


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
