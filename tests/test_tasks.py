import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openstl_seqinterp.errors import UserError
from openstl_seqinterp.tasks import Task, around, nearest, one_sided, runs, windows

# Runs of observed images with one missing image between them, or several where a run is empty.
masks = st.lists(st.integers(0, 12), max_size=4).map(lambda runs: [c == "1" for c in "0".join("1" * n for n in runs)])
lengths = st.integers(1, 4)
PAPER = np.array([position not in (3, 15) for position in range(16)])


def all_observed(mask, positions):
    return all(0 <= position < len(mask) and mask[position] for position in positions)


def brute_force(mask, length):
    """Every stretch of ``length`` observed positions, found by looking at each start."""
    starts = range(len(mask) - length + 1)
    return {tuple(range(s, s + length)) for s in starts if all_observed(mask, range(s, s + length))}


@given(masks)
def test_runs_cover_the_observed_positions_and_are_maximal(mask):
    found = runs(mask)
    assert [position for run in found for position in run] == [i for i, known in enumerate(mask) if known]
    for run in found:
        assert len(run) > 0
        assert not all_observed(mask, [run.start - 1])
        assert not all_observed(mask, [run.stop])


@given(masks, lengths, lengths)
def test_windows_are_all_stretches_in_both_directions_each_once(mask, context, targets):
    stretches = brute_force(mask, context + targets)
    assume(stretches)
    found = windows(mask, context, targets)
    assert all(len(task.context) == context and len(task.targets) == targets for task in found)
    joined = [task.context + task.targets for task in found]
    assert len(joined) == len(set(joined))
    assert set(joined) == stretches | {stretch[::-1] for stretch in stretches}


@given(masks, lengths, lengths)
def test_each_run_gives_its_length_less_the_window_plus_one_in_each_direction(mask, context, targets):
    length = context + targets
    assume(any(len(run) >= length for run in runs(mask)))
    found = windows(mask, context, targets)
    for run in runs(mask):
        inside = [task for task in found if set(task.context) <= set(run)]
        assert len(inside) == 2 * max(0, len(run) - length + 1)
        assert all(set(task.targets) <= set(run) for task in inside)


@given(masks, lengths, lengths)
def test_windows_refuse_a_sequence_without_a_long_enough_run(mask, context, targets):
    assume(not brute_force(mask, context + targets))
    with pytest.raises(UserError, match=f"no {context + targets} consecutive images"):
        windows(mask, context, targets)


def test_the_papers_sequence_gives_eight_windows_of_images_5_to_15():
    found = windows(PAPER, 4, 4)
    assert len(found) == 8
    assert {position for task in found for position in task.context + task.targets} == set(range(4, 15))
    assert Task((4, 5, 6, 7), (8, 9, 10, 11)) in found
    assert Task((14, 13, 12, 11), (10, 9, 8, 7)) in found


@pytest.mark.parametrize(
    ("target", "context"),
    [pytest.param(3, (7, 6, 5, 4), id="image 4"), pytest.param(15, (11, 12, 13, 14), id="image 16")],
)
def test_one_sided_reads_what_the_paper_reads(target, context):
    assert one_sided(PAPER, target, 4) == context


@given(masks.filter(bool), st.data(), lengths)
def test_one_sided_walks_towards_the_target_and_prefers_the_past(mask, data, context):
    target = data.draw(st.integers(0, len(mask) - 1))
    before = tuple(range(target - context, target))
    after = tuple(range(target + context, target, -1))
    sides = [side for side in (before, after) if all_observed(mask, side)]
    if sides:
        assert one_sided(mask, target, context) == sides[0]
    else:
        assert one_sided(mask, target, context) is None


@given(masks.filter(bool), st.data(), lengths, st.booleans())
def test_around_is_the_stretch_that_shows_most_with_the_target_in_it(mask, data, slots, between):
    target = data.draw(st.integers(0, len(mask) - 1)) - 0.5 * between
    place, shown = int(np.ceil(target)), [*mask, *[False] * slots]
    found = around(mask, target, slots)
    assert found == tuple(range(found[0], found[0] + slots))
    assert found[0] == 0 or found[-1] < len(mask) or place == found[-1]
    stretches = [range(start, start + slots) for start in range(max(0, len(mask) - slots) + 1)]

    def both_and_all(each):
        both = any(shown[p] for p in each if p < place) and any(shown[p] for p in each if p > place)
        return both, sum(shown[p] for p in each)

    assert both_and_all(found) == max(both_and_all(each) for each in stretches if place in each)


@pytest.mark.parametrize(("target", "first"), [(3, 0), (15, 8), (8, 4)])
def test_around_centres_the_target_where_it_can(target, first):
    assert around(np.ones(16, bool), target, 8) == tuple(range(first, first + 8))


@given(masks.filter(bool), st.data(), st.integers(2, 8), st.booleans())
def test_nearest_leaves_out_what_is_missing(mask, data, slots, between):
    target = data.draw(st.integers(0, len(mask) - 1)) - 0.5 * between
    place = int(np.ceil(target))
    found = nearest(mask, target, slots, len(mask))
    assert len(found) == slots
    assert list(found) == sorted(set(found))
    assert place in found
    shown = [position for position in found if position < len(mask) and mask[position]]
    # What is not taken lies further away than all that is, on its side.
    left_out = {position for position, known in enumerate(mask) if known} - set(shown) - {place}
    assert not any(shown[0] < position < shown[-1] for position in left_out)
    assert not left_out or set(found) == {*shown, place}
    for side, most in ((range(place), slots // 2), (range(place + 1, len(mask)), slots - slots // 2 - 1)):
        known = sum(mask[position] for position in side)
        assert sum(position in side for position in shown) >= min(known, most)


@pytest.mark.parametrize("target", [3, 15, 8])
def test_nearest_reads_what_around_does_where_nothing_else_is_missing(target):
    observed = np.arange(16) != target
    assert nearest(observed, target, 8, 16) == around(observed, target, 8)


def test_nearest_does_not_look_further_than_its_reach():
    observed = np.isin(np.arange(40), [0, 15, 25, 39])
    assert np.isin([15, 20, 25], nearest(observed, 20, 4, 5)).all()
    assert not observed[list(nearest(observed, 20, 4, 4))].any()
    assert nearest(observed, 45, 2, 6) == (39, 45)


def test_slots_that_are_left_are_of_the_sequence_where_it_has_as_many():
    assert nearest([True, False, True, False, False, True], 1, 6, 16) == (0, 1, 2, 3, 4, 5)
    assert nearest([True, False, True, True], 3, 4, 16) == (0, 1, 2, 3)
    assert nearest([True, False, True], 1, 5, 16) == (0, 1, 2, 3, 4)
