"""The host: OpenSTL where it is installed, else the embedded one. The only module that imports OpenSTL for its names.

``SEQINTERP_HOST=auto|openstl|embedded`` forces a choice. PyPI's ``openstl`` is an unrelated project, refused by name.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import __version__
from .errors import UserError, require_known

GET_IT = "clone https://github.com/chengtan9907/OpenSTL (branch OpenSTL-Lightning) and pip install -e it"


def choose(wish: str) -> str:
    """``"openstl"`` or ``"embedded"`` for a wish of ``auto`` or one of them; UserError where it cannot be had."""
    require_known("SEQINTERP_HOST", wish, ["auto", "openstl", "embedded"])
    if wish == "embedded":
        return wish
    spec = find_spec("openstl")
    if spec is None:
        if wish == "openstl":
            raise UserError(f"SEQINTERP_HOST=openstl, but OpenSTL is not installed; {GET_IT}")
        return "embedded"
    folders = [Path(folder) for folder in spec.submodule_search_locations or []]
    if not any((folder / "methods" / "__init__.py").is_file() for folder in folders):
        raise UserError(
            f"the installed 'openstl' ({spec.origin}) is PyPI's STL-mesh reader, not the benchmark OpenSTL: "
            f"pip uninstall openstl, then {GET_IT}, or go on without it (SEQINTERP_HOST=embedded)"
        )
    return "openstl"


EMBEDDED = choose(os.environ.get("SEQINTERP_HOST", "auto")) == "embedded"
if not EMBEDDED:
    from . import compat

    try:
        with compat.importing():
            import openstl
            from openstl import datasets
            from openstl.api import BaseExperiment
            from openstl.core.metrics import metric
            from openstl.datasets import dataset_parameters
            from openstl.methods import SimVP, method_maps
            from openstl.methods.base_method import Base_method
            from openstl.models import SimVP_Model
            from openstl.utils import create_parser, default_parser
    except ImportError as error:
        raise UserError(
            f"OpenSTL cannot be imported: {error}; pip install -e '.[openstl]' has what it needs, "
            "SEQINTERP_HOST=embedded goes on without it"
        ) from error

    compat.after_import()
    NAME = f"OpenSTL {openstl.__version__}"
    MODEL_TYPES: tuple[str, ...] = (
        "gSTA", "IncepU", "ConvMixer", "ConvNeXt", "HorNet", "MLP", "MLPMixer", "Moga", "MogaNet", "PoolFormer", "Swin",
        "TAU", "UniFormer", "VAN", "ViT",
    )  # fmt: skip
else:
    from .embedded import (
        Base_method,
        BaseExperiment,
        SimVP,
        SimVP_Model,
        create_parser,
        dataset_parameters,
        default_parser,
        method_maps,
    )
    from .embedded import experiment as datasets  # where load_data is looked up

    NAME = f"embedded {__version__}"
    metric = None  # measured against, never used
    MODEL_TYPES = ("gSTA",)


def predict(method: Any, x: Any) -> Any:
    """What a method predicts, (B, T', C, H, W), of a batch (B, T, C, H, W).

    Recurrent methods want the future too, for its shape. They get zeros, so nothing can leak.
    """
    return method(x, x.new_zeros(len(x), method.hparams["aft_seq_length"], *x.shape[2:]))


def install(runner: Callable[[type], Callable[..., Any]], parser: Callable[[], ArgumentParser]) -> None:
    """Give OpenSTL's own scripts our runner (made from theirs) and our parser. UserError on the embedded host."""
    if EMBEDDED:
        raise UserError(f"OpenSTL's own scripts need OpenSTL, which is not installed; {GET_IT}")
    api: Any = import_module("openstl.api")
    utils: Any = import_module("openstl.utils")
    api.BaseExperiment = runner(BaseExperiment)
    utils.create_parser = parser


__all__ = [
    "EMBEDDED",
    "MODEL_TYPES",
    "NAME",
    "BaseExperiment",
    "Base_method",
    "SimVP",
    "SimVP_Model",
    "create_parser",
    "dataset_parameters",
    "datasets",
    "default_parser",
    "install",
    "method_maps",
    "metric",
    "predict",
]
