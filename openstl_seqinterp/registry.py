"""What the plugin enters into the host's registries: a table of data sets and one of methods."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from . import host
from .data.loaders import is_own, load_data, own_view
from .errors import UserError
from .methods import upstream
from .protocols import FRAME, PROTOCOLS, Abilities, Protocol

DATASETS: dict[str, dict[str, Any]] = {name: each.parameters(name) for name, each in PROTOCOLS.items()}
# A class, or where one is: they derive from classes of the host, which is chosen when they are imported.
METHODS: dict[str, type | str] = {
    "SimVP_SeqInterp": "openstl_seqinterp.methods.simvp_seqinterp:SimVP_SeqInterp",
    "SimVP_Motion": "openstl_seqinterp.methods.simvp_motion:SimVP_Motion",
    "LatentAffine": "openstl_seqinterp.methods.latent_affine:LatentAffine",
    "SimVP_Infill": "openstl_seqinterp.methods.simvp_infill:SimVP_Infill",
    "PredFormer": "openstl_seqinterp.methods.predformer:PredFormer",
    "PredFormer_Infill": "openstl_seqinterp.methods.predformer:PredFormer_Infill",
}
SIMVP = "SimVP"  # the host's own


class View(NamedTuple):
    """A data set as a method sees it: through a protocol, with what OpenSTL calls its dataset parameters."""

    protocol: Protocol
    parameters: dict[str, Any]


def _method(name: str) -> Any:
    row = METHODS[name]
    if isinstance(row, str):
        module, _, attribute = row.partition(":")
        return getattr(import_module(module), attribute)
    return row


def enter(registry: MutableMapping[str, Any], kind: str, name: str, value: Any) -> None:
    """Put one name into a registry; once is enough. Raises UserError where another value has that name."""
    if registry.setdefault(name, value) is not value:
        raise UserError(f"{kind} {name!r} is already registered, as {registry[name]!r}; rename one of them")


def register() -> None:
    """Enter `DATASETS` and `METHODS` into the host; calling it again adds rows that are new. UserError on a clash."""
    for name, parameters in DATASETS.items():
        enter(host.dataset_parameters, "data set", name, parameters)
    for name in METHODS:
        method = _method(name)
        if not isinstance(getattr(method, "abilities", None), Abilities):
            raise UserError(f"method {name!r} declares no abilities; see CONTRIBUTING.md, A method")
        enter(host.method_maps, "method", name.lower(), method)  # hosts look methods up in lower case
    if not hasattr(host.datasets.load_data, "seqinterp"):
        host.datasets.load_data = _dispatch(host.datasets.load_data)


def _dispatch(upstream: Callable[..., Any]) -> Callable[..., Any]:
    """``load_data`` for our data sets and, for any other name, the host's."""

    def load(dataname: str, *args: Any, **kwargs: Any) -> Any:
        method = kwargs.get("method", SIMVP)
        view = find(dataname, method, kwargs.get("data_root", "."))
        if view is None:
            return upstream(dataname, *args, **kwargs)
        return load_data(dataname, *args, view=view.protocol, abilities=abilities(method), **kwargs)

    load.seqinterp = True  # type: ignore[attr-defined]
    return load


def method_names() -> dict[str, str]:
    """Every registered method: the name that the host looks up (in lower case) and the one to show.

    Two names of one method, such as OpenSTL's swinlstm and swinlstm_b, are shown as one.
    """
    shown = {name.lower(): name for name in METHODS}
    return {name: shown.get(name, method.__name__) for name, method in host.method_maps.items()}


def abilities(method: str) -> Abilities:
    """What a registered method declares of itself, whatever the case of its name."""
    for name in METHODS:
        if name.lower() == method.lower():
            own: Abilities = _method(name).abilities
            return own
    return upstream.SIMVP if method.lower() == SIMVP.lower() else upstream.OTHERS


def model_types(method: str) -> tuple[str, ...]:
    """The networks that ``model_type`` chooses between; empty for a method that has one."""
    declared = abilities(method)
    return declared.model_types or (host.MODEL_TYPES if declared.compiles else ())


def find(dataname: str, method: str, data_root: str | Path) -> View | None:
    """A data set of the plugin's as ``method`` sees it; None for a name that is none.

    A simulated one by its name, an imported one by its folder in ``data_root``. UserError where that is damaged.
    """
    if dataname in PROTOCOLS:
        return View(PROTOCOLS[dataname], PROTOCOLS[dataname].parameters(dataname, FRAME))
    root = Path(data_root)
    if not is_own(root, dataname):
        return None
    if dataname in host.dataset_parameters:
        raise UserError(
            f"{root / dataname}: the host has a data set {dataname!r} of its own; rename the folder and its files"
        )
    protocol, frame, scale = own_view(root, dataname, abilities(method).protocol)
    # What a network saw as 0 and 1, for those who predict with its checkpoint.
    values = {"value_range": [scale.low, scale.high], "fill_value": scale.fill_value}
    return View(protocol, {**protocol.parameters(dataname, frame), **values})
