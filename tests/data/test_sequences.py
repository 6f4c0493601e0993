import time

import numpy as np
import pytest

from openstl_seqinterp.data.sequences import SequenceSet, load_sequences, load_withheld, save
from openstl_seqinterp.errors import UserError

COUNT, LENGTH, INDEX = 3, 6, (1, 5)
OBSERVED = np.array([position not in INDEX for position in range(LENGTH)])


def random_frames(length):
    return np.random.default_rng(length).integers(1, 256, (COUNT, length, 1, 8, 9), np.uint8)


@pytest.fixture
def train():
    frames = random_frames(LENGTH)
    frames[:, ~OBSERVED] = 0
    return {"frames": frames, "observed": OBSERVED}


@pytest.fixture
def held():
    frames = random_frames(len(INDEX))
    return {"frames": frames, "index": np.array(INDEX), "clean": frames.astype(np.float32) / 255}


@pytest.fixture
def sequences(train):
    return SequenceSet.stacked(train["frames"], np.tile(OBSERVED, (COUNT, 1)))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own-train.npz"


def assert_refused(path, load, *, because):
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert because in message
    assert "\n" not in message


def test_sequences_come_back_as_they_were_saved(path, train):
    save(path, train)
    found = load_sequences(path)
    np.testing.assert_array_equal(found.frames.reshape(train["frames"].shape), train["frames"])
    assert found.frames.dtype == np.uint8
    np.testing.assert_array_equal(found.observed, np.tile(OBSERVED, (COUNT, 1)))
    np.testing.assert_array_equal(found.always_observed(), OBSERVED)


def test_each_sequence_may_miss_images_of_its_own(path, train):
    observed = np.tile(OBSERVED, (COUNT, 1))
    observed[2, 0] = False
    train["frames"][2, 0] = 0
    save(path, {**train, "observed": observed})
    found = load_sequences(path)
    np.testing.assert_array_equal(found.observed, observed)
    np.testing.assert_array_equal(found.always_observed(), OBSERVED & (np.arange(LENGTH) != 0))


@pytest.mark.parametrize("with_clean", [True, False])
def test_withheld_images_come_back_as_they_were_saved(path, sequences, held, with_clean):
    if not with_clean:
        del held["clean"]
    save(path, held)
    found = load_withheld(path, sequences)
    np.testing.assert_array_equal(found.frames[found.index[:, INDEX]], held["frames"])
    np.testing.assert_array_equal(found.observed, np.tile(~OBSERVED, (COUNT, 1)))
    if with_clean:
        np.testing.assert_array_equal(found.clean[found.index[:, INDEX]], held["clean"])
    else:
        assert found.clean is None


def damaged(change):
    """The bytes of a good file, changed."""

    def write(path, train):
        save(path, train)
        path.write_bytes(change(path.read_bytes()))

    return write


def pickled(path, train):
    np.savez(path, **{**train, "frames": train["frames"].astype(object)})


def lone_array(path, train):
    with path.open("wb") as file:
        np.save(file, train["frames"])


