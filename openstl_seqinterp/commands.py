"""The commands of the extension; those of the applications stand with them."""

from __future__ import annotations

import runpy
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import distributed

from . import host, registry
from .config import check_script_settings, resolve, script_parser
from .data.simulate import SEED, write_dataset
from .errors import Parser, UserError
from .experiment import SeqInterpExperiment
from .running import quiet_lightning


def _leave() -> None:
    """Leave the group of processes, where there are several: one that ends as a member of it aborts now and then."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def train(argv: Sequence[str]) -> None:
    """Train, then score the best checkpoint."""
    quiet_lightning()
    experiment = SeqInterpExperiment(resolve(argv, prog="seqinterp train"))
    experiment.train()
    experiment.test()
    _leave()


def test(argv: Sequence[str]) -> None:
    """Score the saved best checkpoint of a run."""
    quiet_lightning()
    SeqInterpExperiment(resolve(argv, test=True, prog="seqinterp test")).test()
    _leave()


def prepare(argv: Sequence[str]) -> None:
    """Write the simulated sequences."""
    parser = Parser(
        prog="seqinterp prepare",
        description="Simulate the sequences of the paper and write them to DATA_ROOT/seqinterp.",
    )
    parser.add_argument("--data_root", default="./data", help="folder of all data sets (default: ./data)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the simulation (default: {SEED})")
    args = parser.parse_args(argv)
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected at least 0")
    print(f"wrote {write_dataset(Path(args.data_root), args.seed)}")


def script(argv: Sequence[str]) -> None:
    """Register the plugin with OpenSTL, then run its script ``argv[0]`` with the arguments after it."""
    if not Path(argv[0]).is_file():
        raise UserError(f"no script {argv[0]!r}; name OpenSTL's tools/train.py or tools/test.py")
    registry.register()
    host.install(_runner, script_parser(host.create_parser))
    sys.argv = list(argv)
    runpy.run_path(argv[0], run_name="__main__")


def _runner(upstream: type) -> Callable[..., Any]:
    def build(args: Namespace, *rest: Any, **options: Any) -> Any:
        view = registry.find(args.dataname, args.method, args.data_root)
        if view is None:
            return upstream(args, *rest, **options)
        check_script_settings(args, view)
        return SeqInterpExperiment(args, *rest, **options)

    return build
