"""What OpenSTL (c74deb5, version 1.0.0) imports from timm as older versions had it.

Names are replaced while OpenSTL is imported and restored afterwards, and only where they are needed. `repairs` has
what is repaired then; no file of OpenSTL or timm is changed.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch


class Name(NamedTuple):
    """A name that OpenSTL imports: the symptom without the repair, since when, and its replacement."""

    symptom: str
    since: str
    module: str
    name: str
    replacement: Callable[[ModuleType], Any]  # what to import instead, or None if no repair is needed


def _renamed(old: str, new: str) -> Callable[[ModuleType], Any]:
    return lambda module: None if hasattr(module, old) else getattr(module, new, None)


def _block(name: str) -> Callable[[ModuleType], Any]:
    """A transformer block with ``drop``, a single ``drop_path`` and integer window sizes, as in older versions."""

    def replace(module: ModuleType) -> Any:
        upstream: Any = getattr(module, name)
        if "drop" in inspect.signature(upstream.__init__).parameters:
            return None

        def __init__(self: Any, *args: Any, drop: float = 0.0, **kwargs: Any) -> None:
            upstream.__init__(self, *args, proj_drop=drop, **kwargs)
            for side in ("window_size", "shift_size"):
                if isinstance(getattr(self, side, None), tuple):
                    setattr(self, side, getattr(self, side)[0])
            if not hasattr(self, "drop_path"):
                self.drop_path = self.drop_path1

        return type(name, (upstream,), {"__init__": __init__})

    return replace


def _window(name: str) -> Callable[[ModuleType], Any]:
    """A window function that takes the side as one number, as before."""

    def replace(module: ModuleType) -> Any:
        upstream = getattr(module, name)
        if inspect.signature(upstream).parameters["window_size"].annotation in (int, "int"):
            return None

        @wraps(upstream)
        def function(x: Any, window_size: Any, *args: Any) -> Any:
            return upstream(x, (window_size, window_size) if isinstance(window_size, int) else window_size, *args)

        return function

    return replace


def _patch_merging(module: ModuleType) -> Any:
    """A layer that is given its resolution and maps tokens (B, L, C), as before; now it maps (B, H, W, C)."""
    upstream: Any = module.PatchMerging
    if "input_resolution" in inspect.signature(upstream.__init__).parameters:
        return None

    def __init__(self: Any, input_resolution: tuple[int, int], dim: int, **kwargs: Any) -> None:
        upstream.__init__(self, dim, **kwargs)
        self.input_resolution = input_resolution

    def forward(self: Any, x: Any) -> Any:
        return upstream.forward(self, x.unflatten(1, self.input_resolution)).flatten(1, 2)

    return type("PatchMerging", (upstream,), {"__init__": __init__, "forward": forward})


_SWIN = "timm.models.swin_transformer"
WHILE_IMPORTING = (
    Name("cannot import name 'Nadam'", "timm 1.0", "timm.optim.nadam", "Nadam", _renamed("Nadam", "NAdamLegacy")),
    Name("cannot import name 'RAdam'", "timm 1.0", "timm.optim.radam", "RAdam", _renamed("RAdam", "RAdamLegacy")),
    Name("Swin: unexpected argument 'drop'", "timm 0.9", _SWIN, "SwinTransformerBlock", _block("SwinTransformerBlock")),
    Name("Swin: 'int' object is not subscriptable", "timm 0.9", _SWIN, "window_partition", _window("window_partition")),
    Name("Swin: 'int' object is not subscriptable", "timm 0.9", _SWIN, "window_reverse", _window("window_reverse")),
    Name("SwinLSTM: unexpected argument 'input_resolution'", "timm 0.9", _SWIN, "PatchMerging", _patch_merging),
    Name("ViT: unexpected argument 'drop'", "timm 0.9", "timm.models.vision_transformer", "Block", _block("Block")),
)


@contextmanager
def importing() -> Iterator[None]:
    """Import OpenSTL inside this block: it sees the names of `WHILE_IMPORTING` repaired; then they are restored."""
    with ExitStack() as stack:
        for repair in WHILE_IMPORTING:
            module = importlib.import_module(repair.module)
            replacement = repair.replacement(module)
            if replacement is not None:
                stack.enter_context(patch.object(module, repair.name, replacement, create=True))
        yield
