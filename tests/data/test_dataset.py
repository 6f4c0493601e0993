import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openstl_seqinterp.data.dataset import EpochSampler, TaskDataset
from openstl_seqinterp.data.degrade import DEGRADATIONS
from openstl_seqinterp.data.sequences import SequenceSet
from openstl_seqinterp.protocols import ONE_SIDED
from openstl_seqinterp.tasks import Task

COUNT, LENGTH, HIDDEN = 3, 8, (2, 7)
TASKS = [Task((0, 1), (3,)), Task((6, 5), (4,)), Task((1, 3), (5,))]
FRAMES = np.random.default_rng(0).integers(1, 256, (COUNT, LENGTH, 1, 6, 5), np.uint8)
TRUE = np.random.default_rng(1).integers(1, 256, (COUNT, 2, 1, 6, 5), np.uint8)
AWAY = np.full((COUNT, LENGTH), -1)
AWAY[:, HIDDEN] = np.arange(2 * COUNT).reshape(COUNT, 2)
WITHHELD = SequenceSet(TRUE.reshape(-1, 1, 6, 5), AWAY)
degradations = st.lists(st.sampled_from(sorted(DEGRADATIONS)), min_size=1, unique=True)
numbers = st.integers(0, 10_000)


def sequences():
    observed = np.ones((COUNT, LENGTH), bool)
    observed[:, HIDDEN] = False
    return SequenceSet.stacked(FRAMES, observed)


def dataset(degradations=("clean",), tasks=TASKS, **options):
    return TaskDataset("n6", ONE_SIDED, sequences(), tasks, degradations, **options)


def test_cases_run_through_sequences_then_tasks_then_degradations():
    data = dataset(["clean", "miss"], rows=[2, 0])
    expected = [(row, task, name) for row in (2, 0) for task in TASKS for name in ("clean", "miss")]
    assert len(data) == len(expected)
    assert [data.case(number) for number in range(len(data))] == expected
    assert data.case(len(data) + 5) == expected[5]


def test_all_sequences_are_used_where_no_rows_are_named():
    data = dataset()
    assert {data.case(number)[0] for number in range(len(data))} == set(range(COUNT))


@given(numbers)
def test_a_clean_item_holds_the_frames_of_its_task_in_their_order(number):
    data = dataset()
    sequence, task, _ = data.case(number)
    x, y = data[number]
    np.testing.assert_allclose(x, FRAMES[sequence, list(task.context)] / 255, rtol=1e-6)
    np.testing.assert_allclose(y, FRAMES[sequence, list(task.targets)] / 255, rtol=1e-6)


@given(degradations, numbers, st.integers(0, 9))
def test_targets_are_never_degraded(names, number, seed):
    data = dataset(names, seed=seed)
    sequence, task, _ = data.case(number)
    np.testing.assert_allclose(data[number][1], FRAMES[sequence, list(task.targets)] / 255, rtol=1e-6)


@given(degradations, numbers)
def test_reading_an_item_leaves_the_stored_frames_as_they_are(names, number):
    stored = sequences()
    before, known = stored.frames.copy(), stored.index.copy()
    data = TaskDataset("n6", ONE_SIDED, stored, TASKS, names)
    x, y = data[number]
    x.zero_()
    y.zero_()
    np.testing.assert_array_equal(stored.frames, before)
    np.testing.assert_array_equal(stored.index, known)


@pytest.mark.parametrize("column", [0, 1])
def test_targets_come_from_the_withheld_images_where_these_are_given(column):
    data = dataset(tasks=[Task((0, 1), (HIDDEN[column],))], withheld=WITHHELD, rows=[1, 2])
    for number, sequence in enumerate([1, 2]):
        np.testing.assert_array_equal(data[number][1], TRUE[sequence, [column]] / np.float32(255))


@given(st.sampled_from(["noise", "aug"]), numbers)
def test_another_epoch_draws_other_noise_on_the_same_targets(name, number):
    data = dataset([name])
    (x, y), (later_x, later_y) = data[number], data[number + len(data)]
    assert (x != later_x).any(axis=-1).any(axis=-1).all()
    np.testing.assert_array_equal(y, later_y)


def test_another_epoch_may_blank_another_image():
    data = dataset(["miss"], tasks=TASKS[:1], rows=[0])
    blanks = {int(np.flatnonzero(~data[epoch][0].numpy().any(axis=(1, 2, 3)))[0]) for epoch in range(20)}
    assert blanks == {0, 1}


