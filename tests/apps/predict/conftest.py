"""``seqinterp predict`` from end to end: its command, folders that go in, and what must come out."""

import json

import cv2
import numpy as np
import pytest

from openstl_seqinterp import cli

LENGTH, HEIGHT, WIDTH = 7, 13, 18


def _random(*shape, dtype="uint8", seed=0):
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (np.random.default_rng(seed).random(shape) * top).astype(dtype)


@pytest.fixture(scope="session")
def random():
    """A function (*shape, dtype, seed) to noise."""
    return _random


def _smooth(length, height, width, *, speed=0.7):
    time, y, x = np.ogrid[:length, :height, :width]
    waves = np.sin((x - speed * time) / 9) * np.cos(y / 11) + np.sin((x + y - speed * time) / 17)
    return (0.5 + 0.2 * waves).astype(np.float32)


@pytest.fixture(scope="session")
def smooth():
    """A function to soft waves that move ``speed`` pixels an image, float32 (T, H, W) in [0.1, 0.9]."""
    return _smooth


def _predict(source, out, *more):
    return cli.main(["predict", str(source), "--out", str(out), "--device", "cpu", *map(str, more)])


@pytest.fixture(scope="session")
def predict():
    """A function (source, out, *more) that runs the command and returns its exit code."""
    return _predict


def _folder(path, frames, name="frame_{:03d}.png", skip=()):
    path.mkdir()
    for position, frame in enumerate(frames):
        if position not in skip:
            assert cv2.imwrite(str(path / name.format(position + 1)), frame)
    return path


@pytest.fixture(scope="session")
def folder():
    """A function that writes ``frames`` but those to ``skip`` as images into a new folder."""
    return _folder


@pytest.fixture
def sequence(tmp_path):
    """A folder of seven grey images without number 4, and all seven."""
    frames = _random(LENGTH, HEIGHT, WIDTH)
    return _folder(tmp_path / "seq", frames, skip=[3]), frames


def _read_folder(path):
    images = [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted(path.iterdir())]
    return np.stack(images).reshape(len(images), *images[0].shape[:2], -1)


@pytest.fixture(scope="session")
def read_folder():
    """A function from a path to the images (T, H, W, C) in the order of their names."""
    return _read_folder


def _middle(frames, position):
    return (frames[position - 1].astype(float) + frames[position + 1]) / 2


@pytest.fixture(scope="session")
def middle():
    """A function (frames, position) to the mean of two neighbours; rounded to whole numbers it is right as well."""
    return _middle


def _assert_filled(found, frames, missing):
    assert found.shape == frames.shape
    assert found.dtype == frames.dtype
    for position in range(len(frames)):
        if position in missing:
            tolerance = 0.501 if frames.dtype.kind == "u" else 1e-6
            np.testing.assert_allclose(found[position], _middle(frames, position), atol=tolerance)
        else:
            np.testing.assert_array_equal(found[position], frames[position])


@pytest.fixture(scope="session")
def assert_filled():
    """A function (found, frames, missing): all are ``frames`` but those ``missing``, the mean of their neighbours."""
    return _assert_filled


def _report_of(out):
    return json.loads((out / "report.json").read_text())


@pytest.fixture(scope="session")
def report_of():
    """A function from a folder of results to what its report holds."""
    return _report_of


def _listing(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture(scope="session")
def listing():
    """A function from a folder to the content of every file below it."""
    return _listing
