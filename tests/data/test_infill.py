import numpy as np
import pytest

from openstl_seqinterp.data.loaders import load_data, window_datasets, withheld_datasets
from openstl_seqinterp.protocols import INFILL, ONE_SIDED, Abilities


@pytest.mark.usefixtures("sentinel")
@pytest.mark.parametrize("train_set", ["n6", "n6-all"])
def test_no_item_holds_a_withheld_image_or_its_own_target(data_root, brightest, train_set):
    for data in window_datasets(data_root, "seqinterp_infill", INFILL, train_set, seed=0):
        for number in range(0, len(data), 7):
            x, y = data[number]
            sequence, task, _ = data.case(number)
            images, observed, offset = x[:, :1], x[:, 1, 0, 0], x[:, 2, 0, 0]
            assert brightest(images) < 0.3
            assert brightest(y) < 0.3
            assert not {3, 15} & {*task.context}
            assert observed[offset == 0] == 0
            assert not images[observed == 0].any()
            assert 2 <= observed.sum() <= 7
            assert offset.tolist() == [position - task.targets[0] for position in task.context]
            truth = data.sequences.read(sequence, np.array(task.targets))[0]
            np.testing.assert_array_equal(y[0], truth)


def test_trains_on_every_place_of_a_window_in_both_directions(data_root):
    train, validation = window_datasets(data_root, "seqinterp_infill", INFILL, "n6", seed=0)
    tasks = {(task.context, task.targets[0]) for task in train.tasks}
    forward = [tuple(range(start, start + 8)) for start in (4, 5, 6, 7)]
    assert tasks == {(window[::step], target) for window in forward for step in (1, -1) for target in window}
    assert len(train) == 360 * 64
    hidden = np.array([8 - int(train[number][0][:, 1, 0, 0].sum()) for number in range(300)])
    assert {1, 2, 3} <= {*hidden}  # more than the target is missing, now and then
    assert (hidden == 1).mean() > 0.3
    assert all(validation[number][0][:, 1, 0, 0].sum() == 7 for number in range(50))


@pytest.mark.parametrize(("whole", "contexts"), [(False, [range(8), range(8, 16)]), (True, [range(16)] * 2)])
def test_test_cases_read_both_sides_of_image_4_and_what_is_before_image_16(data_root, whole, contexts):
    data = withheld_datasets(data_root, "seqinterp_infill", INFILL, ["n3"], Abilities(INFILL, any_slots=whole))["n3"]
    for number, (target, context) in enumerate(zip((3, 15), contexts, strict=True)):
        x, y = data[number]
        known = np.array([position not in (3, 15) for position in context])
        np.testing.assert_array_equal(x[:, 1, 0, 0].numpy().astype(bool), known)
        np.testing.assert_array_equal(x[:, 2, 0, 0], [position - target for position in context])
        np.testing.assert_array_equal(x[known, :1], data.sequences.read(0, np.array(context))[known])
        np.testing.assert_array_equal(y[0], data.withheld.frames[number] / np.float32(255))


@pytest.mark.parametrize("test_set", ["n3-miss", "n3-aug"])
def test_every_data_set_degrades_the_same_pixels(data_root, test_set):
    """So methods that read different images are compared on the same damage."""
    sets = [withheld_datasets(data_root, each.name, each, [test_set])[test_set] for each in (ONE_SIDED, INFILL)]
    for number in range(len(sets[0])):
        (frames, observed), (others, also) = (data.read(number, range(16)) for data in sets)
        np.testing.assert_array_equal(frames, others)
        np.testing.assert_array_equal(observed, also)
        assert observed.sum() == 13  # images 4 and 16 and one that the paper's network would read


def test_epoch_cases_bound_training_and_validation_alike(data_root):
    options = {"train_set": "n6-all", "data_root": str(data_root), "epoch_cases": 1440}
    train, validation, _ = load_data(
        "seqinterp_infill", view=INFILL, batch_size=16, val_batch_size=16, num_workers=0, **options
    )
    assert len(train.sampler) == 1440
    assert len(validation.dataset) == 1440 // 9
    assert {*train.sampler} != {*range(1440)}


@pytest.mark.parametrize("train_set", ["n6", "n6-all"])
def test_a_batch_that_is_read_at_once_is_that_of_its_items(data_root, train_set):
    data, _ = window_datasets(data_root, "seqinterp_infill", INFILL, train_set, seed=0)
    several = np.random.default_rng(0).integers(5 * len(data), size=50).tolist()
    for number, (x, y) in zip(several, data.__getitems__(several), strict=True):
        np.testing.assert_array_equal(x, data[number][0])
        np.testing.assert_array_equal(y, data[number][1])