@given(degradations, numbers, st.integers(0, 9))
def test_an_item_depends_on_its_number_and_the_seed_alone(names, number, seed):
    data = dataset(names, seed=seed)
    first = data[number][0]
    for other in range(5):
        data[other]
    np.testing.assert_array_equal(first, data[number][0])
    np.testing.assert_array_equal(first, dataset(names, seed=seed)[number][0])


@given(numbers)
def test_another_seed_draws_other_noise(number):
    assert (dataset(["noise"], seed=0)[number][0] != dataset(["noise"], seed=1)[number][0]).any()


@given(degradations, numbers)
def test_read_shows_a_baseline_the_pixels_that_the_network_reads(names, number):
    data = dataset(names)
    _, task, _ = data.case(number)
    frames, observed = data.read(number, range(LENGTH))
    np.testing.assert_array_equal(frames[list(task.context)], data[number][0])
    assert not observed[list(HIDDEN)].any()


@given(degradations, st.lists(numbers, min_size=1, max_size=9), st.integers(0, 9))
def test_a_batch_that_is_read_at_once_is_that_of_its_items(names, several, seed):
    data = dataset(names, seed=seed)
    batch = data.__getitems__(several)
    for number, (x, y) in zip(several, batch, strict=True):
        np.testing.assert_array_equal(x, data[number][0])
        np.testing.assert_array_equal(y, data[number][1])
    frames, observed = data.read(several, range(LENGTH))
    assert frames.shape == (len(several), *FRAMES.shape[1:])
    for row, number in enumerate(several):
        alone, known = data.read(number, range(LENGTH))
        np.testing.assert_array_equal(frames[row], alone)
        np.testing.assert_array_equal(observed[row], known)


@pytest.mark.parametrize("task", [Task((1, 2), (3,)), Task((0, 1), (2,))], ids=["context", "target"])
def test_a_task_that_uses_an_unobserved_image_is_an_error(task):
    with pytest.raises(ValueError, match=r"positions \[2\], which are not observed"):
        dataset(tasks=[*TASKS, task])


def test_an_image_missing_from_one_sequence_alone_is_an_error_where_that_sequence_is_used():
    partly = sequences()
    partly.index[1, 0] = -1
    assert len(TaskDataset("n6", ONE_SIDED, partly, TASKS, rows=[0, 2])) == 2 * len(TASKS)
    with pytest.raises(ValueError, match=r"positions \[0\]"):
        TaskDataset("n6", ONE_SIDED, partly, TASKS)


def test_withheld_images_may_be_targets_but_never_context():
    assert len(dataset(tasks=[Task((0, 1), (2,))], withheld=WITHHELD)) == COUNT
    with pytest.raises(ValueError, match=r"positions \[2\]"):
        dataset(tasks=[Task((1, 2), (7,))], withheld=WITHHELD)


@given(st.integers(1, 200), st.integers(0, 9), st.integers(0, 500))
def test_each_epoch_is_a_permutation_whose_numbers_carry_the_epoch(length, seed, epoch):
    sampler = EpochSampler(length, seed)
    sampler.set_epoch(epoch)
    order = list(sampler)
    assert len(sampler) == length
    assert {number // length for number in order} == {epoch}
    assert sorted(number % length for number in order) == list(range(length))


def orders(seed, epochs):
    sampler = EpochSampler(50, seed)
    for epoch in epochs:
        sampler.set_epoch(epoch)
        yield tuple(number % 50 for number in sampler)


def test_the_order_differs_between_epochs_and_seeds():
    assert len({*orders(0, range(5)), *orders(1, range(5))}) == 10


def test_the_order_depends_on_the_seed_and_the_epoch_alone():
    *_, continued = orders(0, range(4))
    (resumed,) = orders(0, [3])
    assert resumed == continued


def test_a_loop_over_it_gives_each_case_once():
    data = dataset(["clean", "noise"])
    items = list(data)
    assert len(items) == len(data)
    for number, (x, y) in enumerate(items):
        np.testing.assert_array_equal(x, data[number][0])
        np.testing.assert_array_equal(y, data[number][1])


def test_a_degradation_may_return_a_new_dict(monkeypatch):
    def dark(results):
        return {**results, "frames": results["frames"] / 2, "observed": results["observed"].copy()}

    monkeypatch.setitem(DEGRADATIONS, "dark", dark)
    clean, darker = dataset(), dataset(["dark"])
    for number in range(len(clean)):
        np.testing.assert_array_equal(darker[number][0], clean[number][0] / 2)
        np.testing.assert_array_equal(darker[number][1], clean[number][1])
