"""The commands behind tools/: each takes its arguments and returns an exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import UserError

Command = Callable[[Sequence[str]], None]


def train(argv: Sequence[str]) -> None:
    """Train, then score the best checkpoint."""
    # Imported late: a mistake in the choice of the host must end in one line too.
    from .config import resolve
    from .experiment import SeqInterpExperiment

    experiment = SeqInterpExperiment(resolve(argv))
    experiment.train()
    experiment.test()


def test(argv: Sequence[str]) -> None:
    """Score the saved best checkpoint of a run: give the arguments that it was trained with."""
    from .config import resolve
    from .experiment import SeqInterpExperiment

    SeqInterpExperiment(resolve(argv, test=True)).test()


def prepare(argv: Sequence[str]) -> None:
    """Write the simulated sequences."""
    from .data.simulate import SEED, write_dataset

    parser = argparse.ArgumentParser(
        description="Simulate the sequences of the paper and write them to DATA_ROOT/seqinterp."
    )
    parser.add_argument("--data_root", default="./data", help="folder of all data sets (default: ./data)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the simulation (default: {SEED})")
    args = parser.parse_args(argv)
    print(f"wrote {write_dataset(Path(args.data_root), args.seed)}")


def run(command: Command, argv: Sequence[str] | None = None) -> int:
    """Run a command. A mistake of the user's ends in one line on standard error and exit code 2."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # a run says in its own words which device and seed it has
    try:
        command(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
