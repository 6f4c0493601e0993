import numpy as np
import pytest

from openstl_seqinterp.apps.io.timeline import arrange


@pytest.mark.parametrize(
    ("instants", "clock", "length", "regular"),
    [
        ([1, 2, 4, 6, 8, 9], "number", 9, True),  # most are two apart, and 3, 5 and 7 are missing
        ([10, 20, 40, 60, 80, 90], "number", 9, True),
        ([1, 3, 5, 7, 8], "number", 5, False),  # one shorter interval is no step
        ([1, 2, 9, 16, 23, 24], "number", 6, False),  # more would be missing than is there
        ([1, 2, 4, 6, 8, 9], "seconds", 6, False),  # a video with another rate in between
    ],
)
def test_gaps_of_numbers_whose_step_is_not_the_most_common_interval(instants, clock, length, regular):
    timeline, index = arrange(instants, clock, "in")
    assert (len(timeline.instants), timeline.regular) == (length, regular)
    np.testing.assert_allclose(timeline.instants[index], instants)
