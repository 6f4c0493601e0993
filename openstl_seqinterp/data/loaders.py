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
from .sequences import TEST, TRAIN, VALIDATION, SequenceSet, Withheld, load_sequences, load_withheld
from .simulate import DIGITS, SEED, write_dataset
from .tasks import Task, around, infill_windows, one_sided, runs, windows

ONE_SIDED, INFILL = "seqinterp", "seqinterp_infill"
_FRAME = (1, 36, 36)  # C, H, W
_PLANES = 2  # of `INFILL`: what is observed, and the distance in time


def _parameters(name: str, protocol: str, given: int, predicted: int, frame: Sequence[int] = _FRAME) -> dict[str, Any]:
    channels, *size = frame
    return {
        "protocol": protocol,
        "in_shape": [given, channels + _PLANES * (protocol == INFILL), *size],
        "pre_seq_length": given,
        "aft_seq_length": predicted,
        "total_length": given + predicted,
        "data_name": name,
        "metrics": ["mse", "mae", "ssim", "psnr"],
    }


_CONTEXT, _SLOTS = 4, 8  # images that a network reads: the paper's on one side, those around a missing one
# What OpenSTL calls dataset parameters: constants that it merges into the arguments of a run.
PARAMETERS: dict[str, dict[str, Any]] = {
    ONE_SIDED: _parameters(ONE_SIDED, ONE_SIDED, _CONTEXT, _CONTEXT),
    INFILL: _parameters(INFILL, INFILL, _SLOTS, 1),
}
_DROP = 0.1  # of the images of a training window beside its target: most windows keep all, many lose one or two
BALANCES = ("none", "velocity")


def _variants(family: str, *names: str) -> list[str]:
    return [family if name == "clean" else f"{family}-{name}" for name in names]


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


