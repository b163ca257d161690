import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leap.features import batches
from leap.features.batches import stacked


@given(st.lists(st.integers(1, 7), min_size=1, max_size=20), st.integers(1, 9))
def test_parts_of_any_sizes_are_stacked(sizes, growth):
    rows = np.random.default_rng(0).normal(size=(sum(sizes), 3)).astype(np.float32)
    old, batches.GROWTH = batches.GROWTH, growth
    try:
        whole = stacked(np.split(rows, np.cumsum(sizes)[:-1]))
    finally:
        batches.GROWTH = old
    assert np.array_equal(whole, rows)
    assert (whole.dtype, whole.flags.c_contiguous) == (np.float32, True)
