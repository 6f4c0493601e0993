"""What a method costs: its weights, its operations and its time, on the machine that measures all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ... import device, host
from ...config import resolve
from ...errors import UserError
from ...experiment import SeqInterpExperiment
from ...settings import damage
from .entries import arguments, label
from .timing import rate


class Cost(BaseModel):
    """Of a method's network: trainable ``weights``; ``flops`` of one prediction, where a multiplication and an addition
    are two (convolutions, matrix products and attention alone); milliseconds of a training step with ``batch`` windows,
    and of a predicted image in such a batch, in fp32.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    weights: int = Field(ge=0)
    flops: int = Field(ge=0)
    batch: int = Field(ge=1)
    step: float = Field(gt=0)
    image: float = Field(gt=0)


class Costs(BaseModel):
    """The part of ``speed.json`` about methods, by their names in tables: the device, the preset of the configs."""

    model_config = ConfigDict(strict=True)

    device: str
    preset: str = ""
    methods: dict[str, Cost] = {}

    @classmethod
    def read(cls, path: Path) -> Costs | None:
        """The costs in a file; None where there is none. UserError where it is damaged."""
        if not path.is_file():
            return None
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise UserError(f"{path} is damaged ({damage(error)}); measure again with --speed") from None


def flops(method: torch.nn.Module, x: torch.Tensor) -> int:
    """Of a prediction for a batch (B, T, C, H, W).

    Attention is computed as matrix products: the counter does not know what a CPU fuses.
    """
    method.eval()
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        host.predict(method, x)
    return int(counter.get_total_flops())


def cost(entry: str, preset: str, data_root: str) -> tuple[str, dict[str, Any]]:
    """The name in tables and the `Cost`, as JSON, of a method with the config of a preset. Takes seconds on a CPU."""
    with tempfile.TemporaryDirectory() as folder:
        argv = [*arguments(entry, preset), "--data_root", data_root, "--res_dir", folder]
        argv += ["--no_display_method_info", "--test_sets", "n6", "--precision", "32"]
        settings = resolve(argv)
        experiment = SeqInterpExperiment(settings)
        method, loader = experiment.method, experiment.data.train_loader
        x, _ = next(iter(loader))
        where = experiment.accelerator, device.PRECISIONS["32"]
        rates = {train: rate(method, loader, *where, train=train) for train in (True, False)}
        measured = Cost(
            weights=sum(each.numel() for each in method.parameters() if each.requires_grad),
            flops=flops(method, x[:1]),
            batch=len(x),
            step=1000 / rates[True],
            image=1000 / len(x) / rates[False],
        )
    return entry if ":" in entry else label(entry, settings.model_type), measured.model_dump()
