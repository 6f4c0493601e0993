"""What a checkpoint says of itself, checked before a network is built from it: it may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, Field, model_validator
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from ...errors import UserError
from ...settings import Settings, check

Side = Annotated[int, Field(ge=1, le=2**14)]


class Shapes(Settings):
    """What a checkpoint says of the sequences that its method reads, ``in_shape`` (T, C, H, W), and predicts.

    Trained on imported data, it knows which values were 0 and 1 there, and which was none.
    """

    in_shape: Sequence[Side] = Field(min_length=4, max_length=4)
    aft_seq_length: int = Field(ge=1, le=100)
    value_range: Annotated[Sequence[float], Field(min_length=2, max_length=2)] | None = None
    fill_value: float | None = None

    @model_validator(mode="after")
    def _range_rises(self) -> Shapes:
        if self.value_range is not None and not self.value_range[0] < self.value_range[1]:
            raise ValueError(f"value_range is {self.value_range}, expected the lower value first")
        return self


def check_network(settings: Mapping[str, Any], model: type[BaseModel] | None, checkpoint: Any, path: Path) -> None:
    """UserError where the ``settings`` of a checkpoint are not as ``model`` has them, or too large for its weights."""
    check(Shapes, settings, str(path))
    if model is None:
        return
    check(model, settings, str(path))
    count = sum(value.numel() for value in checkpoint["state_dict"].values())
    for key in model.model_fields.keys() & settings.keys():
        if isinstance(settings[key], int | float) and settings[key] > count:
            raise UserError(f"{path}: {key} is {settings[key]}, expected at most the number of its weights, {count}")


@contextmanager
def no_larger_than(weights: Mapping[str, torch.Tensor], path: Path) -> Iterator[None]:
    """UserError as soon as modules that are built in this block have twice as many parameters as ``weights``.

    It is raised before memory for the parameter is touched, whatever setting asked for it.
    """
    tensors, values = 2 * len(weights), 2 * sum(value.numel() for value in weights.values())

    def count(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        nonlocal tensors, values
        tensors, values = tensors - 1, values - (0 if parameter is None else parameter.numel())
        if min(tensors, values) < 0:
            raise UserError(f"{path}: its settings need more weights than the {len(weights)} in it; name another one")

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def remark(checkpoint: dict[str, Any]) -> str | None:
    """What must be said of a checkpoint that is no better on its validation than `motion`, which needs no training."""
    network, motion, unit = _validated(checkpoint)
    if network is None or motion is None or (network < motion) == (unit == "MSE"):
        return None
    return (
        f"this checkpoint is no better than motion, which needs no training, on what it was validated on "
        f"({unit} {network:.4g}, motion {motion:.4g}); train longer, or leave out --checkpoint"
    )


def _validated(checkpoint: dict[str, Any]) -> tuple[float | None, float | None, str]:
    """The scores of a network and of `motion` on the validation part, and their unit; None where they are not known."""
    scores = checkpoint.get("scores")
    if isinstance(scores, dict) and isinstance(scores.get("all"), dict):
        found, keys, unit = scores["all"], ("network", "motion"), "PSNR"
    else:
        states = checkpoint.get("callbacks")
        history = states.get("History") if isinstance(states, dict) else None
        epochs = history.get("epochs") if isinstance(history, dict) else None
        last = epochs[-1] if isinstance(epochs, list) and epochs else None
        found, keys, unit = last if isinstance(last, dict) else {}, ("val_mse", "val_motion"), "MSE"
    network, motion = (float(found[key]) if isinstance(found.get(key), int | float) else None for key in keys)
    return network, motion, unit
