"""Where to compute, and in which precision."""

from __future__ import annotations

import os
import platform
import time
import warnings
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.environments import SLURMEnvironment

from .errors import UserError

SRUN = "The `srun` command is available"  # a warning of Lightning, wherever SLURM is installed and not used
AUTO, CUDA = "auto", "cuda"
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}  # --precision: Lightning's name


def accelerator(device: str) -> str:
    """Lightning's ``"gpu"`` or ``"cpu"`` for OpenSTL's ``--device``: a GPU if requested (default) and there."""
    return "gpu" if device.startswith(CUDA) and torch.cuda.is_available() else "cpu"


def launched() -> tuple[int, int]:
    """The processes of each node, and the nodes, that torchrun or SLURM's srun started this one with."""
    if "LOCAL_WORLD_SIZE" in os.environ:  # torchrun, which may run within a job of SLURM
        local = int(os.environ["LOCAL_WORLD_SIZE"])
        return local, int(os.environ.get("WORLD_SIZE", local)) // local
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", SRUN)
        if not SLURMEnvironment.detect():
            return 1, 1
    nodes = int(os.environ.get("SLURM_NNODES", 1))
    return int(os.environ["SLURM_NTASKS"]) // nodes, nodes


def precision(requested: str, on: str) -> str:
    """Lightning's precision for ``--precision``; ``auto`` is bf16 where the hardware is fast in it, else fp32.

    Raises UserError for 16 on a CPU, where half precision is slower than fp32 and has no gradient scaler.
    """
    if requested == AUTO:
        fast = torch.cuda.is_bf16_supported(including_emulation=False) if on == "gpu" else _fast_in_bf16()
        return PRECISIONS["bf16" if fast else "32"]
    if requested == "16" and on == "cpu":
        raise UserError("float16 (--fp16, --precision 16) needs a GPU; on this CPU use --precision bf16 or 32")
    return PRECISIONS[requested]


@cache
def _fast_in_bf16() -> bool:
    """Whether this CPU multiplies matrices faster in bf16 than in fp32.

    Having bf16 instructions is not enough: with AVX512-BF16 alone, AMD's Zen 4 is about twice as fast as in fp32
    and Intel's Sapphire Rapids half as fast. Both are far from the threshold.
    """
    cpu: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # absent in the oldest torch that is supported
    if not (cpu.get("avx512_bf16") or cpu.get("amx_bf16")):
        return False
    seconds = dict.fromkeys((torch.float32, torch.bfloat16), inf)
    # The processor's time, not the clock's: else a busy machine now and then decides, and a run is resumed in another
    # precision. Alternating, so that what load remains affects both alike.
    for _ in range(8):
        for dtype in seconds:
            matrix = torch.ones(512, 512, dtype=dtype)
            start = time.process_time()
            matrix @ matrix
            seconds[dtype] = min(seconds[dtype], time.process_time() - start)
    return seconds[torch.bfloat16] < seconds[torch.float32]


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