@pytest.mark.parametrize(
    ("write", "because"),
    [
        pytest.param(lambda path, train: None, "is missing", id="missing"),
        pytest.param(lambda path, train: path.mkdir(), "is missing", id="folder"),
        pytest.param(damaged(lambda content: content[: len(content) // 2]), "is damaged", id="truncated"),
        pytest.param(damaged(lambda content: b""), "is damaged", id="no bytes"),
        pytest.param(damaged(lambda content: b"not a zip file"), "is damaged", id="not a zip"),
        pytest.param(damaged(lambda content: content[:60] + b"\xff" * 20 + content[80:]), "is damaged", id="scrambled"),
        pytest.param(pickled, "is damaged", id="pickled"),
        pytest.param(lone_array, "", id="npy under the name of an npz"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(path, train, write, because):
    write(path, train)
    assert_refused(path, load_sequences, because=because)


@pytest.mark.parametrize("key", ["frames", "observed"])
def test_a_train_file_without_a_key_is_refused(path, train, key):
    del train[key]
    save(path, train)
    assert_refused(path, load_sequences, because=f"has no array {key!r}")


@pytest.mark.parametrize(
    ("key", "change", "because"),
    [
        pytest.param("frames", lambda frames: frames / 255, "expected uint8", id="wrong dtype"),
        pytest.param("frames", lambda frames: frames[:, :, 0], "(N, T, C, H, W)", id="wrong ndim"),
        pytest.param("frames", lambda frames: frames[:0], "none of them 0", id="empty"),
        pytest.param("observed", lambda observed: observed.astype(int), "expected bool", id="observed is no mask"),
        pytest.param("observed", lambda observed: observed[0], "(T,) or (N, T)", id="observed is a scalar"),
        pytest.param(
            "observed", lambda observed: observed[:-1], "observed is for (3, 5) images", id="observed too short"
        ),
        pytest.param(
            "observed", lambda observed: observed[None], "observed is for (1, 6) images", id="one row for all"
        ),
    ],
)
def test_a_train_file_with_a_bad_array_is_refused(path, train, key, change, because):
    save(path, {**train, key: change(train[key])})
    assert_refused(path, load_sequences, because=because)


def test_a_train_file_that_holds_a_withheld_image_is_refused(path, train):
    train["frames"][1, INDEX[0], 0, 4, 4] = 1
    save(path, train)
    assert_refused(path, load_sequences, because="are not zero")


@pytest.mark.parametrize("key", ["frames", "index"])
def test_a_test_file_without_a_key_is_refused(path, sequences, held, key):
    del held[key]
    save(path, held)
    assert_refused(path, lambda path: load_withheld(path, sequences), because=f"has no array {key!r}")


@pytest.mark.parametrize(
    ("key", "change", "because"),
    [
        pytest.param("frames", lambda frames: frames.astype(int), "expected uint8", id="wrong dtype"),
        pytest.param("frames", lambda frames: frames[:, 0], "(N, K, C, H, W)", id="wrong ndim"),
        pytest.param("frames", lambda frames: frames[:-1], "to match its train file", id="a sequence short"),
        pytest.param("frames", lambda frames: frames[..., :-1], "to match its train file", id="other size"),
        pytest.param("index", lambda index: index.astype(float), "expected int", id="index of floats"),
        pytest.param("index", lambda index: index[:0], "none of them 0", id="no index"),
        pytest.param("index", lambda index: index[:1], "to match its train file", id="index too short"),
        pytest.param("index", lambda index: index + np.array([0, 1]), "must name missing images", id="index too high"),
        pytest.param("index", lambda index: index - LENGTH, "must name missing images", id="index below 0"),
        pytest.param("index", lambda index: index - 1, "must name missing images", id="index observed"),
        pytest.param("index", lambda index: index * 0 + 1, "index", id="index twice the same"),
        pytest.param("clean", lambda clean: clean * np.float32("nan"), "must be in [0, 1]", id="NaN"),
        pytest.param("clean", lambda clean: clean[:, :1], "must be in [0, 1] and of the shape", id="clean too short"),
        pytest.param("clean", lambda clean: clean[0], "(N, K, C, H, W)", id="clean of wrong ndim"),
        pytest.param("clean", lambda clean: clean.astype(np.uint8), "clean is uint8", id="clean of bytes"),
    ],
)
def test_a_test_file_with_a_bad_array_is_refused(path, sequences, held, key, change, because):
    save(path, {**held, key: change(held[key])})
    assert_refused(path, lambda path: load_withheld(path, sequences), because=because)


def test_the_same_arrays_give_the_same_bytes_at_another_time(tmp_path, train, monkeypatch):
    save(tmp_path / "a.npz", train)
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    save(tmp_path / "b.npz", train)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_write_that_fails_leaves_nothing_behind(path, train):
    # The first array is written before the second is refused.
    with pytest.raises(ValueError, match="allow_pickle"):
        save(path, {**train, "note": np.array([{}])})
    assert list(path.parent.iterdir()) == []


def test_a_write_that_fails_keeps_the_older_file(path, train):
    save(path, train)
    older = path.read_bytes()
    with pytest.raises(ValueError, match="allow_pickle"):
        save(path, {**train, "note": np.array([{}])})
    assert path.read_bytes() == older
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_the_users_mistake(tmp_path, train):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write to folder"):
        save(tmp_path / "file" / "own-train.npz", train)
