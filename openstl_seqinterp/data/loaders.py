"""From the names on the command line to loaders: sets of the paper, splits, and OpenSTL's ``load_data``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset, Subset

from ..errors import UserError, require_known
from .balance import balanced, speed
from .dataset import EpochSampler, InfillDataset, TaskDataset
from .degrade import DEGRADATIONS, UNION
from .sequences import SequenceSet, Withheld, load_sequences, load_withheld
from .simulate import DIGITS, SEED, write_dataset
from .tasks import around, infill_windows, one_sided, windows

ONE_SIDED, INFILL = "seqinterp", "seqinterp_infill"
_FRAME = (1, 36, 36)  # C, H, W


def _parameters(name: str, given: int, predicted: int, planes: int = 0) -> dict[str, Any]:
    channels, *size = _FRAME
    return {
        "in_shape": [given, channels + planes, *size],
        "pre_seq_length": given,
        "aft_seq_length": predicted,
        "total_length": given + predicted,
        "data_name": name,
        "metrics": ["mse", "mae", "ssim", "psnr"],
    }


# What OpenSTL calls dataset parameters: constants that it merges into the arguments of a run.
PARAMETERS: dict[str, dict[str, Any]] = {
    ONE_SIDED: _parameters(ONE_SIDED, 4, 4),  # the paper's protocol
    INFILL: _parameters(INFILL, 8, 1, planes=2),  # both sides; planes of what is observed and of the distance in time
}
_DROP = 0.1  # of the images of a training window beside its target: most windows keep all, many lose one or two
BALANCES = ("none", "velocity")


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
    found = sequences.frames.shape[2:]
    if found != _FRAME:
        raise UserError(f"{path}: images are {found} (C, H, W), expected {_FRAME}")
    return sequences


def split(sequences: SequenceSet) -> tuple[range, range]:
    """Rows for training and for validation: whole sequences, the last tenth (their order is random) for validation."""
    count = len(sequences.frames)
    if count < 2:
        raise UserError(f"{count} sequence cannot be split into training and validation; at least 2 are needed")
    validation = max(1, count // 10)
    return range(count - validation), range(count - validation, count)


def window_datasets(data_root: Path, dataname: str, train_set: str, seed: int) -> tuple[TaskDataset, TaskDataset]:
    """Training and validation cases of a set of `TRAIN_SETS`. They never touch a withheld image."""
    require_known("training set", train_set, TRAIN_SETS)
    family, degradations = parse_set(train_set)
    sequences = _load(ensure_files(data_root), family)
    known, protocol = sequences.always_observed(), PARAMETERS[dataname]
    train_rows, validation_rows = split(sequences)
    kind: Any = TaskDataset
    if dataname == INFILL:
        kind, tasks, training = InfillDataset, infill_windows(known, protocol["pre_seq_length"]), {"drop": _DROP}
    else:
        tasks, training = windows(known, protocol["pre_seq_length"], protocol["aft_seq_length"]), {}
    build = partial(kind, train_set, sequences, tasks, degradations)
    return build(rows=train_rows, seed=seed, **training), build(rows=validation_rows)


def withheld_datasets(
    data_root: Path, dataname: str, test_sets: Sequence[str], *, whole: bool = False
) -> dict[str, TaskDataset]:
    """The cases of sets of `TEST_SETS`: every sequence with each of its withheld images, the same in every run.

    The degraded images are the same whatever ``dataname`` is: what may be blanked is what the paper's protocol reads.
    ``whole`` gives a network of `INFILL` the whole sequence instead of the slots around the missing image.
    """
    for name in test_sets:
        require_known("test set", name, TEST_SETS)
    folder = ensure_files(data_root)
    loaded: dict[str, tuple[SequenceSet, Withheld]] = {}
    datasets: dict[str, TaskDataset] = {}
    for name in test_sets:
        family, degradations = parse_set(name)
        if family not in loaded:
            sequences = _load(folder, family)
            loaded[family] = sequences, load_withheld(folder / f"{family}-test.npz", sequences)
        sequences, withheld = loaded[family]
        targets, known = [int(target) for target in withheld.index], sequences.always_observed()
        papers = [one_sided(known, target, PARAMETERS[ONE_SIDED]["pre_seq_length"]) for target in targets]
        if dataname == INFILL:
            slots = len(known) if whole else PARAMETERS[INFILL]["pre_seq_length"]
            tasks = [around(len(known), target, slots) for target in targets]
            exposed = [task.context for task in papers]
            datasets[name] = InfillDataset(name, sequences, tasks, degradations, withheld=withheld, exposed=exposed)
        else:
            datasets[name] = TaskDataset(name, sequences, papers, degradations, withheld=withheld)
    return datasets


def _validation_share(validation: TaskDataset, train: int, drawn: int) -> Dataset[Any]:
    """A fixed random part of the validation cases, as large a part as an epoch draws of the training cases."""
    size = max(1, round(len(validation) * drawn / train))
    if size == len(validation):
        return validation
    return Subset(validation, np.sort(np.random.default_rng(0).permutation(len(validation))[:size]).tolist())


def load_data(
    dataname: str,
    batch_size: int,
    val_batch_size: int,
    num_workers: int,
    data_root: str,
    *,
    train_set: str = TRAIN_SETS[0],
    test_sets: Sequence[str] = tuple(TEST_SETS),
    balance: str = BALANCES[0],
    epoch_cases: int | None = None,
    seed: int = 0,
    drop_last: bool = False,
    **_: Any,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Loaders for training, validation and test (the first of ``test_sets``), with the signature of OpenSTL's.

    Batches are ``(x, y)``: float32 (B, T, C, H, W) and (B, T', C, H, W) in [0, 1]; see `TaskDataset`, `InfillDataset`.
    ``epoch_cases`` is how many training cases an epoch draws (default: each once), ``balance`` one of `BALANCES`.
    """
    root = Path(data_root)
    train, validation = window_datasets(root, dataname, train_set, seed)
    test = withheld_datasets(root, dataname, test_sets[:1])[test_sets[0]]
    weights = None
    if balance == "velocity":
        weights = train.for_each_case(balanced(speed(train.sequences)[train.rows]))
    sampler = EpochSampler(len(train), seed, epoch_cases, weights)
    workers: dict[str, Any] = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
    evaluate = {"batch_size": val_batch_size, "drop_last": drop_last, **workers}
    return (
        DataLoader(train, batch_size, sampler=sampler, drop_last=drop_last, **workers),
        DataLoader(_validation_share(validation, len(train), sampler.size), **evaluate),
        DataLoader(test, **evaluate),
    )
