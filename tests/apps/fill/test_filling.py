import numpy as np
import pytest
from cases import predictions

import openstl_seqinterp
from openstl_seqinterp.apps.fill.fillers import BaselineFiller, Filler
from openstl_seqinterp.apps.fill.plan import Filling, plan
from openstl_seqinterp.apps.fill.scale import Scale
from openstl_seqinterp.apps.fill.tiles import in_tiles
from openstl_seqinterp.apps.io.source import Levels
from openstl_seqinterp.data.loaders import withheld_datasets
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.protocols import ONE_SIDED


class Needs(Filler):
    """Reads ``count`` images in a row before the target, and gives the last of them plus one."""

    def __init__(self, count):
        self.name = "needs"
        self.count, self.needs = count, f"{count} images before it"

    def context(self, observed, places, target):
        index = int(target)  # places are positions here
        positions = tuple(range(index - self.count, index))
        return positions if positions[0] >= 0 and all(observed[place] for place in positions) else None

    def predict(self, frames, observed, offset):
        return frames[-1] + 1


class Counting(Scale):
    """Values as they are, without limits: what a filler gives is what comes out."""

    def __init__(self):
        super().__init__(np.dtype(np.float32), 0.0, 1.0)

    def predict(self, function, frames, offset, *, sees_holes=False):
        return function(np.stack(frames))


def ramp(length):
    """Images 2x3 of one channel whose value is their position."""
    return np.broadcast_to(np.arange(length, dtype=np.float32).reshape(-1, 1, 1, 1), (length, 2, 3, 1))


def test_images_are_read_from_observed_ones_where_there_are_enough():
    observed = np.array([1, 1, 0, 1, 1, 0, 0], bool)
    found = plan(Needs(2), observed, np.arange(7.0))
    assert {target: reading.context for target, reading in found.items()} == {2: (0, 1), 5: (3, 4), 6: (4, 5)}
    assert not found[5].known[5]
    assert found[6].known[5]  # read from one that was filled before
    assert found[6].sources == [4, 5]


def test_what_cannot_be_filled_is_an_error_before_anything_is_computed():
    with pytest.raises(UserError, match="image 1 cannot be filled: needs needs 2 images before it"):
        plan(Needs(2), np.array([0, 1, 1], bool), np.arange(3.0))
    with pytest.raises(UserError, match="of 3 images 0 are observed"):
        plan(BaselineFiller("copy"), np.zeros(3, bool), np.arange(3.0))


def test_a_long_stretch_is_filled_from_what_was_filled_and_little_is_remembered():
    observed = np.arange(5000) < 2
    frames, asked = ramp(2), []
    filling = Filling(Needs(2), Counting(), lambda place: asked.append(place) or frames[place], observed)
    for position in range(5000):
        assert filling[position][0, 0, 0] == position
    assert len(filling._filled) < 100
    assert max(asked) < 2


def test_what_becomes_known_far_away_is_tried_too():
    class Last(Needs):
        """Reads the last image of all, however far it is, where the one before the target is known."""

        def context(self, observed, places, target):
            return (len(observed) - 1,) if observed[int(target) - 1] and observed[-1] else None

    class First(Last):
        def context(self, observed, places, target):
            if int(target) == len(observed) - 1:
                return (0,) if observed[50] else None
            return (
                super().context(observed, places, target)
                if int(target) > 100
                else super(Last, self).context(observed, places, target)
            )

    observed = np.isin(np.arange(200), [*range(0, 2), 150])
    assert len(plan(First(2), observed, np.arange(200.0))) == 197


def test_one_may_ask_for_the_last_image_first():
    filling = Filling(Needs(2), Counting(), lambda place: ramp(2)[place], np.arange(3000) < 2)
    assert filling[2999][0, 0, 0] == 2999


def test_offsets_are_in_steps_and_may_be_fractions():
    told = []

    class Tells(BaselineFiller):
        def predict(self, frames, observed, offset):
            told.append(offset.tolist())
            return super().predict(frames, observed, offset)

    places = np.array([0, 1, 2.25, 4])
    filling = Filling(Tells("mean"), Counting(), lambda p: ramp(4)[p], np.arange(4) != 2, places)
    value = filling[2][0, 0, 0]
    assert value == pytest.approx(1 + 2 * 1.25 / 3)  # between 1, at 1, and 3, at 4
    assert filling.at(3.0)[0, 0, 0] == pytest.approx(1 + 2 * 2 / 3)  # the filled one is not read
    assert told == [[-1.25, 1.75], [-2.0, 1.0]]


