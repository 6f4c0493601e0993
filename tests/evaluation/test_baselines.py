import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.baselines import BASELINES, Baseline

copy_nearest, neighbour_mean, dis_flow = (BASELINES[name].predict for name in ("copy", "mean", "dis-flow"))
sources = Baseline(lambda images, target: None).sources

every_baseline = pytest.mark.parametrize("baseline", [row.predict for row in BASELINES.values()], ids=BASELINES)


def known_of(images, places):
    """The images at ``places``, as a baseline is handed them; ``images`` itself never is."""
    return {place: images[place] for place in places}


def numbered(length):
    """Images (T, 1, 4, 4) that hold their own position."""
    return np.broadcast_to(np.arange(length, dtype=np.float32)[:, None, None, None], (length, 1, 4, 4))


def blob(length, velocity, channels=1):
    """A smooth blob (T, C, 36, 36) that moves by ``velocity`` (x, y) pixels a step; exact at every position."""
    y, x = np.mgrid[:36, :36]
    images = [
        np.exp(-((x - 17 - velocity[0] * step) ** 2 + (y - 18 - velocity[1] * step) ** 2) / (2 * 4**2))
        for step in np.arange(length) - length // 2
    ]
    return np.repeat(np.array(images, np.float32)[:, None], channels, axis=1)


def squares(predicted, true):
    return float(((predicted - true) ** 2).sum())


@pytest.mark.parametrize(
    ("known", "nearest"),
    [((0, 1, 4), 4), ((1, 2, 6), 2), ((0, 1), 1), ((6, 7), 6), ((1, 5), 5), ((3, 0, 7), 0)],
    ids=["after", "before", "only before", "only after", "the later on a tie", "the target itself is not used"],
)
def test_copy_takes_the_nearest_known_image(known, nearest):
    result = copy_nearest(known_of(numbered(8), known), 3)
    np.testing.assert_array_equal(result, np.full((1, 4, 4), nearest))


@given(st.sets(st.integers(0, 9), min_size=1), st.integers(0, 9))
def test_mean_is_exact_for_a_linear_fade_where_both_sides_are_known(known, target):
    # Images hold their own position, so the right answer is the target, however far the neighbours are.
    known = known - {target}
    assume(known)
    result = neighbour_mean(known_of(numbered(10), known), target)
    expected = min(max(target, min(known)), max(known))  # a copy beyond the ends
    # Two weights and two products, each rounded to 2**-24, and a sum: 3e-7, for nothing cancels.
    np.testing.assert_allclose(result, np.full((1, 4, 4), expected), rtol=1e-6)


