"""Training on a visitor's sequence, in words of the command line; `tuning`, which takes seconds to import, does it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...shipped import SHIPPED

NAME, RUN, CURVE, BEST = "mine", "run", "curve.json", "best.ckpt"
_MULTIPLE = 4  # of the sides of images
_CASES = 32  # of an epoch: after each there is a point of the curve


def train(path: Path, flags: Sequence[str], folder: Path, minutes: float, side: int) -> None:
    """`tuning.tune`, imported by the child that runs it."""
    from .tuning import tune

    tune(path, flags, folder, minutes, side)


def import_words(path: str, side: int, shape: tuple[int, int], flags: Sequence[str]) -> list[str]:
    """The command line that imports the sequence at ``path``, of images ``shape`` (H, W), at most ``side`` pixels."""
    size = resized(shape, side)
    return ["import", path, *flags, "--out", f"data/{NAME}", *(("--size", *map(str, size)) if size else ())]


def train_words() -> list[str]:
    """The command line that trains on it."""
    words = ["train", "-d", NAME, "-m", "SimVP_Motion", "--from", SHIPPED]
    return [*words, "--sched", "cosine", "--epoch", "1000", "--epoch_cases", str(_CASES)]


def keep_best(folder: Path) -> bool:
    """Make the best network so far of a training in ``folder`` its ``best.ckpt``; False where there is none yet."""
    best = folder / RUN / "checkpoints" / BEST
    if best.is_file():
        best.replace(folder / BEST)
    return (folder / BEST).is_file()


def resized(shape: tuple[int, int], side: int) -> tuple[int, int] | None:
    """``shape`` (H, W) with no side longer than ``side``, in multiples of 4; None where it is not."""
    if max(shape) <= side:
        return None
    height, width = (max(_MULTIPLE * 2, round(each * side / max(shape) / _MULTIPLE) * _MULTIPLE) for each in shape)
    return height, width
