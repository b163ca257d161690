from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leap.data.llp_sim.features import KINDS, shared_structure, simulate_features
from leap.data.llp_sim.parts import GROUP, MATCHINGS, PARTS, draw_parts, make_patterns


def test_classes_are_the_perfect_matchings_of_six_parts():
    pairs = [frozenset(pair) for matching in MATCHINGS for pair in matching]
    assert Counter(pairs) == Counter(map(frozenset, combinations(range(PARTS), 2)))
    for matching in MATCHINGS:
        assert sorted(matching.ravel()) == list(range(PARTS))


def test_a_part_is_in_a_third_of_the_events_of_each_of_its_classes():
    rng = np.random.default_rng(0)
    for label in (0, 4, 7):
        counts = np.bincount(np.ravel([draw_parts(label, rng) for _ in range(6000)]), minlength=12)
        first = label // GROUP * PARTS
        assert np.abs(counts[first : first + PARTS] / 6000 - 1 / 3).max() < 0.03
        assert counts.sum() == counts[first : first + PARTS].sum()


@pytest.mark.parametrize("width", [128, 512, 2048])
def test_parts_of_a_group_share_no_channel(width):
    patterns = make_patterns(10, width, np.random.default_rng(0))
    assert len(patterns) == 12
    for group in (patterns[:PARTS], patterns[PARTS:]):
        channels = np.concatenate([pattern.channels for pattern in group])
        assert len(set(channels.tolist())) == len(channels) == width // PARTS * PARTS
    for _, strengths in patterns:
        assert np.square(strengths).mean() == pytest.approx(1, abs=1e-5)
        assert strengths.min() > 0


def single_events(n, seed):
    """Audio features (n, 128) of one second each with one event of the first group, and its class (n,)."""
    rng = np.random.default_rng(seed)
    label = rng.integers(GROUP, size=n)
    audio = np.zeros((n, 1, 25), np.uint8)
    audio[np.arange(n), 0, label] = 1
    return simulate_features(audio, audio * 0, rng)["audio"][:, 0], label


def test_no_linear_map_tells_the_classes_of_a_group_apart_but_products_of_parts_do():
    (train, labels), (test, truth) = single_events(6000, 0), single_events(3000, 1)
    parts = np.zeros((KINDS["audio"].width, PARTS))
    for part, pattern in enumerate(shared_structure("audio", 25).patterns[:PARTS]):
        parts[pattern.channels, part] = 1 / len(pattern.channels)
    pairs = np.array(list(combinations(range(PARTS), 2)))

    def products(x):
        return np.prod((x @ parts)[:, pairs], axis=2)  # (n, 15)

    def accuracy(features):
        mean, deviation = features(train).mean(0), features(train).std(0) + 1e-9
        probe = LogisticRegression(C=0.1, max_iter=300).fit((features(train) - mean) / deviation, labels)
        return probe.score((features(test) - mean) / deviation, truth)

    assert accuracy(lambda x: x) < 1 / GROUP + 0.03
    assert accuracy(products) > 0.5