def own_parameters(data_root: Path, name: str, protocol: str) -> dict[str, Any]:
    """The parameters of an imported data set, ``data_root/name``, for a ``protocol``: `ONE_SIDED` or `INFILL`.

    Networks read as many images as in the simulated sets, or fewer where no stretch of observed ones is as long.
    Raises UserError where there is no such data set, or its sequences are too short.
    """
    sequences = _load(data_root / name, name)
    known = sequences.always_observed()
    longest = max((len(run) for run in runs(known)), default=0)
    least = 2 if protocol == ONE_SIDED else 3
    if longest < least:
        raise UserError(f"{data_root / name}: {longest} images in a row are observed, expected at least {least}")
    frame = sequences.frames.shape[2:]
    if protocol == INFILL:
        return _parameters(name, protocol, min(_SLOTS, longest), 1, frame)
    context = min(_CONTEXT, longest // 2)
    return _parameters(name, protocol, context, context, frame)


def is_own(data_root: Path, name: str) -> bool:
    """Whether ``name`` is a data set that `import_sequences` wrote to ``data_root``."""
    return (data_root / name / f"{name}-train.npz").is_file()


def families(dataname: str) -> tuple[list[str], list[str]]:
    """The families of sequences that a data set trains on, and those that it is tested on."""
    return (["n6"], list(DIGITS)) if dataname in (ONE_SIDED, INFILL) else ([dataname], [dataname])


def training_sets(dataname: str) -> list[str]:
    """The names for ``--train_set``: each family, its degraded variants, and the union of all."""
    return [name for family in families(dataname)[0] for name in _variants(family, *DEGRADATIONS, UNION)]


def scored_sets(dataname: str) -> list[str]:
    """The names for ``--test_sets``: each family and its degraded variants."""
    return [name for family in families(dataname)[1] for name in _variants(family, *DEGRADATIONS)]


def _folder(data_root: Path, dataname: str) -> Path:
    return ensure_files(data_root) if dataname in (ONE_SIDED, INFILL) else data_root / dataname


def _load(folder: Path, family: str) -> SequenceSet:
    path = folder / f"{family}-train.npz"
    sequences = load_sequences(path)
    found = sequences.frames.shape[2:]
    if family in DIGITS and found != _FRAME:
        raise UserError(f"{path}: images are {found} (C, H, W), expected {_FRAME}")
    return sequences


def split(sequences: SequenceSet) -> tuple[Sequence[int], Sequence[int]]:
    """Rows for training and for validation.

    Those that the files name, else whole sequences, the last tenth (their order is random) for validation.
    """
    if sequences.part is not None:
        training, validating = (np.flatnonzero(sequences.part == number).tolist() for number in (TRAIN, VALIDATION))
        return training, validating
    count = len(sequences.frames)
    if count < 2:
        raise UserError(f"{count} sequence cannot be split into training and validation; at least 2 are needed")
    validation = max(1, count // 10)
    return range(count - validation), range(count - validation, count)


def window_datasets(data_root: Path, dataname: str, train_set: str, seed: int) -> tuple[TaskDataset, TaskDataset]:
    """Training and validation cases of one of `training_sets`. They never touch a withheld image."""
    require_known("training set", train_set, training_sets(dataname))
    family, degradations = parse_set(train_set)
    sequences = _load(_folder(data_root, dataname), family)
    known, protocol = sequences.always_observed(), PARAMETERS[dataname]
    train_rows, validation_rows = split(sequences)
    kind: Any = TaskDataset
    if protocol["protocol"] == INFILL:
        kind, tasks, training = InfillDataset, infill_windows(known, protocol["pre_seq_length"]), {"drop": _DROP}
    else:
        tasks, training = windows(known, protocol["pre_seq_length"], protocol["aft_seq_length"]), {}
    build = partial(kind, train_set, sequences, tasks, degradations)
    return build(rows=train_rows, seed=seed, **training), build(rows=validation_rows)


def withheld_datasets(
    data_root: Path, dataname: str, names: Sequence[str], *, whole: bool = False
) -> dict[str, TaskDataset]:
    """The cases of some of `scored_sets`: every sequence with each of its withheld images, the same in every run.

    The degraded images are the same whatever ``dataname`` is: what may be blanked is what the paper's protocol reads.
    ``whole`` gives a network of `INFILL` the whole sequence instead of the slots around the missing image.
    """
    for name in names:
        require_known("test set", name, scored_sets(dataname))
    folder, protocol = _folder(data_root, dataname), PARAMETERS[dataname]
    loaded: dict[str, tuple[SequenceSet, Withheld]] = {}
    datasets: dict[str, TaskDataset] = {}
    for name in names:
        family, degradations = parse_set(name)
        if family not in loaded:
            sequences = _load(folder, family)
            loaded[family] = sequences, load_withheld(folder / f"{family}-test.npz", sequences)
        sequences, withheld = loaded[family]
        targets, known = [int(target) for target in withheld.index], sequences.always_observed()
        rows = None if sequences.part is None else np.flatnonzero(sequences.part == TEST)
        common: dict[str, Any] = {"rows": rows, "withheld": withheld}
        if protocol["protocol"] == INFILL:
            slots = len(known) if whole else protocol["pre_seq_length"]
            tasks = [around(len(known), target, slots) for target in targets]
            exposed = [_read_by_paper(known, target, task) for target, task in zip(targets, tasks, strict=True)]
            datasets[name] = InfillDataset(name, sequences, tasks, degradations, exposed=exposed, **common)
        else:
            tasks = [one_sided(known, target, protocol["pre_seq_length"]) for target in targets]
            datasets[name] = TaskDataset(name, sequences, tasks, degradations, **common)
    return datasets


def _read_by_paper(known: np.ndarray, target: int, task: Task) -> tuple[int, ...]:
    """What a network of the paper's reads for ``target``, where it can, else what this ``task`` reads."""
    try:
        return one_sided(known, target, _CONTEXT).context
    except UserError:
        return tuple(position for position in task.context if known[position])


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
    train_set: str | None = None,
    test_sets: Sequence[str] | None = None,
    balance: str = BALANCES[0],
    epoch_cases: int | None = None,
    seed: int = 0,
    drop_last: bool = False,
    **_: Any,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Loaders for training, validation and test (the first of ``scored_sets``), with the signature of OpenSTL's.

    ``dataname`` is one of `PARAMETERS`, sets default to the first of `training_sets` and to `scored_sets`.

    Batches are ``(x, y)``: float32 (B, T, C, H, W) and (B, T', C, H, W) in [0, 1]; see `TaskDataset`, `InfillDataset`.
    ``epoch_cases`` is how many training cases an epoch draws (default: each once), ``balance`` one of `BALANCES`.
    """
    root = Path(data_root)
    train, validation = window_datasets(root, dataname, train_set or families(dataname)[0][0], seed)
    first = test_sets[0] if test_sets else families(dataname)[1][0]
    test = withheld_datasets(root, dataname, [first])[first]
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
