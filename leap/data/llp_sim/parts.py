"""Classes as pairs of shared parts, so that no linear map of features tells them apart.

Classes come in groups of five that share six parts. The fifteen pairs of six parts fall into five perfect
matchings, three pairs each, and every class has one matching: an event of the class shows both parts of one
of its three pairs. Whatever the class, a part is there in one event of three, and each part acts on channels
of its own. So every channel is distributed alike under all five classes of a group, and the best linear map
of the features of a single event says no more than the group; which two parts come together says the class.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GROUP = 5
PARTS = 6
MATCHINGS = np.array(
    [[(PARTS - 1, r), *(((r + k) % GROUP, (r - k) % GROUP) for k in (1, 2))] for r in range(GROUP)]
)
"""Pairs of parts of each class of a group, (5, 3, 2): the rounds of a tournament of six."""


class Pattern(NamedTuple):
    """What a part adds: the channels it acts on, and how strongly it acts on each."""

    channels: NDArray[np.intp]
    strengths: NDArray[np.float32]


def draw_parts(label: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The two parts of one event of a class, counted over all groups."""
    pair = MATCHINGS[label % GROUP, rng.integers(MATCHINGS.shape[1])]
    return (label // GROUP) * PARTS + pair


def make_patterns(n_classes: int, width: int, rng: np.random.Generator) -> list[Pattern]:
    """What each part adds to features of a given width.

    The parts of a group divide the channels among them; groups divide them anew.

    Returns:
        for each part its channels (width // 6,) and how strongly it acts on them, of mean square 1.
    """
    patterns: list[Pattern] = []
    for _ in range(n_classes // GROUP):
        channels = rng.permutation(width)[: width // PARTS * PARTS].reshape(PARTS, -1)
        strengths = rng.lognormal(sigma=0.5, size=channels.shape)
        strengths /= np.sqrt((strengths**2).mean(1, keepdims=True))
        patterns += map(Pattern, channels, strengths.astype(np.float32))
    return patterns
