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

    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # a run says in its own words which device it uses
    return SeqInterpExperiment(resolve(argv, test=test))


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
