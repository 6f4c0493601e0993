"""Run one of OpenSTL's own, unmodified scripts with the plugin's data sets, methods and runner::

    python -m openstl_seqinterp OpenSTL/tools/train.py -d seqinterp -m SimVP --model_type gSTA -c CONFIG
    torchrun --nproc-per-node 2 -m openstl_seqinterp OpenSTL/tools/train.py ...

OpenSTL's other data sets get OpenSTL's own runner, as if the plugin were not there.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .cli import run
from .errors import UserError


def _runner(theirs: type) -> Callable[..., Any]:
    from .config import check_script_settings
    from .experiment import SeqInterpExperiment
    from .registry import DATASETS

    def build(args: Any, *rest: Any, **options: Any) -> Any:
        if args.dataname not in DATASETS:
            return theirs(args, *rest, **options)
        check_script_settings(args)
        return SeqInterpExperiment(args, *rest, **options)

    return build


def script(argv: Sequence[str]) -> None:
    """Register the plugin with OpenSTL, then run the script ``argv[0]`` with the arguments after it."""
    from . import host, registry
    from .config import script_parser

    if not argv or not Path(argv[0]).is_file():
        raise UserError(f"no script {' '.join(argv[:1])!r}; name OpenSTL's tools/train.py or tools/test.py")
    registry.register()
    host.install(_runner, script_parser(host.create_parser))
    sys.argv = list(argv)
    runpy.run_path(argv[0], run_name="__main__")


if __name__ == "__main__":
    sys.exit(run(script))
