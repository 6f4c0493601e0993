"""From the names on the command line to loaders: sets of the paper, imported sets, splits, and their cases.

A data set is a name for sequences in a folder below the data root, seen through a `Protocol`: the simulated ones under
the name of each protocol, imported ones under their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset, Subset

from ..errors import UserError, require_known
from ..protocols import FRAME, ONE_SIDED, PROTOCOLS, Abilities, Protocol
from ..tasks import Task, runs, shown
from .balance import balanced, speed
from .dataset import EpochSampler, TaskDataset
from .scale import Scale
from .sequences import TEST, TRAIN, VALIDATION, SequenceSet, load_sequences, load_withheld
from .sets import parse_set, scored_sets, training_sets
from .simulate import DIGITS, SEED, write_dataset
from .store import KNOWN, Store

DATA_ROOT = Path("data")  # where the simulated sequences go unless another folder is named


def ensure_files(data_root: Path) -> Path:
    """The folder of the simulated sets; write them where none is there, UserError where only some are."""
    folder = data_root / ONE_SIDED.name
    files = [folder / f"{family}-{part}.npz" for family in DIGITS for part in ("train", "test")]
    missing = [path for path in files if not path.is_file()]
    if len(missing) == len(files):
        if not data_root.is_dir() and data_root != DATA_ROOT:
            raise UserError(
                f"--data_root {data_root} is no folder; name one that is there, or simulate the sequences into it "
                f"with: seqinterp prepare --data_root {data_root}"
            )
        print(f"simulating the sequences (seed {SEED}) into {folder} ...", flush=True)
        write_dataset(data_root)
    elif missing:
        raise UserError(
            f"{missing[0]} is missing beside its sister files; restore it or write all anew with: "
            f"seqinterp prepare --data_root {data_root}"
        )
    return folder


def is_own(data_root: Path, name: str) -> bool:
    """Whether ``name`` is a data set that was imported to ``data_root``."""
    return any((data_root / name / file).exists() for file in (KNOWN, f"{name}-train.npz"))


def own_view(data_root: Path, name: str, protocol: Protocol) -> tuple[Protocol, tuple[int, ...], Scale]:
    """An imported data set as seen through ``protocol``: this for its sequences, a frame's (C, H, W), and its scale.

    Networks read as many images as in the simulated sets, or fewer where no stretch of observed ones is as long. In a
    store nothing is missing from training, so that a window may be as long as a sequence, if each withheld image has as
    many observed ones beside it as are read. UserError where its sequences are too short.
    """
    sequences = _load(data_root / name, name)
    known = sequences.always_observed()
    longest = max(map(len, runs(known)), default=0)
    if (data_root / name / KNOWN).exists():
        longest = len(known) if protocol.masked else min(len(known), 2 * _beside(known, protocol))
    try:
        return protocol.within(longest), sequences.frames.shape[1:], sequences.scale
    except UserError as error:
        raise UserError(f"{data_root / name}: {error}") from error


def _beside(known: np.ndarray, protocol: Protocol) -> int:
    """As how many images ``protocol`` can read, at most as many as it does, for each that is not ``known`` (T,)."""
    hidden = np.flatnonzero(~known).tolist()
    fewer = (replace(protocol, given=count) for count in range(protocol.given, 0, -1))
    return next((each.given for each in fewer if all(each.context(known, place) for place in hidden)), 0)


def _folder(data_root: Path, dataname: str) -> Path:
    return ensure_files(data_root) if dataname in PROTOCOLS else data_root / dataname


def _load(folder: Path, family: str, span: int | None = None) -> SequenceSet:
    """What is not withheld; of a store the sequences for tests, or windows of ``span`` frames to train on."""
    if (folder / KNOWN).exists():
        store = Store.open(folder)
        return store.tests() if span is None else store.training(span)
    path = folder / f"{family}-train.npz"
    sequences = load_sequences(path)
    found = sequences.frames.shape[1:]
    if family in DIGITS and found != FRAME:
        raise UserError(f"{path}: images are {found} (C, H, W), expected {FRAME}")
    return sequences


def _withheld(folder: Path, family: str, sequences: SequenceSet) -> SequenceSet:
    if (folder / KNOWN).exists():
        return Store.open(folder).withheld()
    return load_withheld(folder / f"{family}-test.npz", sequences)


def split(sequences: SequenceSet) -> tuple[Sequence[int], Sequence[int]]:
    """Rows for training and for validation.

    Those that the files name, else whole sequences, the last tenth (their order is random) for validation.
    """
    if sequences.part is not None:
        training, validating = (np.flatnonzero(sequences.part == number).tolist() for number in (TRAIN, VALIDATION))
        return training, validating
    count = len(sequences.index)
    if count < 2:
        raise UserError(f"{count} sequence cannot be split into training and validation; at least 2 are needed")
    validation = max(1, count // 10)
    return range(count - validation), range(count - validation, count)


def window_datasets(
    data_root: Path,
    dataname: str,
    protocol: Protocol,
    train_set: str,
    seed: int,
    *,
    abilities: Abilities | None = None,
    augment: bool = False,
) -> tuple[TaskDataset, TaskDataset]:
    """Training and validation cases of one of `training_sets`. They never touch a withheld image.

    Those for training are `augment`-ed where that is said. ``abilities`` are those of the method: images are cropped
    then if it takes any size, and windows for training are longer than those for validation if it takes any number of
    frames and only the latter are short.
    """
    require_known("training set", train_set, training_sets(dataname))
    family, degradations = parse_set(train_set)
    folder = _folder(data_root, dataname)
    longer = _longer(folder, protocol, abilities)
    loaded = {seen: _load(folder, family, seen.span) for seen in {longer, protocol}}

    def build(seen: Protocol, part: int, **how: Any) -> TaskDataset:
        sequences = loaded[seen]
        tasks = seen.training_tasks(sequences.always_observed())
        return TaskDataset(train_set, seen, sequences, tasks, degradations, rows=split(sequences)[part], **how)

    crop = abilities is not None and abilities.any_size
    return build(longer, 0, seed=seed, drop=protocol.drop, augment=augment, crop=crop), build(protocol, 1)


def _longer(folder: Path, protocol: Protocol, abilities: Abilities | None) -> Protocol:
    """``protocol`` with as many frames as the method's own, if it takes them and stretches for training have them."""
    if abilities is None or not abilities.any_slots or not (folder / KNOWN).exists():
        return protocol
    counts = range(abilities.protocol.given, protocol.given, -1)
    store = Store.open(folder)
    longer = (replace(protocol, given=count) for count in counts)
    return next((each for each in longer if len(store.windows(TRAIN, each.span))), protocol)


