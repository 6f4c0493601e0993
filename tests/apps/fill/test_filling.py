import numpy as np
import pytest

import openstl_seqinterp
from openstl_seqinterp.apps.fill.fillers import BaselineFiller, Filler
from openstl_seqinterp.apps.fill.plan import Filling, plan
from openstl_seqinterp.apps.fill.scale import Scale
from openstl_seqinterp.apps.fill.tiles import in_tiles
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.scores import collect
from openstl_seqinterp.protocols import ONE_SIDED


class Needs(Filler):
    """Reads ``count`` images in a row before the target, and gives the last of them plus one."""

    def __init__(self, count):
        self.name = "needs"
        self.count, self.needs = count, f"{count} images before it"

    def context(self, observed, target):
        places = tuple(range(int(target) - self.count, int(target)))
        return places if places[0] >= 0 and all(observed[place] for place in places) else None

    def predict(self, frames, observed, offset):
        return frames[-1] + 1


def ramp(length):
    """Images 2x3 of one channel whose value is their position."""
    return np.broadcast_to(np.arange(length, dtype=np.float32).reshape(-1, 1, 1, 1), (length, 2, 3, 1))


def test_images_are_read_from_observed_ones_where_there_are_enough():
    observed = np.array([1, 1, 0, 1, 1, 0, 0], bool)
    found = plan(Needs(2), observed)
    assert {target: task.context for target, task in found.tasks.items()} == {2: (0, 1), 5: (3, 4), 6: (4, 5)}
    assert not found.known[5][5]
    assert found.known[6][5]  # read from one that was filled before


def test_what_cannot_be_filled_is_an_error_before_anything_is_computed():
    with pytest.raises(UserError, match="image 1 cannot be filled: 2 images before it are needed"):
        plan(Needs(2), np.array([0, 1, 1], bool))
    with pytest.raises(UserError, match="of 3 images 0 are observed"):
        plan(BaselineFiller("copy"), np.zeros(3, bool))


def test_a_long_stretch_is_filled_from_what_was_filled_and_little_is_remembered():
    observed = np.arange(5000) < 2
    frames, asked = ramp(2), []
    filling = Filling(Needs(2), lambda place: asked.append(place) or frames[place], observed)
    for position in range(5000):
        assert filling[position][0, 0, 0] == position
    assert len(filling._filled) < 100
    assert max(asked) < 2


def test_one_may_ask_for_the_last_image_first():
    filling = Filling(Needs(2), lambda place: ramp(2)[place], np.arange(3000) < 2)
    assert filling[2999][0, 0, 0] == 2999


@pytest.mark.parametrize("name", ["copy", "mean", "dis-flow"])
def test_baselines_fill_as_they_are_scored(data_root, name):
    dataset = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    frames, observed = dataset.sequences.frames[:3, :, 0], dataset.sequences.observed[:3]
    filled = openstl_seqinterp.fill(frames, observed, method=name)
    expected = collect(dataset).predictions[name][:6, 0] * 255
    np.testing.assert_allclose(filled[:, [3, 15]].reshape(6, 36, 36), np.clip(expected, 0, 255), atol=0.51)
    np.testing.assert_array_equal(filled[observed], frames[observed])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 6, 7), (5, 6, 7, 3), (2, 5, 6, 7), (2, 5, 6, 7, 1)])
def test_any_shape_and_type_goes_in_and_out(dtype, shape):
    top = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    frames = (np.random.default_rng(0).random(shape) * top).astype(dtype)
    before, after = frames.copy(), np.moveaxis(frames, 1 if len(shape) == 5 or shape[0] == 2 else 0, 0)
    observed = np.array([1, 1, 0, 1, 1], bool)
    filled = openstl_seqinterp.fill(frames, observed, method="mean")
    assert filled.dtype == dtype
    assert filled.shape == shape
    np.testing.assert_array_equal(frames, before)
    filled = np.moveaxis(filled, 1 if len(shape) == 5 or shape[0] == 2 else 0, 0)
    np.testing.assert_array_equal(filled[observed], after[observed])
    expected = (after[1].astype(float) + after[3]) / 2
    np.testing.assert_allclose(filled[2], expected, atol=0.51 if top > 1 else 1e-6)


def test_floats_beyond_one_keep_their_range():
    frames = np.linspace(-30.0, 50.0, 5)[:, None, None] * np.ones((5, 6, 7))
    filled = openstl_seqinterp.fill(frames, np.array([1, 1, 0, 1, 1], bool), method="mean")
    np.testing.assert_allclose(filled[2], 10.0, atol=8 * 80 * 2**-24)  # a range of 80, in fp32 in between


@pytest.mark.parametrize(
    ("frames", "observed", "options", "message"),
    [
        (np.zeros((4, 5)), np.ones(4, bool), {"method": "copy"}, "frames is float64"),
        (np.zeros((4, 5, 5), int), np.ones(4, bool), {"method": "copy"}, "frames is int64"),
        (np.zeros((4, 5, 5)), np.ones(3, bool), {"method": "copy"}, "observed is bool"),
        (np.zeros((4, 5, 5)), np.ones(4), {"method": "copy"}, "observed is float64"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {}, "either a checkpoint"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "checkpoint": "x"}, "either a checkpoint"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "flow"}, "unknown method 'flow'"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"checkpoint": "nowhere.ckpt"}, "no checkpoint nowhere.ckpt"),
        (np.full((4, 5, 5), np.nan), np.arange(4) > 0, {"method": "copy"}, "not finite"),
    ],
)
def test_mistakes_are_one_line(frames, observed, options, message):
    with pytest.raises(UserError, match=message):
        openstl_seqinterp.fill(frames, observed, **options)


@pytest.mark.parametrize("size", [(40, 50), (100, 90), (129, 64)])
def test_tiles_of_a_function_of_each_pixel_equal_the_whole(size):
    images = np.random.default_rng(0).random((2, 3, *size), np.float32)
    sides = []

    tiled = in_tiles(lambda part: (sides.append(part.shape[-2:]), part[:, :1] ** 2)[1], images, tile=64, multiple=4)
    np.testing.assert_allclose(tiled, images[:, :1] ** 2, atol=16 * 2**-24)  # up to four parts, each times two weights
    assert all(side <= 64 and side % 4 == 0 for part in sides for side in part)
    assert (len(sides) > 1) == (max(size) > 64)


def test_tiles_that_disagree_fade_into_each_other():
    level = iter(range(100))
    tiled = in_tiles(
        lambda part: np.full((1, 1, *part.shape[-2:]), next(level), np.float32), np.zeros((1, 8, 300)), 128
    )
    steps = np.abs(np.diff(tiled[0, 0, 0]))
    assert tiled.max() - tiled.min() >= 2
    assert steps.max() < 2 / 64  # a level in 64 pixels, where two tiles overlap; twice that where three do


def test_scales_are_inverses():
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(
        Scale.of(np.uint8, iter(())).from_unit(Scale.of(np.uint8, iter(())).to_unit(values)), values
    )
    values = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(
        Scale.of(np.uint16, iter(())).from_unit(Scale.of(np.uint16, iter(())).to_unit(values)), values
    )
