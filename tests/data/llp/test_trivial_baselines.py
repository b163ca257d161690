import numpy as np
import pytest

from leap.data.annotations import Annotations
from leap.data.llp.trivial_baselines import (
    LABELS_USED,
    flip_segments,
    score_trivial_baselines,
    weak_label_at_usual_times,
    weak_label_everywhere,
)

# of the releases' metric on the official files
NOTHING = [0.5, 10.1, 14.5]
PAINTED = {
    "test": [76.12, 60.35, 52.61, 63.03, 71.73, 63.03, 55.75, 44.69, 54.49, 61.60],
    "val": [77.07, 58.65, 52.07, 62.60, 71.53, 63.85, 53.48, 44.15, 53.82, 61.12],
}


def truth(n=30, seed=0):
    rng = np.random.default_rng(seed)
    weak = (rng.random((n, 25)) < 0.1).astype(np.uint8)
    audio, visual = ((rng.random((n, 10, 25)) < 0.5) & weak[:, None].astype(bool) for _ in range(2))
    names = tuple(f"video-{i}" for i in range(n))
    return Annotations(names, weak, audio.astype(np.uint8), visual.astype(np.uint8))


def test_the_weak_label_is_predicted_in_every_segment():
    given = truth()
    cubes = weak_label_everywhere(given)
    assert np.array_equal(cubes.audio, cubes.visual)
    assert all(np.array_equal(cubes.audio[:, t], given.weak) for t in range(10))


def test_usual_places_are_those_of_val():
    n = 8
    weak = np.zeros((n, 25), np.uint8)
    weak[:, 3] = 1
    audio, visual = np.zeros((2, n, 10, 25), np.uint8)
    audio[:, :4, 3] = visual[:, 6:, 3] = 1
    val = Annotations(tuple("abcdefgh"), weak, audio, visual)
    other = Annotations(("x", "y"), np.eye(25, dtype=np.uint8)[[3, 4]], audio[:2] * 0, visual[:2] * 0)
    cubes = weak_label_at_usual_times(val, other)
    assert np.array_equal(cubes.audio[0], audio[0])
    assert np.array_equal(cubes.visual[0], visual[0])
    assert not cubes.audio[1].any()  # a class that val never has


@pytest.mark.parametrize("rate", [0.0, 0.1, 1.0])
def test_wrong_seconds_are_as_many_as_asked_for_and_within_the_weak_label(rate):
    given = truth(400)
    possible = weak_label_everywhere(given).audio.astype(bool)
    cubes = flip_segments(given, rate, np.random.default_rng(0))
    for cube, true in ((cubes.audio, given.audio), (cubes.visual, given.visual)):
        assert (cube[possible] != true[possible]).mean() == pytest.approx(rate, abs=0.01)
        assert not cube[~possible].any()


def test_scores_of_every_floor():
    scores = score_trivial_baselines(truth(seed=1), truth())
    assert list(scores) == list(LABELS_USED)
    assert scores["truth of the other modality"]["seg_av"] == 100
    rates = [scores[f"truth with {rate} % of seconds wrong"]["seg_type"] for rate in (2, 5, 10, 20)]
    assert rates == sorted(rates, reverse=True)
    assert scores["truth of both modalities united"]["seg_a"] > scores["weak label in every second"]["seg_a"]
