"""The names of sets: families of sequences, each as it is and degraded.

A data set is a name for sequences in a folder below the data root. It has sets to train on and sets to be tested on.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..protocols import PROTOCOLS
from .degrade import DEGRADATIONS, PAPER, UNION
from .simulate import DIGITS


def parse_set(name: str) -> tuple[str, list[str]]:
    """``"n6-all"`` is family ``"n6"`` with the degradations of the paper, ``"n6"`` is ``"n6"`` with ``["clean"]``."""
    family, _, variant = name.partition("-")
    return family, list(PAPER) if variant == UNION else [variant or "clean"]


def families(dataname: str) -> tuple[list[str], list[str]]:
    """The families of sequences that a data set trains on, and those that it is tested on."""
    return (["n6"], list(DIGITS)) if dataname in PROTOCOLS else ([dataname], [dataname])


def _variants(names: Sequence[str], kinds: Sequence[str]) -> list[str]:
    return [name if kind == "clean" else f"{name}-{kind}" for name in names for kind in kinds]


def training_sets(dataname: str) -> list[str]:
    """The names for ``--train_set``: each family, its degraded variants, and the union of those of the paper."""
    return _variants(families(dataname)[0], [*DEGRADATIONS, UNION])


def scored_sets(dataname: str) -> list[str]:
    """The names for ``--test_sets``: each family and its degraded variants."""
    return _variants(families(dataname)[1], list(DEGRADATIONS))


def default_test_sets(dataname: str) -> list[str]:
    """Those of `scored_sets` that the paper has."""
    return _variants(families(dataname)[1], PAPER)
