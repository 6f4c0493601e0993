import itertools
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openstl_seqinterp.data import loaders
from openstl_seqinterp.data.loaders import (
    ensure_files,
    load_data,
    split,
    window_datasets,
    withheld_datasets,
)
from openstl_seqinterp.data.sequences import SequenceSet
from openstl_seqinterp.data.sets import parse_set, scored_sets, training_sets
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.protocols import ONE_SIDED

FILES = ["n6-train.npz", "n6-test.npz", "n3-train.npz", "n3-test.npz"]


@pytest.mark.usefixtures("sentinel")
@pytest.mark.parametrize("train_set", ["n6", "n6-all"])
def test_no_training_or_validation_item_holds_a_withheld_image(data_root, brightest, train_set):
    for data in window_datasets(data_root, "seqinterp", ONE_SIDED, train_set, seed=0):
        for number in range(2 * len(data)):  # two epochs
            assert max(map(brightest, data[number])) < 0.3


@pytest.mark.usefixtures("sentinel")
@pytest.mark.parametrize("test_set", scored_sets("seqinterp"))
def test_no_test_input_is_a_withheld_image(data_root, brightest, test_set):
    data = withheld_datasets(data_root, "seqinterp", ONE_SIDED, [test_set])[test_set]
    for number in range(len(data)):
        x, y = data[number]
        assert brightest(x) < 0.3
        assert brightest(y) == 1


@pytest.fixture
def opened():
    """The names of the npz files that Python opens, by whatever call."""
    names, listening = [], True

    def hook(event, arguments):
        if listening and event == "open" and str(arguments[0]).endswith(".npz"):
            names.append(Path(arguments[0]).name)

    sys.addaudithook(hook)
    yield names
    listening = False  # an audit hook cannot be removed


def test_training_opens_no_test_file(data_root, opened):
    window_datasets(data_root, "seqinterp", ONE_SIDED, "n6-all", seed=0)
    assert opened == ["n6-train.npz"]
    withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n6"])["n6"]
    assert "n6-test.npz" in opened  # so a test file would have been seen above


@pytest.mark.parametrize(
    ("train_set", "variants"), [("n6", 1), ("n6-noise", 1), ("n6-miss", 1), ("n6-aug", 1), ("n6-all", 4)]
)
def test_training_sets_have_the_papers_number_of_windows(data_root, train_set, variants):
    train, validation = window_datasets(data_root, "seqinterp", ONE_SIDED, train_set, seed=0)
    assert len(train) == 2880 * variants
    assert len(validation) == 320 * variants


@pytest.mark.parametrize("test_set", scored_sets("seqinterp"))
def test_test_sets_have_two_cases_for_each_sequence(data_root, test_set):
    assert len(withheld_datasets(data_root, "seqinterp", ONE_SIDED, [test_set])[test_set]) == (
        800 if test_set.startswith("n6") else 200
    )


def test_the_sets_are_the_papers():
    assert training_sets("seqinterp_infill") == ["n6", "n6-noise", "n6-miss", "n6-aug", "n6-all"]
    assert scored_sets("seqinterp_infill") == [
        "n6",
        "n6-noise",
        "n6-miss",
        "n6-aug",
        "n3",
        "n3-noise",
        "n3-miss",
        "n3-aug",
    ]


def test_a_set_is_named_after_its_family_and_variant():
    assert parse_set("n6") == ("n6", ["clean"])
    assert parse_set("n3-miss") == ("n3", ["miss"])
    assert parse_set("n6-all") == ("n6", ["clean", "noise", "miss", "aug"])


