"""Stores as data sets: the same batches as of arrays in memory, nothing withheld in training, types and holes."""

import itertools
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
import zarr
from cases import predictions

from openstl_seqinterp.apps.importing import command, import_sequences
from openstl_seqinterp.apps.io import Options
from openstl_seqinterp.apps.storing import write_frames
from openstl_seqinterp.data import store
from openstl_seqinterp.data.balance import speed
from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.loaders import load_data, own_view, window_datasets, withheld_datasets
from openstl_seqinterp.data.sequences import TEST, TRAIN, VALIDATION, load_sequences, load_withheld
from openstl_seqinterp.data.store import Store, StoredFrames, windows
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.baselines import BASELINES
from openstl_seqinterp.evaluation.scores import collect, score
from openstl_seqinterp.protocols import INFILL, ONE_SIDED, Abilities

ABOUT = {"length": 16, "stride": 1, "withheld": [4, 16], "range": [0.0, 255.0], "fill_value": None}


def write(folder, frames, part, **about):
    """A store of sequences (N, T, C, H, W), each without a gap and of one ``part`` (N,)."""
    about = {**ABOUT, "length": frames.shape[1], **about}
    flat, each = frames.reshape(-1, *frames.shape[2:]), np.arange(frames[..., 0, 0, 0].size).reshape(frames.shape[:2])
    hidden = each[np.asarray(part) == TEST][:, np.array(about["withheld"]) - 1].ravel()
    table = {"part": np.repeat(part, frames.shape[1]), "stretch": np.repeat(np.arange(len(frames)), frames.shape[1])}
    folder.mkdir(parents=True)
    write_frames(folder, flat, table, hidden)
    (folder / "import.json").write_text(json.dumps(about))
    return folder


@pytest.fixture(scope="module")
def simulated(data_root):
    """Whole sequences of n3, and the two sets as they come from the files."""
    folder = data_root / "seqinterp"
    known = load_sequences(folder / "n3-train.npz")
    withheld = load_withheld(folder / "n3-test.npz", known)
    frames = known.frames.reshape(100, 16, 1, 36, 36).copy()
    frames[:, [3, 15]] = withheld.frames.reshape(100, 2, 1, 36, 36)
    return frames, known, withheld


PARTS = np.repeat([TRAIN, VALIDATION, TEST], [60, 20, 20])


@pytest.fixture(scope="module")
def root(tmp_path_factory, simulated):
    """A data root with ``own``: those sequences as a store."""
    root = tmp_path_factory.mktemp("stores")
    write(root / "own", simulated[0], PARTS)
    return root


@pytest.fixture(params=[2**27, 0], ids=["in memory", "frame by frame"])
def small(request, monkeypatch):
    monkeypatch.setattr(store, "_SMALL", request.param)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("protocol", [ONE_SIDED, INFILL], ids=lambda each: each.name)
@pytest.mark.parametrize("kind", ["clean", "aug"])
def test_test_cases_and_scores_are_those_of_the_same_frames_in_an_archive(root, simulated, protocol, kind):
    name = "own" if kind == "clean" else f"own-{kind}"
    data = withheld_datasets(root, "own", protocol, [name])[name]
    _, known, withheld = simulated
    rows = np.flatnonzero(PARTS == TEST)
    same = TaskDataset(name, protocol, known, data.tasks, [kind], rows=rows, withheld=withheld, exposed=data.exposed)
    assert len(data) == len(same) == 2 * len(rows)
    cases, expected = collect(data), collect(same)
    np.testing.assert_array_equal(cases.truths, expected.truths)
    for number in range(len(data)):
        torch.testing.assert_close(data[number], same[number], rtol=0, atol=0)
    scores, others = (score(name, each, None)[0] for each in (cases, expected))
    assert scores == {key: values for key, values in others.items() if key in scores}
    assert set(scores) == {"copy", "mean", "dis-flow", "motion"}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("protocol", [ONE_SIDED, INFILL], ids=lambda each: each.name)
def test_training_sees_every_window_of_its_part_once_and_no_other_frame(root, simulated, protocol):
    train, validation = window_datasets(root, "own", protocol, "own", seed=0)
    assert protocol.span == 8
    assert len(train) == 60 * 9 * len(train.tasks)
    assert len(validation) == 20 * 9 * len(train.tasks)
    frames = simulated[0]
    for data, rows in ((train, range(60)), (validation, range(60, 80))):
        for number in np.random.default_rng(0).integers(len(data), size=20):
            sequence, task, _ = data.case(number)
            row, start = divmod(sequence - data.rows[0], 9)
            window = frames[rows[row], start : start + 8] / np.float32(255)
            np.testing.assert_array_equal(data[number][1], window[list(task.targets)])