@pytest.mark.parametrize("name", ["copy", "mean", "dis-flow", "motion"])
def test_baselines_fill_as_they_are_scored(data_root, name):
    dataset = withheld_datasets(data_root, "seqinterp", ONE_SIDED, ["n3"])["n3"]
    frames, observed = dataset.sequences.frames.reshape(-1, 16, 36, 36)[:3], dataset.sequences.observed[:3]
    filled = openstl_seqinterp.fill(frames, observed, method=name)
    expected = predictions(dataset, name, range(6))[:, 0] * 255
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
        (np.zeros((4, 5)), np.ones(4, bool), {"method": "copy"}, "frames is .4, 5., no sequence"),
        (np.zeros((4, 5, 5), int), np.ones(4, bool), {"method": "copy"}, "frames is int64"),
        (np.zeros((4, 5, 5)), np.ones(3, bool), {"method": "copy"}, "observed is bool"),
        (np.zeros((4, 5, 5)), np.ones(4), {"method": "copy"}, "observed is float64"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "checkpoint": "x"}, "no checkpoint x"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "flow"}, "unknown method 'flow'"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"checkpoint": "nowhere.ckpt"}, "no checkpoint nowhere.ckpt"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "axes": "TYXC"}, "axes= TYXC has 4 letters"),
        (np.zeros((20, 5, 64, 64)), np.ones(20, bool), {"method": "copy"}, r"say which with axes="),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "times": [1, 2]}, "times is of"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "times": [1, 2, 2, 3]}, "times: frame 3 is not"),
        (np.zeros((4, 5, 5)), np.ones(4, bool), {"method": "copy", "times": list("abcd")}, "times is <U1"),
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


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_scales_are_inverses(dtype):
    limits = np.iinfo(dtype)
    values = np.arange(limits.min, limits.max + 1).astype(dtype).reshape(-1, 1, 1)
    levels = Levels.of(values, None)
    for scale in (Scale.of(dtype, [levels]), Scale(dtype, 0, 1), Scale.of(dtype, [])):
        np.testing.assert_array_equal(scale.from_unit(scale.to_unit(values)), values)
    assert np.ptp(Scale.of(dtype, [levels]).to_unit(values)) == pytest.approx(1, abs=0.01)


def test_a_frame_without_a_value_is_filled_and_takes_no_part():
    frames = np.linspace(-30.0, 50.0, 5)[:, None, None] * np.ones((5, 6, 7))
    frames[2] = np.nan
    filled = openstl_seqinterp.fill(frames, np.isfinite(frames[:, 0, 0]), method="mean")
    np.testing.assert_allclose(filled[2], 10.0, atol=8 * 80 * 2**-24)


def test_times_weigh_neighbours():
    frames = np.array([0.0, 99.0, 40.0])[:, None, None] * np.ones((3, 6, 7))
    observed = np.array([True, False, True])
    for times in ([10, 11, 14], np.array(["2016-09-28T14:00", "2016-09-28T14:05", "2016-09-28T14:20"], "M8[s]")):
        filled = openstl_seqinterp.fill(frames, observed, method="mean", times=times)
        np.testing.assert_allclose(filled[1], 10.0, rtol=1e-6)


@pytest.mark.parametrize(("axes", "shape"), [("YXT", (6, 7, 5)), ("TCYX", (5, 3, 6, 7)), ("ZTYX", (2, 5, 6, 7))])
def test_axes_say_where_time_is(axes, shape):
    frames, time = np.random.default_rng(0).random(shape), axes.index("T")
    filled = openstl_seqinterp.fill(frames, np.arange(5) != 2, method="mean", axes=axes)
    assert filled.shape == shape
    expected = np.moveaxis(frames.copy(), time, 0)
    expected[2] = (expected[1] + expected[3]) / 2
    np.testing.assert_allclose(np.moveaxis(filled, time, 0), expected, atol=1e-6)
    np.testing.assert_array_equal(np.delete(filled, 2, time), np.delete(frames, 2, time))
