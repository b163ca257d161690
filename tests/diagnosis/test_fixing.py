import numpy as np
import pytest
import torch
from hypothesis import given, settings

from leap.diagnosis.attribution import TYPES, attribute
from leap.diagnosis.fixing import fix, gains, video_rises
from leap.diagnosis.report import mean_rise
from leap.metrics import SCORES, parsing_scores, per_video_scores
from leap.metrics.functional import with_type_means
from leap.metrics.titles import SUMMARY_SCORES
from tests.metrics.cubes import cubes

LABELS = [np.random.default_rng(seed).integers(0, 2, (8, 10, 4)) for seed in range(4)]


@settings(max_examples=200, deadline=None)
@given(cubes())
def test_fixing_all_types_gives_the_truth(labels):
    fixed = fix(*labels[:2], attribute(*labels))
    for ours, true in zip(fixed, labels[2:], strict=True):
        assert np.array_equal(ours, true)
    assert set(parsing_scores(*fixed, *labels[2:]).values()) == {100.0}


def test_fixing_no_type_changes_nothing_and_copies():
    fixed = fix(*LABELS[:2], attribute(*LABELS), [])
    for ours, given_ in zip(fixed, LABELS[:2], strict=True):
        assert np.array_equal(ours, given_)
        assert not np.shares_memory(ours, given_)


def test_fixing_a_type_fixes_its_events_only():
    true = np.zeros((1, 10, 2), int)
    true[0, 2:5, 0] = 1
    late = np.roll(true, 1, axis=1)
    late[0, :2, 1] = 1  # and background
    nothing = np.zeros_like(true)
    audio, _ = fix(late, nothing, attribute(late, nothing, true, nothing), ["late"])
    assert audio[0, :, 0].tolist() == true[0, :, 0].astype(bool).tolist()
    assert audio[0, :2, 1].all()


def test_gains_in_order_add_up_and_the_others_are_of_scores():
    errors = attribute(*LABELS)
    found, scores = gains(*LABELS, errors), parsing_scores(*LABELS)
    assert list(found) == [type_ for type_ in TYPES if type_ in {error.type for error in errors}]
    for name in SCORES:
        assert scores[name] + sum(gain.in_order[name] for gain in found.values()) == pytest.approx(100)
    for type_, gain in found.items():
        only = parsing_scores(*fix(*LABELS[:2], errors, [type_]), *LABELS[2:])
        without = [other for other in found if other != type_]
        rest = parsing_scores(*fix(*LABELS[:2], errors, without), *LABELS[2:])
        for name in SCORES:
            assert gain.first[name] == pytest.approx(only[name] - scores[name])
            assert gain.last[name] == pytest.approx(100 - rest[name])
    one = next(iter(found.values()))
    assert one.first == one.in_order


def test_tensors_are_fixed_too():
    tensors = [torch.tensor(x) for x in LABELS]
    assert np.array_equal(fix(*tensors[:2], attribute(*tensors))[0], LABELS[2])


def test_rises_of_videos_average_to_the_gains_in_order_and_add_up():
    errors = attribute(*LABELS)
    rises, found = video_rises(*LABELS, errors), gains(*LABELS, errors)
    assert list(rises) == list(TYPES)
    for type_, values in rises.items():
        assert values.shape == (8,)
        expected = mean_rise(found[type_].in_order) if type_ in found else 0.0
        assert 100 * values.mean() == pytest.approx(expected, abs=1e-9)
    scores = with_type_means(per_video_scores(*LABELS))
    summary = np.mean([scores[name] for name in SUMMARY_SCORES], axis=0)
    np.testing.assert_allclose(summary + sum(rises.values()), 1.0)
