"""What makes networks faster on their device. Nothing else depends on it, and results do not change.

Each part gives the measurement that justifies it, on two cores of a virtual machine unless it says otherwise;
``tools/benchmark.py --speed`` measures them together, against the host's own code (results/speed.md).

- channels last: convolutions follow the layout of their weights. 1.1 to 1.7 times as fast in fp32 on CPUs with AVX2 and
  AVX512, and more in bf16; a GPU gains in half precision only.
- dilated depthwise convolutions, of which gSTA has one in each block, by phases: 67 to 19 ms on a CPU.
- keep the memory of freed tensors: getting it back took a third of a forward pass of the paper's network.
- count subnormal numbers (below 1.2e-38 in fp32) as zero: a CPU takes many times as long for each. Networks of which
  parts fade away come upon them: a step of PhyDNet from 5.2 to 2.4 s after its eight quick epochs, of which the later
  ones had taken 2.7 times as long as the first.
- `torch.compile`: for a GPU; on a CPU it gained nothing (2.71 s a step against 2.29 s without).
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d, pad

from .device import PRECISIONS
from .errors import UserError, one_line

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h


class _ByPhases(nn.Conv2d):
    """A depthwise convolution dilated by d, as a plain one on each of the d x d images of every d-th pixel.

    The sums are the same. In fp32 even under autocast: see `prepare`.
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

    Weights get the channels-last layout; on a CPU, dilated depthwise convolutions are computed by phases. There,
    their bf16 weight gradient is wrong, by a factor or by NaN, for maps of about 32 pixels and more (torch 2.15 and
    oneDNN on AVX512-BF16), so they stay in fp32.
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
    """Within this block ``network`` trains through torch.compile, with CUDA graphs on a GPU.

    In evaluation mode, with its other batch sizes and precision, it runs uncompiled. Its weights keep their names.
    Raises UserError if it cannot be compiled, possibly at its first pass: without a C++ compiler, for instance.
    """
    from torch._dynamo.exc import TorchDynamoException  # takes seconds to import, and only this needs it

    eager = network.forward
    try:
        fast = torch.compile(eager, mode="reduce-overhead" if on == "gpu" else None, dynamic=False)
    except RuntimeError as error:
        raise UserError(f"torch.compile is not available here ({one_line(error)}); leave --compile out") from error

    def forward(*args: Any, **kwargs: Any) -> Any:
        return (fast if network.training else eager)(*args, **kwargs)

    network.forward = forward
    try:
        yield
    except TorchDynamoException as error:
        raise UserError(f"torch.compile failed ({one_line(error)}); leave --compile out") from error
    finally:
        del network.forward


@contextmanager
def subnormals_as_zero() -> Iterator[None]:
    """Within this block this process's CPU counts subnormal numbers as zero, if it can. Blocks can be nested."""
    tiny = torch.finfo(torch.float32).tiny
    before = bool(torch.tensor(tiny) / 2 == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def keep_freed_memory() -> None:
    """Let this process reuse the memory of freed tensors, if its C library is glibc.

    By default glibc returns large blocks to the system and gets them back page by page.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
