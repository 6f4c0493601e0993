"""What a benchmark compares: a method, or ``NAME:MODEL_TYPE`` of one that has several networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ... import registry
from ...config import find_config
from ...config_file import read_config
from ...errors import UserError, require_known

ALL_METHODS = "all"


class Preset(NamedTuple):
    """How long to train: the suffix of the names of methods' configs, and what pages say of it."""

    suffix: str
    about: str


PRESETS = {
    "quick": Preset("_quick", "small networks for two CPU cores, trained for minutes"),
    "paper-short": Preset("_short", "6 epochs of the paper's network, an hour and a half of two CPU cores on n6"),
    "paper": Preset("", "500 epochs of the paper's network (Table 1)"),
}
OWN = "own"  # of imported data, which have a page of their own
_SUFFIXES = {name: preset.suffix for name, preset in PRESETS.items()} | {OWN: f"_{OWN}"}
_BY_TYPE = ("PredFormer", "SimVP")  # of these, `ALL_METHODS` has every network
_ALIASES = ("SimVP:MLP", "SimVP:Moga")  # OpenSTL's second names of MLPMixer and MogaNet
UNFIT = {"SimVP:Swin": "its window of 4 does not divide the grid of 18, and OpenSTL has no setting for it"}


def label(method: str, model_type: str) -> str:
    """How tables name a method: with the type of its network where it has several of its own."""
    return f"{method}:{model_type}" if method in _BY_TYPE else method


def paged() -> list[str]:
    """The methods that the benchmark's page shows beside the paper's numbers; the leaderboard has all."""
    return [registry.SIMVP, *registry.METHODS]


def every() -> list[str]:
    """All that the host can run, in an order of worth: the plugin's methods, SimVP's networks, the other methods."""
    first = [*registry.METHODS, registry.SIMVP]
    names = dict.fromkeys([*first, *registry.method_names().values()])
    entries = [label(name, each) for name in names for each in registry.model_types(name) or [""]]
    return [entry for entry in dict.fromkeys(entries) if entry not in (*_ALIASES, *UNFIT)]


def entries(words: Sequence[str], preset: str) -> list[str]:
    """The words after ``--methods`` as the benchmark names them, each once; `ALL_METHODS` stands for `every`.

    The network that a method's config has is not said: SimVP:gSTA is SimVP. UserError for an unknown name, for one that
    has no config of the preset, and for a network that does not fit the simulated images.
    """
    found: list[str] = []
    for word in words:
        if word == ALL_METHODS:
            found += [_entry(each, preset) for each in every() if _config(each.partition(":")[0], preset)]
        else:
            found.append(_entry(word, preset))
    return list(dict.fromkeys(found))


def with_config(names: Sequence[str], preset: str) -> list[str]:
    """Those of the methods ``names`` that have a config of a preset."""
    return [name for name in names if _config(name, preset)]


def _entry(word: str, preset: str) -> str:
    given, _, wanted = word.partition(":")
    names = registry.method_names()
    if given.lower() not in names:
        require_known("--methods", word, [*dict.fromkeys(names.values()), ALL_METHODS])
    name = names[given.lower()]
    if not wanted:
        return name
    types = {each.lower(): each for each in registry.model_types(name)}
    if not types:
        raise UserError(f"--methods {word}: {name} has one network; leave out :{wanted}")
    require_known(f"--methods {name}", types.get(wanted.lower(), wanted), types.values())
    entry = f"{name}:{types[wanted.lower()]}"
    if entry in UNFIT and preset != OWN:
        raise UserError(f"--methods {word} does not run on images of 36x36: {UNFIT[entry]}; leave it out")
    own = read_config(_needed(name, preset)).get("model_type", "")
    return name if own.lower() == wanted.lower() else entry


def _config(name: str, preset: str) -> Path | None:
    """The config of a method for a preset, if there is one."""
    try:
        return find_config(name + _SUFFIXES[preset])
    except UserError:
        return None


def _needed(name: str, preset: str) -> Path:
    config = _config(name, preset)
    if config is None:
        able = with_config([*dict.fromkeys(registry.method_names().values())], preset)
        raise UserError(
            f"--methods {name}: it has no config configs/seqinterp/{name}{_SUFFIXES[preset]}.py; add one, or name "
            f"others (there are: {', '.join(able)})"
        )
    return config


def arguments(entry: str, preset: str) -> list[str]:
    """The words of a command line that choose the method, its config and its network. UserError without a config."""
    name, _, model_type = entry.partition(":")
    chosen = ["-m", name, "-c", str(_needed(name, preset))]
    return [*chosen, "--model_type", model_type] if model_type else chosen