def test_stride_skips_windows_and_no_window_holds_a_gap():
    stretch = np.repeat([0, 1, 2], [5, 3, 7])
    np.testing.assert_array_equal(windows(stretch, 4, 1)[:, 0], [0, 1, 8, 9, 10, 11])
    np.testing.assert_array_equal(windows(stretch, 4, 2)[:, 0], [0, 8, 10])
    np.testing.assert_array_equal(windows(stretch, 7, 7), [np.arange(8, 15)])
    assert windows(stretch, 16, 1).shape == (0, 16)


def test_the_first_store_has_nothing_of_what_is_withheld(root, simulated):
    frames = zarr.open_array(root / "own" / "frames.zarr" / "frames", mode="r")[:].reshape(simulated[0].shape)
    expected = simulated[0].copy()
    expected[80:, [3, 15]] = 0
    np.testing.assert_array_equal(frames, expected)


def test_whole_windows_have_what_is_withheld_in_its_place(root, simulated):
    own, frames = Store.open(root / "own"), simulated[0]
    for part, sequences in ((TRAIN, range(60)), (TEST, range(80, 100))):
        every = own.windows(part, 14)
        assert len(every) == len(sequences) * 3
        for number in (0, 1, len(every) - 1):
            sequence, start = sequences[number // 3], number % 3
            np.testing.assert_array_equal(own.whole(every[number]), frames[sequence, start : start + 14])


def test_what_is_known_of_it_is_found_without_a_frame(root, monkeypatch):
    monkeypatch.setattr(StoredFrames, "__getitem__", None)
    protocol, frame, scale = own_view(root, "own", ONE_SIDED)
    assert (protocol, frame, scale.low, scale.high) == (ONE_SIDED, (1, 36, 36), 0, 255)
    assert own_view(root, "own", INFILL)[0] == INFILL


@pytest.mark.parametrize(
    ("length", "withheld", "given"), [(10, [4, 10], 4), (6, [4, 6], 1), (9, [7], 4), (16, [4, 16], 4)]
)
def test_where_images_are_withheld_does_not_shorten_what_is_trained_on(tmp_path, length, withheld, given):
    np.save(tmp_path / "frames.npy", np.zeros((6, length, 8, 8), np.uint8))
    options = Options(axes="NTYX")
    import_sequences([tmp_path / "frames.npy"], tmp_path / "own", length=length, withhold=withheld, options=options)
    protocol = own_view(tmp_path, "own", ONE_SIDED)[0]
    assert (protocol.given, protocol.predicted) == (given, given)
    train, _ = window_datasets(tmp_path, "own", protocol, "own", seed=0)
    assert train[0][0].shape == train[0][1].shape == (given, 1, 8, 8)
    test = withheld_datasets(tmp_path, "own", protocol, ["own"])["own"]
    assert {test.case(number)[1].targets[0] + 1 for number in range(len(test))} == {*withheld}


@pytest.mark.usefixtures("small")
def test_frames_survive_pickling(root):
    frames = StoredFrames(root / "own" / "frames.zarr")
    numbers = np.array([5, 2, 5])
    before = frames[numbers]
    copied = pickle.dumps(frames)
    assert len(copied) < 2000
    np.testing.assert_array_equal(pickle.loads(copied)[numbers], before)  # noqa: S301


@pytest.mark.usefixtures("small")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
def test_workers_read_the_same_batches(root):
    batches = []
    for workers in (0, 2):
        loaders = load_data("own", 4, 4, workers, str(root), view=ONE_SIDED, train_set="own-aug", balance="velocity")
        batches.append([batch for loader in loaders for batch in itertools.islice(loader, 3)])
    for alone, together in zip(*batches, strict=True):
        torch.testing.assert_close(alone, together, rtol=0, atol=0)


def test_speed_is_that_of_an_archive(root, simulated):
    stored = Store.open(root / "own").training(16)
    _, known, _ = simulated
    rows = np.flatnonzero(PARTS != TEST)
    whole = type(known).stacked(simulated[0][rows], np.ones((80, 16), bool))
    np.testing.assert_array_equal(speed(stored), speed(whole))


@pytest.mark.usefixtures("small")
def test_values_holes_and_fill_value(tmp_path):
    frames = np.random.default_rng(0).normal(280, 10, (3, 16, 2, 8, 8)).astype(np.float32)
    frames[:, :, 0, 0, 1] = np.nan
    frames[:, :, :, 5, 6] = -9999
    write(tmp_path / "own", frames, [TRAIN, VALIDATION, TEST], range=[270.0, 290.0], fill_value=-9999)
    data = withheld_datasets(tmp_path, "own", ONE_SIDED, ["own"])["own"]
    right = np.clip((frames.astype(np.float64) - 270) / 20, 0, 1)
    right[..., 0, 1] = right[..., 5, 6] = np.nan
    for number, target in enumerate((3, 15)):
        np.testing.assert_allclose(data.targets(number)[0], right[2, target], atol=1e-6)
        x, y = data[number]
        np.testing.assert_allclose(x, np.nan_to_num(right[2, list(data.tasks[number].context)]), atol=1e-6)
        np.testing.assert_allclose(y[0], np.nan_to_num(right[2, target]), atol=1e-6)
    cases = collect(data)
    known = np.isfinite(cases.truths)
    model = np.where(known, cases.truths + np.float32(0.1), 5).astype(np.float32)
    squared = np.where(known, np.square(model - cases.truths), 0).sum(axis=(1, 2, 3))
    found = score("own", cases, model)[0]["model"]["all"]
    assert found["mse"] == pytest.approx(squared.mean(), rel=1e-5)
    assert found["psnr"] == pytest.approx(np.mean(-10 * np.log10(squared_mean(model, cases.truths))), rel=1e-4)
    assert speed(data.sequences).shape == (1,)


@pytest.mark.usefixtures("small")
def test_holes_of_neighbours_do_not_darken_what_baselines_predict(tmp_path):
    frames = np.broadcast_to(np.linspace(285, 289, 8, dtype=np.float32), (3, 16, 1, 8, 8)).copy()
    frames[:, [2, 4, 14], :, 2:6, 3:6] = np.nan  # beside the withheld images, which have none
    write(tmp_path / "own", frames, [TRAIN, VALIDATION, TEST], range=[270.0, 290.0])
    data = withheld_datasets(tmp_path, "own", ONE_SIDED, ["own"])["own"]
    truths = data.targets([0, 1])[:, 0]
    assert np.isfinite(truths).all()
    for name in BASELINES:
        assert np.abs(predictions(data, name) - truths).max() < 0.11  # beside a hole they differ by 2 of a range of 20


def squared_mean(model, truths):
    """The mean squared error (N,) of clipped predictions, over the pixels that have a value."""
    return np.nanmean(np.square(model.clip(0, 1) - truths), axis=(1, 2, 3))


def test_damage_is_the_users_to_know(tmp_path, simulated):
    folder = write(tmp_path / "own", simulated[0][:3], [TRAIN, VALIDATION, TEST])
    shard = next(path for path in (folder / "frames.zarr" / "frames" / "c").rglob("0") if path.is_file())
    shard.write_bytes(shard.read_bytes()[:-3])
    train, _ = window_datasets(tmp_path, "own", ONE_SIDED, "own", seed=0)
    with pytest.raises(UserError, match="is damaged"):
        train[0]
    (folder / "import.json").write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        own_view(tmp_path, "own", ONE_SIDED)


def test_importing_the_extension_imports_no_zarr():
    code = "import sys, openstl_seqinterp.registry, openstl_seqinterp.data.loaders as _; print('zarr' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_windows_for_training_are_longer_where_only_others_are_short(tmp_path):
    # 12 images for training in a row and 5 for validation: who takes any number reads its own 8 of the former.
    frames = np.random.default_rng(0).integers(0, 256, (22, 1, 8, 8), np.uint8)
    np.save(tmp_path / "own.npy", frames[:, 0])
    argv = ["--out", str(tmp_path / "data" / "own"), "--axes", "TYX", "--length", "5", "--range", "0", "255"]
    command([str(tmp_path / "own.npy"), *argv])
    protocol = own_view(tmp_path / "data", "own", INFILL)[0]
    found = {}
    for any_slots in (False, True):
        abilities = Abilities(INFILL, any_slots=any_slots)
        train, validation = window_datasets(tmp_path / "data", "own", protocol, "own", 0, abilities=abilities)
        found[any_slots] = train[0][0].shape[0], validation[0][0].shape[0]
    assert found == {False: (5, 5), True: (8, 5)}
    targets = np.rint(255 * np.concatenate([train.targets(number) for number in range(len(train))]))
    assert {each.tobytes() for each in targets.astype(np.uint8)} == {each.tobytes() for each in frames[:12]}
