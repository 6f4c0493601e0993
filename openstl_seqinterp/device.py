"""Where to compute, in which precision, and how long it will take."""

from __future__ import annotations

import copy
import ctypes
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.seed import isolate_rng
from torch import nn
from torch.nn.functional import conv2d, pad

from .errors import UserError, one_line

AUTO, CUDA = "auto", "cuda"
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}  # --precision: Lightning's name


def accelerator(device: str) -> str:
    """Lightning's ``"gpu"`` or ``"cpu"`` for OpenSTL's ``--device``: a GPU where wanted (the default) and there."""
    return "gpu" if device.startswith(CUDA) and torch.cuda.is_available() else "cpu"


def precision(wish: str, on: str) -> str:
    """Lightning's precision for ``--precision``; ``auto`` takes bf16 where the hardware is fast in it, else fp32.

    Raises UserError for 16 on a CPU, where half precision is slower than fp32 and has no gradient scaler.
    """
    if wish == AUTO:
        fast = torch.cuda.is_bf16_supported(including_emulation=False) if on == "gpu" else _fast_in_bf16()
        return PRECISIONS["bf16" if fast else "32"]
    if wish == "16" and on == "cpu":
        raise UserError("float16 (--fp16, --precision 16) needs a GPU; on this CPU use --precision bf16 or 32")
    return PRECISIONS[wish]


@cache
def _fast_in_bf16() -> bool:
    """Whether this CPU multiplies matrices faster in bf16 than in fp32.

    That it has instructions for it does not tell: with AVX512-BF16 alone, AMD's Zen 4 is about twice as fast as in
    fp32 and Intel's Sapphire Rapids half as fast. The answer is far from the limit on either.
    """
    cpu: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # newer than the oldest torch that works
    if not (cpu.get("avx512_bf16") or cpu.get("amx_bf16")):
        return False
    seconds = dict.fromkeys((torch.float32, torch.bfloat16), inf)
    for _ in range(8):  # taken in turns, so that other work on the machine is shared fairly
        for dtype in seconds:
            matrix = torch.ones(512, 512, dtype=dtype)
            start = time.perf_counter()
            matrix @ matrix
            seconds[dtype] = min(seconds[dtype], time.perf_counter() - start)
    return seconds[torch.bfloat16] < seconds[torch.float32]


class _ByPhases(nn.Conv2d):
    """A depthwise convolution dilated by d, as a plain one of each of the d x d images that every d-th pixel makes.

    The sums are the same. In fp32 even under autocast, see `prepare`.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        (down, across), (height, width) = self.dilation, input.shape[-2:]
        sides: Any = self.padding  # numbers, see `_dilated_depthwise`
        padding = [side // step for side, step in zip(sides, self.dilation, strict=True)]
        with torch.autocast(input.device.type, enabled=False):
            whole = pad(input.float(), (0, -width % across, 0, -height % down)).movedim(1, -1)  # (B, H, W, C)
            phases = whole.unflatten(2, (-1, across)).unflatten(1, (-1, down)).permute(0, 2, 4, 1, 3, 5)
            result = conv2d(phases.flatten(0, 2).movedim(-1, 1), self.weight, self.bias, 1, padding, 1, self.groups)
        parts = result.movedim(1, -1).unflatten(0, (-1, down, across)).permute(0, 3, 1, 4, 2, 5)
        return parts.flatten(3, 4).flatten(1, 2).movedim(-1, 1)[..., :height, :width]


def _dilated_depthwise(module: nn.Module) -> bool:
    """A convolution that `_ByPhases` can compute: one whose output is as large as its input."""
    return (
        type(module) is nn.Conv2d
        and module.groups == module.in_channels
        and max(module.dilation) > 1
        and max(module.stride) == 1
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and all(
            2 * side == step * (kernel - 1) and kernel % 2
            for side, step, kernel in zip(module.padding, module.dilation, module.kernel_size, strict=True)
        )
    )


def prepare(model: nn.Module, on: str, lightning_precision: str) -> None:
    """Make ``model`` fast on its device. It computes the same, and its weights keep their names and values.

    Weights get the layout channels last, which convolutions follow: measured on CPUs, 1.1 to 1.7 times as fast in fp32
    and more in bf16; a GPU gains in half precision alone. Dilated depthwise convolutions, of which gSTA has one in
    each block, are computed by phases on a CPU: 3 times as fast. Their derivative by the weights in bf16 is wrong
    there, by a factor or by NaN, for maps of about 32 pixels and more (torch 2.15 and oneDNN on AVX512-BF16), so they
    stay in fp32.
    """
    if on == "cpu":
        for module in model.modules():
            if _dilated_depthwise(module):
                module.__class__ = _ByPhases
    if on == "cpu" or lightning_precision != PRECISIONS["32"]:
        for parameter in model.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.to(memory_format=torch.channels_last)


@contextmanager
def compiled(network: nn.Module, on: str) -> Iterator[None]:
    """In this block torch.compile makes the passes of ``network`` in training, with CUDA graphs on a GPU.

    In evaluation mode, with its other sizes of batches and precision, it runs as it is. Its weights keep their names.
    Raises UserError where it cannot be compiled, at its first pass perhaps: on a CPU without a C++ compiler, say.
    """
    from torch._dynamo.exc import TorchDynamoException  # seconds to import, which only this needs

    eager = network.forward
    try:
        fast = torch.compile(eager, mode="reduce-overhead" if on == "gpu" else None, dynamic=False)
    except RuntimeError as error:
        raise UserError(f"torch.compile cannot be had here ({one_line(error)}); leave --compile out") from error

    def forward(*args: Any, **kwargs: Any) -> Any:
        return (fast if network.training else eager)(*args, **kwargs)

    network.forward = forward
    try:
        yield
    except TorchDynamoException as error:
        raise UserError(f"torch.compile failed ({one_line(error)}); leave --compile out") from error
    finally:
        del network.forward


def keep_freed_memory() -> None:
    """Let this process keep the memory of freed tensors for the next ones, where its C library is glibc.

    By default glibc hands large blocks back to the system and is given them anew, page by page: a third of the time of
    a forward pass of the paper's network on a virtual machine.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


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
        elapsed = inf
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
