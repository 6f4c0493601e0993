"""The host: OpenSTL where it is installed, else the embedded one.

Its names, such as ``host.SimVP``, are attributes of this module. The host is chosen and imported when the first of them
is used, so importing this module costs nothing and cannot fail. Besides it, only `compat` and `repairs` import
OpenSTL, to repair it. ``SEQINTERP_HOST=auto|openstl|embedded`` forces a choice.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ._version import __version__
from .errors import UserError, require_known

GET_IT = "clone https://github.com/chengtan9907/OpenSTL (branch OpenSTL-Lightning) and pip install -e it"
# By name, as the extra `openstl` has them in setup.py: only in a clone of this project could that be installed by name.
PACKAGES = ("PyWavelets", "einops", "fvcore", "imageio", "scikit-image", "scipy")
_GSTA = "gSTA"
_MODEL_TYPES = (
    _GSTA, "IncepU", "ConvMixer", "ConvNeXt", "HorNet", "MLP", "MLPMixer", "Moga", "MogaNet", "PoolFormer", "Swin",
    "TAU", "UniFormer", "VAN", "ViT",
)  # fmt: skip


def _is_benchmark(package: Path) -> bool:
    """Whether a folder is the benchmark's package: the PyPI project of the same name has no methods."""
    return (package / "methods" / "__init__.py").is_file()


def choose(request: str) -> str:
    """``"openstl"`` or ``"embedded"`` for a request of ``auto`` or either; UserError if it is not available.

    From the folder above it, Python takes a clone in a folder named openstl for a package without code; the clone is
    then put on the path. Any other such folder is not OpenSTL and is ignored.
    """
    require_known("SEQINTERP_HOST", request, ["auto", "openstl", "embedded"])
    if request == "embedded":
        return request
    spec = find_spec("openstl")
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or []]
    if any(_is_benchmark(folder) for folder in folders):
        return "openstl"
    if spec is not None and spec.origin is not None:
        raise UserError(
            f"the installed 'openstl' ({spec.origin}) is PyPI's STL-mesh reader, not the benchmark OpenSTL: "
            f"pip uninstall openstl, then {GET_IT}, or continue without it (SEQINTERP_HOST=embedded)"
        )
    for folder in folders:
        if _is_benchmark(folder / "openstl"):
            sys.path.insert(0, str(folder))
            return "openstl"
    if request == "openstl":
        found = f" (the folder {folders[0]} is not a checkout of it)" if folders else ""
        raise UserError(f"SEQINTERP_HOST=openstl, but OpenSTL is not installed{found}; {GET_IT}")
    return "embedded"


# What the plugin needs from a host, and the OpenSTL module that has it.
_WHERE = {
    "BaseExperiment": "api",
    "SimVP": "methods",
    "SimVP_Model": "models",
    "create_parser": "utils",
    "dataset_parameters": "datasets",
    "default_parser": "utils",
    "method_maps": "methods",
}


def _openstl() -> dict[str, Any]:
    from . import compat, repairs

    try:
        with compat.importing():
            package: Any = import_module("openstl")
            names = {name: getattr(import_module(f"openstl.{module}"), name) for name, module in _WHERE.items()}
            names |= {"datasets": package.datasets, "metric": package.core.metrics.metric}
    except ImportError as error:
        raise UserError(
            f"OpenSTL cannot be imported: {error}; pip install {' '.join(PACKAGES)} installs what it needs, "
            "SEQINTERP_HOST=embedded continues without it"
        ) from error
    repairs.apply()
    return {**names, "EMBEDDED": False, "NAME": f"OpenSTL {package.__version__}", "MODEL_TYPES": _MODEL_TYPES}


def _embedded() -> dict[str, Any]:
    from . import embedded

    names = {name: getattr(embedded, name) for name in _WHERE}
    names["datasets"] = embedded.experiment  # where load_data is looked up
    names["metric"] = None  # only measured by --speed; never used for scores
    return {**names, "EMBEDDED": True, "NAME": f"embedded {__version__}", "MODEL_TYPES": (_GSTA,)}


@cache
def _names() -> dict[str, Any]:
    chosen = choose(os.environ.get("SEQINTERP_HOST", "auto"))
    return _openstl() if chosen == "openstl" else _embedded()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # Python looks these up on any module
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return _names()[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def predict(method: Any, x: Any) -> Any:
    """A method's prediction (B, T', C, H, W) for a batch (B, T, C, H, W).

    Recurrent methods also take the future, for its shape. They get zeros, so nothing can leak.
    """
    return method(x, x.new_zeros(len(x), method.hparams["aft_seq_length"], *x.shape[2:]))


def install(runner: Callable[[type], Callable[..., Any]], parser: Callable[[], ArgumentParser]) -> None:
    """Give OpenSTL's scripts the plugin's runner, built on its own, and parser. UserError on the embedded host."""
    if _names()["EMBEDDED"]:
        raise UserError(f"OpenSTL's own scripts need OpenSTL, which is not installed; {GET_IT}")
    api: Any = import_module("openstl.api")
    utils: Any = import_module("openstl.utils")
    api.BaseExperiment = runner(_names()["BaseExperiment"])
    utils.create_parser = parser
