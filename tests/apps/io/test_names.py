"""What names of files say: each row is a scheme that people use, with the right order, instants and names between."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from openstl_seqinterp.apps.io.names import read_names
from openstl_seqinterp.apps.io.timeline import arrange
from openstl_seqinterp.errors import UserError

START = datetime(2016, 9, 28, 14, 35, tzinfo=UTC)


def times(pattern, count=6, step=300, start=START):
    return [(start + timedelta(seconds=place * step)).strftime(pattern) for place in range(count)]


def seconds(count=6, step=300, start=START):
    return [start.timestamp() + place * step for place in range(count)]


# Names in the order of time, the clock, the first instants (the rest are checked by their number).
SCHEMES = {
    "fmi": (times("%Y%m%d%H%M_fmi.radar.composite.lowest_FIN_SUOMI1"), "date", seconds()),
    "knmi": (times("RAD_NL25_RAP_5min_%Y%m%d%H%M"), "date", seconds()),
    "date and time": (times("%Y%m%d_%H%M"), "date", seconds()),
    "seconds": (times("x%Y%m%dT%H%M%S", step=10), "date", seconds(step=10)),
    "milliseconds": (times("%Y%m%dT%H%M%S.500"), "date", [second + 0.5 for second in seconds()]),
    "hours": (times("%Y%m%d%H", 30, 3600), "date", seconds(30, 3600, START.replace(minute=0))),
    "iso": (times("%Y-%m-%dT%H:%M:%SZ"), "date", seconds()),
    "iso with a zone": (times("%Y-%m-%dT%H%M+0200"), "date", [second - 7200 for second in seconds()]),
    "file-safe iso": (times("%Y-%m-%dT%H-%M-%S_ch1_640x480"), "date", seconds()),
    "screenshot": (times("Screenshot %Y-%m-%d at %H.%M.%S"), "date", seconds()),
    "whatsapp": (times("IMG-%Y%m%d-%H%M%S"), "date", seconds()),
    "days over the end of a month": (
        times("%Y%m%d", 12, 86400),
        "date",
        seconds(12, 86400, START.replace(hour=0, minute=0)),
    ),
    "dated by dashes": (times("sst.%Y-%m-%d", 12, 86400), "date", seconds(12, 86400, START.replace(hour=0, minute=0))),
    "without zeros": (
        ["2016-9-28", "2016-9-29", "2016-9-30", "2016-10-1"],
        "date",
        seconds(4, 86400, START.replace(hour=0, minute=0)),
    ),
    "day first": (times("%d-%m-%Y", 12, 86400), "date", seconds(12, 86400, START.replace(hour=0, minute=0))),
    "year of two digits": (times("%y%m%d%H%M"), "date", seconds()),
    "day of the year": (times("MOD09.A%Y%j.%H%M.006"), "date", seconds()),
    "goes": (times("OR_s%Y%j%H%M%S0_e%Y%j%H%M300"), "date", seconds()),
    "months": (
        ["sst_201511", "sst_201512", "sst_201601", "sst_201602"],
        "date",
        [datetime(2015, 11, 1, tzinfo=UTC).timestamp(), datetime(2015, 12, 1, tzinfo=UTC).timestamp()],
    ),
    "time of the day": (times("%H%M"), "seconds", [52500 + 300 * place for place in range(6)]),
    "parted time of the day": (times("%H-%M-%S"), "seconds", [52500 + 300 * place for place in range(6)]),
    "unix": ([f"{second:.0f}" for second in seconds()], "date", seconds()),
    "unix in milliseconds": ([f"cam_{second * 1000:.0f}" for second in seconds()], "date", seconds()),
    "unix with a fraction": ([f"{second:.6f}" for second in seconds(step=0.04)], "date", seconds(step=0.04)),
    "unix in nanoseconds": ([f"{second * 1000000000:.0f}" for second in seconds()], "date", seconds()),
    "counted and timed": (
        [f"{place:04d}_{name}" for place, name in enumerate(times("%Y%m%d%H%M%S"))],
        "date",
        seconds(),
    ),
    "satellites": (
        ["S2A_MSIL1C_20160928T143500_R022", "S2B_MSIL2A_20160928T144000_R022", "S2A_X_20160928T144500"],
        "date",
        seconds(3),
    ),
    "padded": ([f"frame{number:03d}" for number in range(8, 13)], "number", [8, 9, 10, 11, 12]),
    "not padded": ([f"t{number}_z0" for number in range(1, 13)], "number", list(range(1, 13))),
    "tens": ([f"f{10 * number:04d}" for number in range(12)], "number", [10 * number for number in range(12)]),
    "decimals": ([f"{number / 2}" for number in range(1, 21)], "number", [number / 2 for number in range(1, 21)]),
    "short decimals": (
        [f"{number / 2:g}" for number in range(1, 21)],
        "number",
        [number / 2 for number in range(1, 21)],
    ),
    "size behind": ([f"{number}_640x480" for number in range(1, 13)], "number", list(range(1, 13))),
    "channel behind": ([f"a{number}_ch1" for number in range(1, 13)], "number", list(range(1, 13))),
    "points before": ([f"V1.75f3.{1250001 + number}" for number in range(9)], "number", [1250001, 1250002]),
    "versions": ([f"v1.{number}" for number in range(1, 13)], "number", list(range(1, 13))),
    "a day's counter": ([f"20160928_{number:04d}" for number in range(1, 80)], "number", list(range(1, 80))),
    "eight digits": ([f"{20160095 + number}" for number in range(10)], "number", [20160095, 20160096]),
    "signs": ([f"z{number}" for number in range(-5, 6)], "number", list(range(-5, 6))),
    "brackets": ([f"scan ({number})" for number in range(1, 12)], "number", list(range(1, 12))),
    "percent": ([f"100%_{number}" for number in range(5)], "number", list(range(5))),
    "two numbers alike": ([f"i{number}_ms{40 * number}" for number in range(1, 12)], "number", list(range(1, 12))),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_order_and_instants(scheme):
    names, clock, instants = SCHEMES[scheme]
    found = read_names(sorted(names), None, "in")
    assert [sorted(names)[place] for place in found.order] == names
    assert (found.clock, found.left_out) == (clock, [])
    np.testing.assert_allclose(found.instants[: len(instants)], instants, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "scheme", sorted(set(SCHEMES) - {"satellites", "counted and timed", "two numbers alike", "goes"})
)
def test_name_of_a_gap_is_the_name_that_was_there(scheme):
    names, clock, _ = SCHEMES[scheme]
    kept = names[:2] + names[3:]
    found = read_names(kept, None, "in")
    timeline, _ = arrange(found.instants, clock, "in")
    known = [0, 1, None, *range(2, len(kept))]
    assert found.written(known, timeline.instants) == names


@pytest.mark.parametrize(
    ("names", "between"),
    [
        (["f1", "f2"], ["f1.0", "f1.5", "f2.0"]),
        (["f0010", "f0020"], ["f0010", "f0015", "f0020"]),
        (["0.5", "1.0"], ["0.50", "0.75", "1.00"]),
        (["a_20160928_1435", "a_20160928_1440"], ["a_20160928_143500", "a_20160928_143730", "a_20160928_144000"]),
        (["2016-09-28T14-35", "2016-09-28T14-36"], [f"2016-09-28T14-{end}" for end in ("35-00", "35-30", "36-00")]),
        (["20160928", "20160929"], ["20160928T0000", "20160928T1200", "20160929T0000"]),
        (["20160928T143500", "20160928T143501"], [f"20160928T1435{end}" for end in ("00.000", "00.500", "01.000")]),
        (["1475073300", "1475073301"], ["1475073300.0", "1475073300.5", "1475073301.0"]),
        (["1475073300000", "1475073301000"], ["1475073300000", "1475073300500", "1475073301000"]),
        (["ann", "bob"], ["ann", "ann_filled_0001", "bob"]),
    ],
)
def test_names_between_are_sorted_and_read_again(names, between):
    found = read_names(names, None, "in")
    first, last = (0.0, 1.0) if found.instants is None else found.instants
    instants = np.array([first, (first + last) / 2, last])
    assert found.written([0, None, 1], instants) == between
    if found.instants is not None:
        np.testing.assert_allclose(read_names(between, None, "in").instants, instants, atol=1e-6)


def test_thirds_have_as_many_decimals_as_tell_them_apart():
    written = read_names(["f08", "f09", "f10"], None, "in").written(
        [0, None, None, 1, None, None, 2], np.linspace(8, 10, 7)
    )
    assert written == ["f08.00", "f08.33", "f08.67", "f09.00", "f09.33", "f09.67", "f10.00"]


def test_jitter_needs_no_seconds():
    """A gap of frames that are not quite regular is named like them."""
    names = ["201609281435", "201609281441", "201609281446", "201609281456"]
    found = read_names(names, None, "in")
    timeline, _ = arrange(found.instants, "date", "in")
    assert found.written([0, 1, 2, None, 3], timeline.instants)[3] == "201609281451"


def test_more_names_go_on():
    found = read_names(["v2_98", "v2_99"], None, "in")
    assert found.written([0, 1, None], np.array([98.0, 99, 100])) == ["v2_98", "v2_99", "v2_100"]


def test_numbers_below_zero_are_not_written_into_names_without_sign():
    names = read_names(["f0", "f1"], None, "in").written([None, 0, 1], np.array([-1.0, 0, 1]))
    assert names == ["f-1", "f0", "f1"]
    assert read_names(names, None, "in").instants.tolist() == [-1, 0, 1]


@pytest.mark.parametrize("stray", ["cover", "cover2", "frame_0001 copy"])
def test_stray_is_left_out(stray):
    names = [f"frame_{number:04d}" for number in range(5)]
    found = read_names([*names, stray], None, "in")
    assert (found.left_out, found.order) == ([5], [0, 1, 2, 3, 4])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([f"t{t}_z{z}" for t in range(3) for z in range(4)], ["'t{}_z*' (3", "'t*_z{}' (4", "--pattern", "'t{}_z0'"]),
        ([f"v{t}.{z}" for t in (1, 2) for z in (1, 2, 3)], ["'v{}.*' (2", "'v*.{}' (3", "--pattern"]),
        (["20160928_1", "20160928_2", "20160929_1"], ["%Y%m%d", "--pattern"]),
        (["a1", "b2"], ["'a1'", "'b2'", "--pattern"]),
        (["cover", "t1", "t2"], ["'cover'", "--pattern"]),
        (["1", "01"], ["'1'", "'01'", "same"]),
        ([*times("%Y%m%d", 30, 86400), "20160931"], ["20160931", "no valid time"]),
    ],
)
def test_what_is_not_clear_is_refused(names, words):
    with pytest.raises(UserError) as refusal:
        read_names(names, None, "in")
    assert all(word in str(refusal.value) for word in ("in:", *words)), refusal.value


GRID = [f"t{t}_z{z}" for t in range(3) for z in range(4)]


@pytest.mark.parametrize(
    ("names", "pattern", "instants", "left_out"),
    [
        (GRID, "t{}_z0", [0, 1, 2], 9),
        (GRID, "t0_z{number}", [0, 1, 2, 3], 8),
        (["x5_a_1", "x5_b_2"], "x5_*_{}", [1, 2], 0),
        (["12abc", "13abd"], "{}*", [12, 13], 0),
        (["a12", "b13"], "*{}", [12, 13], 0),
        (["1_201609281435", "1_201609281440"], "1_{time}", seconds(2), 0),
        (["x_28Sep2016", "x_01Oct2016"], "x_%d%b%Y", [1475020800, 1475280000], 0),
        (["20160928_7", "20160929_9"], "*_{}", [7, 9], 0),
    ],
)
def test_pattern(names, pattern, instants, left_out):
    found = read_names(names, pattern, "in")
    assert (found.instants.tolist(), len(found.left_out)) == (instants, left_out)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("t{}_z{}", "not understood"),
        ("t", "not understood"),
        ("%Q", "not understood"),
        ("q{}", "no name is like"),
        ("%Y%m%d", "no name is like"),
        ("t{}_z*", "'t{}_z0'"),
    ],
)
def test_pattern_that_does_not_help_is_refused(pattern, words):
    with pytest.raises(UserError, match="pattern") as refusal:
        read_names(GRID, pattern, "in")
    assert words in str(refusal.value)


def test_names_without_digits_are_in_natural_order():
    found = read_names(["b", "C", "a"], None, "in")
    assert (found.order, found.instants) == ([2, 0, 1], None)


def test_one_name():
    found = read_names(["img_0005"], None, "in")
    assert found.written([0, None], np.array([5.0, 6])) == ["img_0005", "img_0006"]
