"""Classes as pairs of shared parts, which no linear map of the features can tell apart.

The five classes of a group share six parts. The fifteen pairs of six parts form five perfect matchings of
three pairs each, and every class owns one matching: an event of the class shows both parts of one of its
three pairs. For every class of the group, each part occurs in one event out of three and acts on its own
channels. Every channel thus has the same distribution under all five classes: a linear map of the features
of an event identifies the group only, and the combination of the two parts identifies the class.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.classes import GROUP

PARTS = 6
MATCHINGS = np.array(
    [[(PARTS - 1, r), *(((r + k) % GROUP, (r - k) % GROUP) for k in (1, 2))] for r in range(GROUP)]
)
"""Pairs of parts of each class of a group, (5, 3, 2), by the round-robin construction."""


class Pattern(NamedTuple):
    """Effect of a part: the channels it acts on, and its strength on each, both (width // 6,)."""

    channels: NDArray[np.intp]
    strengths: NDArray[np.float32]


def draw_parts(label: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw the two parts of one event of a class, as indices over the parts of all groups, (2,)."""
    pair = MATCHINGS[label % GROUP, rng.integers(MATCHINGS.shape[1])]
    return (label // GROUP) * PARTS + pair


def make_patterns(n_classes: int, width: int, rng: np.random.Generator) -> list[Pattern]:
    """Draw the pattern of every part in features of a given width.

    The six parts of a group partition the channels; every group has its own random partition.

    Returns:
        For each part its channels, (width // 6,), and its strengths on them, of mean square 1.
    """
    patterns: list[Pattern] = []
    for _ in range(n_classes // GROUP):
        channels = rng.permutation(width)[: width // PARTS * PARTS].reshape(PARTS, -1)
        strengths = rng.lognormal(sigma=0.5, size=channels.shape)
        strengths /= np.sqrt((strengths**2).mean(1, keepdims=True))
        patterns += map(Pattern, channels, strengths.astype(np.float32))
    return patterns