@pytest.mark.parametrize("velocity", [(2, 0), (0, -2), (1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("known", "target"),
    [((2, 4), 3), ((1, 4), 3), ((1, 2), 3), ((4, 5), 3), ((0, 2), 3)],
    ids=["between", "between, nearer the later", "after", "before", "after a gap"],
)
def test_dis_flow_follows_a_moving_blob_where_the_mean_does_not(velocity, channels, known, target):
    frames = blob(6, velocity, channels)
    images, true = known_of(frames, known), frames[target]
    flow, mean = (squares(baseline(images, target), true) for baseline in (dis_flow, neighbour_mean))
    assert flow < 0.01 * mean
    np.testing.assert_allclose(dis_flow(images, target), true, atol=2 / 255)


@pytest.mark.parametrize(
    ("known", "target", "expected"),
    [
        ((0, 2, 4, 5), 3, [2, 4]),
        ((0, 2, 6, 7), 3, [2, 6]),
        ((0, 1, 2), 3, [1, 2]),
        ((5, 7), 3, [5, 7]),
        ((6,), 3, [6]),
        ((2, 3, 4, 5), 3.5, [3, 4]),
        ((2, 3, 4), 3, [2, 4]),
    ],
    ids=["both sides", "far on one", "before", "after", "one", "between two", "the target itself is not used"],
)
def test_sources_are_the_nearest_on_both_sides_or_two_on_one(known, target, expected):
    assert sources(known, target) == expected


@every_baseline
@given(known=st.sets(st.integers(0, 7), min_size=1), target=st.integers(0, 7))
def test_no_baseline_looks_beyond_its_sources(baseline, known, target):
    assume(known - {target})
    images = known_of(blob(8, (1, 0)), known)
    expected = baseline(images, target)
    near = baseline.__self__.sources(sorted(known), target)
    for sentinel in (1e30, np.nan):
        spoiled = {place: image if place in near else np.full_like(image, sentinel) for place, image in images.items()}
        np.testing.assert_array_equal(baseline(spoiled, target), expected)


@every_baseline
def test_no_baseline_looks_at_the_target_itself(baseline):
    images = known_of(blob(5, (1, 0)), range(5))
    spoiled = {**images, 2: np.full_like(images[2], np.nan)}
    np.testing.assert_array_equal(baseline(spoiled, 2), baseline(images, 2))


@every_baseline
def test_the_order_of_what_is_handed_over_does_not_matter(baseline):
    images = known_of(blob(6, (1, 0)), (5, 1, 4, 0))
    np.testing.assert_array_equal(baseline(images, 2.5), baseline(dict(sorted(images.items())), 2.5))


@every_baseline
def test_places_are_relative(baseline):
    frames = blob(6, (1, 0))
    moved = {place - 7.25: image for place, image in known_of(frames, (1, 3)).items()}
    np.testing.assert_array_equal(baseline(moved, 1.75 - 7.25), baseline(known_of(frames, (1, 3)), 1.75))


@every_baseline
@pytest.mark.parametrize("known", [(), (2,)], ids=["nothing", "the target alone"])
def test_nothing_known_is_the_users_mistake(baseline, known):
    with pytest.raises(UserError, match="nothing to predict image 3 from"):
        baseline(known_of(blob(5, (1, 0)), known), 2)


@every_baseline
@pytest.mark.parametrize("known", [0, 4])
def test_one_known_image_is_copied(baseline, known):
    frames = blob(5, (1, 0))
    np.testing.assert_array_equal(baseline({known: frames[known]}, 2), frames[known])


@every_baseline
def test_the_frames_are_left_as_they_are(baseline):
    frames = blob(5, (1, 0))
    before = frames.copy()
    baseline(known_of(frames, range(5)), 2)
    np.testing.assert_array_equal(frames, before)


@pytest.mark.parametrize(
    ("reach", "known", "expected"),
    [
        (2, (0, 1, 2, 4, 5, 7), [1, 2, 4, 5]),
        (2, (2, 4, 5, 7), [2, 4, 5]),
        (2, (4, 5, 6, 7), [4, 5, 6, 7]),
        (None, (0, 1, 2, 7), [0, 1, 2, 7]),
    ],
    ids=["two on each side", "one where there is one", "four on one side", "all"],
)
def test_a_baseline_is_handed_what_its_row_says_and_nothing_else(reach, known, expected):
    handed = []
    baseline = Baseline(lambda images, target: handed.append(list(images)) or images[expected[0]], reach)
    baseline.predict(known_of(blob(8, (1, 0)), known), 3)
    assert handed == [expected]


def test_a_camera_that_pans_drags_no_black_edge_into_the_image():
    # Two crops of one bright texture, three pixels apart to each side of the true one: what enters at the edges is
    # seen in one crop alone, and beyond both there is nothing to read but the border.
    rng = np.random.default_rng(0)
    texture = cv2.GaussianBlur(rng.random((64, 80), np.float32), (0, 0), 2)
    texture = 0.6 + 2 * (texture - texture.mean())
    crops = {place: texture[None, :, 8 + 3 * (place - 1) :][..., :64] for place in range(3)}
    error = np.abs(dis_flow({0: crops[0], 2: crops[2]}, 1) - crops[1])
    assert error[..., 8:-8].mean() < 0.01
    # Zeros beyond the border would be 0.3 off at the outermost columns, where half of the blend reads them.
    assert error[..., [0, 1, -2, -1]].mean() < 0.05
