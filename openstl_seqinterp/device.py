"""Where to compute, in which precision, and how long it will take."""

from __future__ import annotations

import copy
import os
import platform
import time
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.seed import isolate_rng
from torch import nn

from .errors import UserError

AUTO, CUDA = "auto", "cuda"
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}  # --precision: Lightning's name


def accelerator(device: str) -> str:
    """Lightning's ``"gpu"`` or ``"cpu"`` for OpenSTL's ``--device``: a GPU where wanted (the default) and there."""
    return "gpu" if device.startswith(CUDA) and torch.cuda.is_available() else "cpu"


def precision(wish: str, on: str) -> str:
    """Lightning's precision for ``--precision``; ``auto`` takes bf16 where the hardware computes in it, else fp32.

    Raises UserError for 16 on a CPU, where half precision is slower than fp32 and has no gradient scaler.
    """
    if wish == AUTO:
        if on == "gpu":
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            # Newer than the oldest torch that works.
            cpu: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
            fast = bool(cpu.get("avx512_bf16") or cpu.get("amx_bf16"))
        return PRECISIONS["bf16" if fast else "32"]
    if wish == "16" and on == "cpu":
        raise UserError("float16 (--fp16, --precision 16) needs a GPU; on this CPU use --precision bf16 or 32")
    return PRECISIONS[wish]


class _InFull(nn.Conv2d):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.float())


def dilated_in_full(model: nn.Module) -> None:
    """Let the dilated depthwise convolutions of ``model`` compute in fp32 under autocast; its weights stay as they are.

    On a CPU their derivative by the weights in bf16 is wrong, by a factor or by NaN, for maps of about 32 pixels and
    more: seen with torch 2.15 and oneDNN on AVX512-BF16. gSTA has one in each block. In fp32 it takes no longer.
    """
    for module in model.modules():
        if type(module) is nn.Conv2d and module.groups == module.in_channels and module.dilation != (1, 1):
            module.__class__ = _InFull


def seconds_per_step(
    method: LightningModule, batch: tuple[torch.Tensor, torch.Tensor], on: str, lightning_precision: str
) -> float:
    """Time of a training step of ``method`` on ``batch``, on a copy; weights and random states stay as they are."""
    device = torch.device("cuda" if on == "gpu" else "cpu")
    dtype = torch.float16 if lightning_precision.startswith("16") else torch.bfloat16
    with isolate_rng():
        trial: Any = copy.deepcopy(method).to(device)
        trial.log = lambda *args, **kwargs: None  # there is no Trainer to log to
        x, y = (tensor.to(device) for tensor in batch)
        elapsed = float("inf")
        for _ in range(2):  # the first one warms up
            start = time.perf_counter()
            with torch.autocast(device.type, dtype, enabled=lightning_precision.endswith("mixed")):
                loss = trial.training_step((x, y), 0)
            loss.backward()
            loss.item()  # waits for the GPU
            elapsed = min(elapsed, time.perf_counter() - start)
    return elapsed


def describe(on: str, lightning_precision: str) -> str:
    """The device in words, with the precision and, on a CPU, the threads that PyTorch uses."""
    if on == "gpu":
        return f"{torch.cuda.get_device_name()}, {lightning_precision}"
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, {lightning_precision}"
