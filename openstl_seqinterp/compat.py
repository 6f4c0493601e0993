"""What newer packages broke in OpenSTL (c74deb5, version 1.0.0), repaired in memory. No file of OpenSTL is changed.

Each repair does nothing where it is not needed, and touches only the name that broke.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from .schedule import step_scheduler


class Repair(NamedTuple):
    """One row of the table: what one sees without it, the version it began with, and the mend."""

    symptom: str
    since: str
    mend: Callable[[], None]


def _alias(module: str, name: str, replacement: str) -> Callable[[], None]:
    """Give a module's renamed object its old name back, where only the new one is there."""

    def mend() -> None:
        found = importlib.import_module(module)
        if not hasattr(found, name) and hasattr(found, replacement):
            setattr(found, name, getattr(found, replacement))

    return mend


def _step_timm_schedules() -> None:
    from openstl.methods.base_method import Base_method

    if "lr_scheduler_step" not in vars(Base_method):
        Base_method.lr_scheduler_step = step_scheduler


def _fresh_optimizer_parameters() -> None:
    """Hand out copies: OpenSTL writes learning rate, epsilon and decay into the entry it looks up."""
    from openstl.core import optim_scheduler

    class Copies(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return dict(super().get(key, default) or {})

    if not isinstance(optim_scheduler.optim_parameters, Copies):
        optim_scheduler.optim_parameters = Copies(optim_scheduler.optim_parameters)


BEFORE_IMPORT = (
    Repair(
        "cannot import name 'Nadam' from 'timm.optim.nadam'",
        "timm 1.0",
        _alias("timm.optim.nadam", "Nadam", "NAdamLegacy"),
    ),
    Repair(
        "cannot import name 'RAdam' from 'timm.optim.radam'",
        "timm 1.0",
        _alias("timm.optim.radam", "RAdam", "RAdamLegacy"),
    ),
)
AFTER_IMPORT = (
    Repair(
        "MisconfigurationException: not an LRScheduler (cosine, tanh, step, multistep)",
        "pytorch-lightning 1.8",
        _step_timm_schedules,
    ),
    Repair(
        "a second experiment in one process inherits the first one's optimizer settings",
        "always",
        _fresh_optimizer_parameters,
    ),
)


def before_import() -> None:
    """Mend what keeps OpenSTL from being imported."""
    for repair in BEFORE_IMPORT:
        repair.mend()


def after_import() -> None:
    """Mend what fails, or goes wrong in silence, once it is imported."""
    for repair in AFTER_IMPORT:
        repair.mend()