@given(st.integers(2, 1000))
def test_split_gives_the_last_tenth_of_the_sequences_to_validation(count):
    train, validation = split(SequenceSet(np.zeros((count, 1, 1, 1), np.uint8), np.arange(count)[:, None]))
    assert [*train, *validation] == list(range(count))
    assert len(validation) == max(1, count // 10)


def test_one_sequence_cannot_be_split():
    with pytest.raises(UserError, match="at least 2"):
        split(SequenceSet(np.zeros((1, 1, 1, 1), np.uint8), np.zeros((1, 1), int)))


def test_no_sequence_is_in_both_training_and_validation(data_root):
    train, validation = window_datasets(data_root, "seqinterp", ONE_SIDED, "n6-all", seed=0)
    of_train, of_validation = ({data.case(number)[0] for number in range(len(data))} for data in (train, validation))
    assert of_train.isdisjoint(of_validation)
    assert of_train | of_validation == set(range(400))


def test_test_cases_are_the_papers(data_root):
    folder = data_root / "seqinterp"
    with np.load(folder / "n3-train.npz") as train, np.load(folder / "n3-test.npz") as test:
        known, withheld = train["frames"], test["frames"]
    data = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    for sequence in (0, 57, 99):
        for column, context in enumerate([[7, 6, 5, 4], [11, 12, 13, 14]]):
            x, y = data[2 * sequence + column]
            np.testing.assert_array_equal(x, known[sequence, context] / np.float32(255))
            np.testing.assert_array_equal(y, withheld[sequence, [column]] / np.float32(255))


def test_a_degraded_test_set_is_the_same_in_every_run(data_root):
    first, second = (withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3-aug"])["n3-aug"] for _ in range(2))
    for number in range(10):
        assert torch.equal(first[number][0], second[number][0])


def test_validation_does_not_depend_on_the_seed(data_root):
    (_, first), (_, second) = (window_datasets(data_root, "seqinterp", ONE_SIDED, "n6-aug", seed) for seed in (0, 1))
    assert torch.equal(first[5][0], second[5][0])


def load(data_root, train_set="n6", workers=0, **options):
    # OpenSTL passes arguments of its own, which are ignored.
    return load_data(
        "seqinterp", 16, 16, workers, str(data_root), view=ONE_SIDED, train_set=train_set, distributed=False, **options
    )


def test_batches_are_contiguous_float32_in_range(data_root):
    train, validation, test = load(data_root, "n6-all", test_sets=["n3-noise"])
    for loader, targets in ((train, 4), (validation, 4), (test, 1)):
        x, y = next(iter(loader))
        assert x.shape == (16, 4, 1, 36, 36)
        assert y.shape == (16, targets, 1, 36, 36)
        for images in (x, y):
            assert images.dtype == torch.float32
            assert images.is_contiguous()
            assert images.min() >= 0
            assert 0.5 < images.max() <= 1
    assert test.dataset.data_name == "n3-noise"


def test_drop_last_leaves_out_the_batch_that_is_not_full(data_root):
    # 200 cases are 12 batches of 16 and 8 cases more.
    assert len(load(data_root, test_sets=["n3"])[2]) == 13
    assert len(load(data_root, test_sets=["n3"], drop_last=True)[2]) == 12


# Newer Pythons warn of forks, torch of more workers than cores: neither bears on what the workers read.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
def test_worker_processes_read_the_same_batches(data_root):
    batches = {}
    for workers in (0, 2):
        train, validation, _ = load(data_root, "n6-aug", workers, seed=3)
        found = batches[workers] = []
        for epoch in (0, 1):
            train.sampler.set_epoch(epoch)
            found += itertools.islice(train, 3)
        found += itertools.islice(validation, 3)
    for alone, together in zip(batches[0], batches[2], strict=True):
        assert torch.equal(alone[0], together[0])
        assert torch.equal(alone[1], together[1])


def test_an_epoch_reads_each_training_case_once_in_an_order_that_the_seed_decides(data_root):
    orders = [list(load(data_root, seed=seed)[0].sampler) for seed in (0, 1)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(2880))
    assert orders[0] != orders[1]


def test_epochs_differ_in_order(data_root):
    train, _, _ = load(data_root)
    first = next(iter(train))[1]
    train.sampler.set_epoch(1)
    assert not torch.equal(first, next(iter(train))[1])


def test_windows_are_not_stored_as_copies(data_root):
    tracemalloc.start()
    try:
        train, _, _ = load(data_root, "n6-all")
        for _ in itertools.islice(train, 20):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 12,800 windows of 8 float32 images would be 530 MB.
    assert peak < 200e6


@pytest.mark.parametrize("name", FILES)
def test_partly_missing_files_are_refused(tmp_path, name):
    folder = tmp_path / "seqinterp"
    folder.mkdir()
    for other in FILES:
        if other != name:
            (folder / other).touch()
    with pytest.raises(UserError, match=f"{name} is missing beside its sister files"):
        ensure_files(tmp_path)
    assert not (folder / name).exists()


def test_files_are_written_where_none_is_there(tmp_path, monkeypatch):
    roots = []
    monkeypatch.setattr(loaders, "write_dataset", roots.append)
    assert ensure_files(tmp_path) == tmp_path / "seqinterp"
    assert roots == [tmp_path]


def test_files_that_are_there_are_not_written_again(data_root, monkeypatch):
    roots = []
    monkeypatch.setattr(loaders, "write_dataset", roots.append)
    assert ensure_files(data_root) == data_root / "seqinterp"
    assert roots == []


def test_an_unknown_set_is_refused_and_the_nearest_is_named(data_root):
    with pytest.raises(UserError, match=r"unknown training set 'n6-nois'; did you mean 'n6-noise'\?"):
        window_datasets(data_root, "seqinterp", ONE_SIDED, "n6-nois", seed=0)
    with pytest.raises(UserError, match=r"unknown test set 'N3-mis'; did you mean 'n3-miss'\?"):
        withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["N3-mis"])["N3-mis"]


def test_the_digit_3_is_never_trained_on(data_root):
    with pytest.raises(UserError, match="unknown training set 'n3'"):
        window_datasets(data_root, "seqinterp", ONE_SIDED, "n3", seed=0)


def test_windows_longer_than_any_run_are_refused(data_root, monkeypatch):
    with pytest.raises(UserError, match="no 12 consecutive images"):
        window_datasets(data_root, "seqinterp", replace(ONE_SIDED, given=8), "n6", seed=0)


def test_data_imported_before_there_were_stores_are_read(tmp_path, data_root):
    folder = tmp_path / "old"
    folder.mkdir()
    with np.load(data_root / "seqinterp" / "n3-train.npz") as file:
        part = np.repeat(np.uint8([0, 1, 2]), [60, 20, 20])
        np.savez(folder / "old-train.npz", frames=file["frames"], observed=file["observed"], part=part)
    with np.load(data_root / "seqinterp" / "n3-test.npz") as file:
        np.savez(folder / "old-test.npz", frames=file["frames"], index=file["index"])
    assert loaders.is_own(tmp_path, "old")
    assert loaders.own_view(tmp_path, "old", ONE_SIDED)[:2] == (ONE_SIDED, (1, 36, 36))
    train, validation = window_datasets(tmp_path, "old", ONE_SIDED, "old", seed=0)
    test = withheld_datasets(tmp_path, "old", ONE_SIDED, ["old"])["old"]
    assert [each.rows.tolist() for each in (train, validation, test)] == [
        [*range(60)],
        [*range(60, 80)],
        [*range(80, 100)],
    ]
    same = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    for number in (0, 39):
        torch.testing.assert_close(test[number], same[160 + number], rtol=0, atol=0)
