from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leap.data.llp_sim.pseudo_labels import Errors, simulate_pseudo_labels

NEVER = -40.0
PERFECT = Errors("audio", NEVER, NEVER, 0.0)
PUBLISHED = {"seg_a": 80.5, "seg_v": 61.7, "seg_av": 55.7, "seg_type": 66.0, "seg_event": 74.6}


def cube(n=400, seed=0):
    rng = np.random.default_rng(seed)
    true = np.zeros((n, 10, 5), np.uint8)
    for video in range(n):
        start = rng.integers(10)
        true[video, start : start + rng.integers(1, 11), video % 5] = 1
    weak = true.any(1).astype(np.uint8)
    weak[:, 0] = 1
    return true, weak


def share(true, weak, errors, seed=0):
    return simulate_pseudo_labels(true, weak, errors, np.random.default_rng(seed))


def test_without_errors_they_are_the_truth():
    true, weak = cube()
    assert np.array_equal(share(true, weak, PERFECT), true)


@given(st.integers(0, 1000), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 0.95))
def test_they_stay_within_the_weak_label(seed, miss, false_alarm, overrun):
    true, weak = cube(30, seed)
    pseudo = share(true, weak, Errors("visual", miss, false_alarm, overrun), seed)
    assert set(np.unique(pseudo)) <= {0, 1}
    assert (pseudo <= weak[:, None]).all()


def test_short_events_are_missed_more_often():
    true, weak = cube(4000)
    found = share(true, weak, replace(PERFECT, miss=0.0)).any(1)[true.any(1)]
    length = true.sum(1)[true.any(1)]
    assert found[length <= 2].mean() + 0.1 < found[length >= 8].mean()


def test_errors_depend_on_class():
    true, weak = cube(4000)
    found = share(true, weak, replace(PERFECT, miss=0.0)).any(1)
    rates = [found[true[:, :, c].any(1), c].mean() for c in range(5)]
    assert max(rates) - min(rates) > 0.1


def test_false_alarms_are_in_classes_of_the_weak_label_that_never_occur():
    true, weak = cube()
    pseudo = share(true, weak, replace(PERFECT, false_alarm=40.0))
    absent = weak.astype(bool) & ~true.any(1)
    assert (pseudo.transpose(0, 2, 1)[absent] == 1).all()
    assert np.array_equal(pseudo.transpose(0, 2, 1)[~absent], true.transpose(0, 2, 1)[~absent])


def test_overruns_touch_the_event():
    true, weak = cube()
    pseudo = share(true, weak, replace(PERFECT, overrun=0.5))
    assert (pseudo >= true).all()
    runs = np.abs(np.diff(np.pad(pseudo, ((0, 0), (1, 1), (0, 0))).astype(int), axis=1)).sum(1)
    assert runs.max() == 2
    assert pseudo.sum() > 1.1 * true.sum()
