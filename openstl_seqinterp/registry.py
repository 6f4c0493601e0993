"""What the plugin enters into the host's registries, as one table for data sets and one for methods."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from . import host
from .data.loaders import ONE_SIDED, PARAMETERS, load_data, own_parameters
from .errors import UserError
from .methods.latent_affine import LatentAffine
from .methods.simvp_motion import SimVP_Motion
from .methods.simvp_seqinterp import SimVP_SeqInterp

DATASETS: dict[str, dict[str, Any]] = PARAMETERS
METHODS: dict[str, type] = {
    "SimVP_SeqInterp": SimVP_SeqInterp,
    "SimVP_Motion": SimVP_Motion,
    "LatentAffine": LatentAffine,
}


def enter(registry: MutableMapping[str, Any], kind: str, name: str, value: Any) -> None:
    """Put one name into a registry; once is enough. Raises UserError where somebody else holds it."""
    if registry.setdefault(name, value) is not value:
        raise UserError(
            f"{kind} {name!r} is already registered by somebody else: {registry[name]!r}; rename one of them"
        )


def _dispatch(others: Callable[..., Any]) -> Callable[..., Any]:
    """``load_data`` for our data sets and, for any other name, the host's."""

    def load(dataname: str, *args: Any, **kwargs: Any) -> Any:
        return (load_data if dataname in DATASETS else others)(dataname, *args, **kwargs)

    load.seqinterp = True  # type: ignore[attr-defined]
    return load


def method_names() -> dict[str, str]:
    """Every registered method: the name that the host looks up (in lower case) and the one to show."""
    shown = {name.lower(): name for name in ("SimVP", *METHODS)}
    return {name: shown.get(name, name) for name in host.method_maps}


def dataset_of(method: str) -> str:
    """The data set whose batches a registered method reads."""
    return getattr(host.method_maps[method.lower()], "dataname", ONE_SIDED)


def use_own(data_root: Path, name: str, method: str) -> None:
    """Register an imported data set of ``data_root`` for what ``method`` reads. UserError where the host has one."""
    if name in host.dataset_parameters and name not in DATASETS:
        raise UserError(
            f"{data_root / name}: the host has a data set {name!r} of its own; rename the folder and its files"
        )
    DATASETS[name] = host.dataset_parameters[name] = own_parameters(data_root, name, dataset_of(method))


def extend_choices(parser: ArgumentParser) -> None:
    """Let a parser of the host's accept our names (and every registered one) for ``-d`` and ``-m``."""
    ours = {"dataname": list(DATASETS), "method": [*METHODS, *method_names()]}
    for action in parser._actions:
        if action.dest in ours and action.choices is not None:
            action.choices = [*action.choices, *ours[action.dest]]


def register() -> None:
    """Enter `DATASETS` and `METHODS` into the host; calling it again does nothing. UserError on a clash of names."""
    for name, parameters in DATASETS.items():
        enter(host.dataset_parameters, "data set", name, parameters)
    for name, method in METHODS.items():
        enter(host.method_maps, "method", name.lower(), method)  # hosts look methods up in lower case
    if not hasattr(host.datasets.load_data, "seqinterp"):
        host.datasets.load_data = _dispatch(host.datasets.load_data)