def withheld_datasets(
    data_root: Path, dataname: str, protocol: Protocol, names: Sequence[str], abilities: Abilities | None = None
) -> dict[str, TaskDataset]:
    """The cases of some of `scored_sets`: every sequence with each of its withheld images, the same in every run.

    The degraded images are the same whatever the protocol is: what may be blanked is what the paper's reads.
    ``abilities`` are those of the method, which may read more of a sequence than in training.
    """
    for name in names:
        require_known("test set", name, scored_sets(dataname))
    folder = _folder(data_root, dataname)
    loaded: dict[str, tuple[SequenceSet, SequenceSet]] = {}
    datasets: dict[str, TaskDataset] = {}
    for name in names:
        family, degradations = parse_set(name)
        if family not in loaded:
            sequences = _load(folder, family)
            loaded[family] = sequences, _withheld(folder, family, sequences)
        sequences, withheld = loaded[family]
        known = sequences.always_observed()
        seen = protocol if abilities is None else abilities.reading(protocol, len(known))
        tasks = [seen.task(known, int(target)) for target in np.flatnonzero(withheld.always_observed())]
        exposed = [_read_by_paper(known, task) for task in tasks]
        rows = None if sequences.part is None else np.flatnonzero(sequences.part == TEST).tolist()
        datasets[name] = TaskDataset(
            name, seen, sequences, tasks, degradations, rows=rows, withheld=withheld, exposed=exposed
        )
    return datasets


def _read_by_paper(known: np.ndarray, task: Task) -> tuple[int, ...]:
    """What a network of the paper's reads for the target, where it can, else what this ``task`` reads."""
    paper = ONE_SIDED.context(known, task.targets[0])
    return tuple(shown(known, task.context)) if paper is None else paper


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
    view: Protocol,
    abilities: Abilities | None = None,
    train_set: str | None = None,
    test_sets: Sequence[str] | None = None,
    balance: str = "none",
    epoch_cases: int | None = None,
    seed: int = 0,
    drop_last: bool = False,
    use_augment: bool = False,
    **_: Any,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Loaders for training, validation and test (the first of ``test_sets``), with the signature of OpenSTL's.

    ``dataname`` is a name of `PROTOCOLS` or that of an imported data set, ``view`` the protocol through which it is
    seen; sets default to the first of `training_sets` and of `scored_sets`. Batches are ``(x, y)`` of `TaskDataset`.
    ``epoch_cases`` is how many training cases an epoch draws (default: each once); with ``balance`` "velocity" slow and
    fast motion are drawn equally often. ``use_augment`` mirrors images, hides more of them, and crops them where the
    method's ``abilities`` say that it takes any size.
    """
    root = Path(data_root)
    wanted = train_set or training_sets(dataname)[0]
    train, validation = window_datasets(root, dataname, view, wanted, seed, abilities=abilities, augment=use_augment)
    first = test_sets[0] if test_sets else scored_sets(dataname)[0]
    test = withheld_datasets(root, dataname, view, [first])[first]
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
