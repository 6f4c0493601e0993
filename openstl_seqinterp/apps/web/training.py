"""Training on a visitor's sequence, in words of the command line; `tuning`, which takes seconds to import, does it."""

from __future__ import annotations

from pathlib import Path

from ...shipped import SHIPPED
from .asked import Asked

NAME, RUN, CURVE, BEST = "mine", "run", "curve.json", "best.ckpt"
_MULTIPLE = 4  # of the sides of images
_CASES = 32  # of an epoch: after each there is a point of the curve


def train(asked: Asked, folder: Path, minutes: float, side: int) -> None:
    """`tuning.tune`, imported by the child that runs it."""
    from .tuning import tune

    tune(asked, folder, minutes, side)


def import_words(asked: Asked, side: int, shape: tuple[int, int]) -> list[str]:
    """The command line that imports the sequence without what is marked; ``shape`` (H, W) is that of its images."""
    size = resized(shape, side)
    given = [*asked.flags, *asked.missing_words, *(("--size", *map(str, size)) if size else ())]
    return ["import", asked.path.name, *given, "--out", f"data/{NAME}"]


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
