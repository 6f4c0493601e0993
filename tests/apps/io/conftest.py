"""Noise, folders of it, what layouts are written as, and refusals."""

import cv2
import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source, write
from openstl_seqinterp.errors import UserError

HEIGHT, WIDTH = 18, 22
LAYOUTS = {"missing": [0, 1, None, 3, 4], "appended": [0, 1, 2, 3, 4, None], "inserted": [0, None, 1, None, 2, 3, 4]}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS.keys())
def layout(request):
    """What is written of a sequence of five frames."""
    return request.param


def _random(*shape, dtype="uint8", seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.fixture(scope="session")
def random():
    """A function (*shape, dtype, seed) to an array of any value of an integer dtype, or [0, 1) of a float one."""
    return _random


def _filler(source):
    def filled(sequence, position):
        seed = 100 * sequence + position
        if source.dtype.kind == "f":
            return _random(*source.shape, dtype=source.dtype, seed=seed)
        return (_random(*source.shape, seed=seed) // 64 * 60).astype(source.dtype)

    return filled


@pytest.fixture(scope="session")
def filler():
    """A function from a source to one that fills: with few colours, so that a gif holds them exactly."""
    return _filler


@pytest.fixture
def write_filled(tmp_path):
    """A function (source, layout) that writes into ``tmp_path/out``, filled by `filler`, to the paths written."""

    def write_out(source, layout):
        folder = tmp_path / "out"
        folder.mkdir()
        paths = write(source, folder, layout, _filler(source))
        assert sorted(paths) == sorted(folder.iterdir())
        return paths

    return write_out


def _expected(frames, source, layout, sequence=0):
    fill = _filler(source)
    return [fill(sequence, p).reshape(frames[0].shape) if q is None else frames[q] for p, q in enumerate(layout)]


@pytest.fixture(scope="session")
def expected():
    """A function (frames, source, layout, sequence) to the output frames; ``frames`` were read independently."""
    return _expected


def _image_folder(path, names, channels=3, dtype="uint8", size=(HEIGHT, WIDTH)):
    path.mkdir(exist_ok=True)
    for seed, name in enumerate(names):
        assert cv2.imwrite(str(path / name), _random(*size, channels, dtype=dtype, seed=seed))
    return path


@pytest.fixture(scope="session")
def image_folder():
    """A function (path, names, channels, dtype, size) that writes images of noise into a folder."""
    return _image_folder


def _assert_refused(path, *words, **arguments):
    with pytest.raises(UserError) as refusal:
        open_source(path, **arguments)
    message = str(refusal.value)
    assert "\n" not in message
    assert all(str(word) in message for word in (path.name, *words)), message


@pytest.fixture(scope="session")
def assert_refused():
    """A function (path, *words): it is refused in one line that names the file and holds every word."""
    return _assert_refused


def _truncate(path, part=0.6):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return path


@pytest.fixture(scope="session")
def truncate():
    """A function (path, part) that cuts off all but the first part of a file."""
    return _truncate
