"""From the names on the command line to loaders: sets of the paper, splits, and OpenSTL's ``load_data``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader

from ..errors import UserError, require_known
from .dataset import EpochSampler, TaskDataset
from .degrade import DEGRADATIONS, UNION
from .sequences import SequenceSet, load_sequences, load_withheld
from .simulate import DIGITS, SEED, write_dataset
from .tasks import one_sided, windows

# What OpenSTL calls dataset parameters: constants that it merges into the arguments of a run.
PARAMETERS: dict[str, dict[str, Any]] = {
    "seqinterp": {
        "in_shape": [4, 1, 36, 36],
        "pre_seq_length": 4,
        "aft_seq_length": 4,
        "total_length": 8,
        "data_name": "seqinterp",
        "metrics": ["mse", "mae", "ssim", "psnr"],
    }
}


def _variants(family: str, *names: str) -> list[str]:
    return [family if name == "clean" else f"{family}-{name}" for name in names]


TRAIN_SETS = _variants("n6", *DEGRADATIONS, UNION)
TEST_SETS = [name for family in DIGITS for name in _variants(family, *DEGRADATIONS)]


def parse_set(name: str) -> tuple[str, list[str]]:
    """``"n6-all"`` is family ``"n6"`` with every degradation, ``"n6"`` is ``"n6"`` with ``["clean"]``."""
    family, _, variant = name.partition("-")
    return family, list(DEGRADATIONS) if variant == UNION else [variant or "clean"]


def ensure_files(data_root: Path) -> Path:
    """The folder of the simulated sets; write them where none is there, UserError where only some are."""
    folder = data_root / "seqinterp"
    files = [folder / f"{family}-{part}.npz" for family in DIGITS for part in ("train", "test")]
    missing = [path for path in files if not path.is_file()]
    if len(missing) == len(files):
        print(f"simulating the sequences (seed {SEED}) into {folder} ...", flush=True)
        write_dataset(data_root)
    elif missing:
        raise UserError(
            f"{missing[0]} is missing beside its sister files; restore it or write all anew with: "
            "python tools/prepare_data/seqinterp.py"
        )
    return folder


def _load(folder: Path, family: str) -> SequenceSet:
    path = folder / f"{family}-train.npz"
    sequences = load_sequences(path)
    expected, found = tuple(PARAMETERS["seqinterp"]["in_shape"][1:]), sequences.frames.shape[2:]
    if found != expected:
        raise UserError(f"{path}: images are {found} (C, H, W), expected {expected}")
    return sequences


def split(sequences: SequenceSet) -> tuple[range, range]:
    """Rows for training and for validation: whole sequences, the last tenth (their order is random) for validation."""
    count = len(sequences.frames)
    if count < 2:
        raise UserError(f"{count} sequence cannot be split into training and validation; at least 2 are needed")
    validation = max(1, count // 10)
    return range(count - validation), range(count - validation, count)


def window_datasets(
    data_root: Path, train_set: str, pre_seq_length: int, aft_seq_length: int, seed: int
) -> tuple[TaskDataset, TaskDataset]:
    """Training and validation cases of a set of `TRAIN_SETS`. They never touch a withheld image."""
    require_known("training set", train_set, TRAIN_SETS)
    family, degradations = parse_set(train_set)
    sequences = _load(ensure_files(data_root), family)
    tasks = windows(sequences.always_observed(), pre_seq_length, aft_seq_length)
    train_rows, validation_rows = split(sequences)
    return (
        TaskDataset(train_set, sequences, tasks, degradations, rows=train_rows, seed=seed),
        TaskDataset(train_set, sequences, tasks, degradations, rows=validation_rows),
    )


def withheld_dataset(data_root: Path, test_set: str, pre_seq_length: int) -> TaskDataset:
    """The cases of a set of `TEST_SETS`: every sequence with each of its withheld images, the same in every run."""
    require_known("test set", test_set, TEST_SETS)
    family, degradations = parse_set(test_set)
    folder = ensure_files(data_root)
    sequences = _load(folder, family)
    withheld = load_withheld(folder / f"{family}-test.npz", sequences)
    known = sequences.always_observed()
    tasks = [one_sided(known, int(target), pre_seq_length) for target in withheld.index]
    return TaskDataset(test_set, sequences, tasks, degradations, withheld=withheld)


def load_data(
    dataname: str,
    batch_size: int,
    val_batch_size: int,
    num_workers: int,
    data_root: str,
    *,
    train_set: str = TRAIN_SETS[0],
    test_sets: Sequence[str] = tuple(TEST_SETS),
    pre_seq_length: int,
    aft_seq_length: int,
    seed: int = 0,
    drop_last: bool = False,
    **_: Any,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Loaders for training, validation and test (the first of ``test_sets``), with the signature of OpenSTL's.

    Batches are ``(x, y)``: float32 (B, T, C, H, W) and (B, T', C, H, W) in [0, 1].
    """
    root = Path(data_root)
    train, validation = window_datasets(root, train_set, pre_seq_length, aft_seq_length, seed)
    test = withheld_dataset(root, test_sets[0], pre_seq_length)
    workers: dict[str, Any] = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
    evaluate = {"batch_size": val_batch_size, "drop_last": drop_last, **workers}
    sampler = EpochSampler(len(train), seed)
    return (
        DataLoader(train, batch_size, sampler=sampler, drop_last=drop_last, **workers),
        DataLoader(validation, **evaluate),
        DataLoader(test, **evaluate),
    )
