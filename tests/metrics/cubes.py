"""Random label cubes for the tests of metrics."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def cubes(draw):
    """Four (N, T, C) cubes, from nearly empty to nearly full, with some videos and classes emptied."""
    segments = draw(st.sampled_from([1, 2, 3, 7, 10, 21, 64, 70, 130]))
    shape = (draw(st.integers(1, 4)), segments, draw(st.sampled_from([1, 2, 5])))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    threshold, steadiness = draw(st.floats(0, 1)), draw(st.sampled_from([0.0, 0.6, 0.95]))
    return [_persistent(random, shape, threshold, steadiness) for _ in range(4)]


def _persistent(random, shape, threshold, steadiness):
    """Zeros and ones that stay as they are from one segment to the next with some probability."""
    labels = (random.random(shape) < threshold).astype(int)
    stay = random.random(shape) < steadiness
    for t in range(1, shape[1]):
        labels[:, t] = np.where(stay[:, t], labels[:, t - 1], labels[:, t])
    labels *= random.random((shape[0], 1, 1)) < 0.8
    return labels * (random.random((shape[0], 1, shape[2])) < 0.8)
