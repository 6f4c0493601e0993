"""Noise, damage, what is written of a sequence, and refusals."""

import numpy as np
import pytest

from openstl_seqinterp.apps.io import Options, Output, Timeline, open_source, write
from openstl_seqinterp.errors import UserError


def _random(*shape, dtype="uint8", seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.fixture(scope="session")
def random():
    """A function (*shape, dtype, seed) to an array of any value of an integer dtype, or [0, 1) of a float one."""
    return _random


def _truncate(path, part=0.6):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return path


@pytest.fixture(scope="session")
def truncate():
    """A function (path, part) that cuts off all but the first part of a file."""
    return _truncate


@pytest.fixture
def rewrite(tmp_path):
    """A function (source, form) that writes it with a frame of sevens before the last one, to the path written."""

    def rewritten(source, form=None):
        before = source.timeline
        instants = np.insert(before.instants, source.length - 1, before.instants[-2:].mean())
        timeline = Timeline(instants, before.clock, before.step, False)
        layout = [*range(source.length - 1), None, source.length - 1]
        form = form or source.form
        name = source.path.name if form == source.form else f"out.{form}"
        output = Output(source, layout, timeline, lambda *_: np.full(source.shape, 7, source.dtype), name)
        folder = tmp_path / f"written_{form}"
        folder.mkdir()
        assert write(output, form, folder) == [folder / name] == list(folder.iterdir())
        return folder / name

    return rewritten


@pytest.fixture(scope="session")
def assert_rewritten():
    """A function (output, frames, axis): `rewrite` wrote these frames, in their own dtype."""

    def check(output, frames, axis=0):
        last = frames.shape[axis] - 1
        assert output.dtype == frames.dtype
        np.testing.assert_array_equal(np.delete(output, last, axis), frames)
        assert (np.take(output, last, axis) == 7).all()

    return check


def _read_all(path, options):
    source = open_source(path, options)
    for number in range(source.length):
        source.read(0, number)


@pytest.fixture(scope="session")
def refused():
    """A function (path, *words, **options): it is refused in one line that holds every word."""

    def check(path, *words, **options):
        with pytest.raises(UserError) as refusal:
            _read_all(path, Options(**options))
        message = str(refusal.value)
        assert "\n" not in message
        assert all(word in message for word in words), message

    return check
