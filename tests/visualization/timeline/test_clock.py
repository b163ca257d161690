from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leap.visualization.timeline.clock import STEPS, clock, marks


def test_times_have_hours_where_there_are_some():
    times = {0: "0:00", 9: "0:09", 61: "1:01", 3599: "59:59", 3600: "1:00:00", 86_400: "24:00:00"}
    assert {time: clock(time) for time in times} == times


@given(st.integers(1, 86_401), st.integers(5, 20))
def test_marks_are_few_and_even_and_end_near_the_end(segments, most):
    times = marks(segments, most)
    step = times[1] if len(times) > 1 else STEPS[-1]
    assert times[0] == 0
    assert len(times) <= most + 1
    assert 0 <= segments - times[-1] < step
    assert all(after - before == step for before, after in pairwise(times))
