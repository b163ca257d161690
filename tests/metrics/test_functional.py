import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import average_precision_score

from leap.errors import LeapError
from leap.metrics import (
    PER_VIDEO,
    SCORES,
    average_precision,
    overlapping_videos,
    parsing_scores,
    per_class_scores,
    per_video_scores,
    precision_recall,
)
from leap.metrics.functional import event_scores, scores_from_sums, segment_scores
from tests.metrics.cubes import cubes
from tests.metrics.oracle import class_f, event_counts, segment_counts, video_scores

GOLDEN = Path(__file__).parents[1] / "golden" / "metrics_random.npz"


def one(*sequences):
    """Sequences written as '0110' → a cube of one video and one class."""
    return [np.array([int(x) for x in sequence]).reshape(1, -1, 1) for sequence in sequences]


def event_f(pred, true):
    pred, true = one(pred, true)
    return per_video_scores(pred, pred, true, true)["evt_a"][0]


@settings(max_examples=300, deadline=None)
@given(cubes())
def test_scores_equal_plain_loops(labels):
    ours = per_video_scores(*labels)
    for n in range(len(labels[0])):
        expected = video_scores(*(x[n].T.tolist() for x in labels))
        assert ours.keys() == expected.keys()
        for name, value in expected.items():
            assert ours[name][n] == pytest.approx(value, abs=1e-12), name


def test_scores_equal_the_releases():
    golden = np.load(GOLDEN)
    labels = [golden[name].swapaxes(1, 2) for name in ("pred_audio", "pred_visual", "gt_audio", "gt_visual")]
    ours, ten = per_video_scores(*labels), parsing_scores(*labels)
    for level, stored in (("seg", "segment_per_video"), ("evt", "event_per_video")):
        for column, stream in enumerate(("a", "v", "event", "av")):
            expected = golden[stored][:, column]
            assert_allclose(ours[f"{level}_{stream}"], expected, rtol=0, atol=1e-12)
            assert ten[f"{level}_{stream}"] == pytest.approx(100 * expected.mean(), abs=1e-10)
        assert ten[f"{level}_type"] == pytest.approx(100 * golden[stored][:, [0, 1, 3]].mean(), abs=1e-10)


@pytest.mark.parametrize(
    ("pred", "true", "expected"),
    [
        ("1100", "1111", 1.0),  # IoU 1/2 is enough
        ("111100", "001111", 0.0),  # 2/6
        ("11100", "00111", 0.0),  # 1/5
        ("1110", "0111", 1.0),  # 2/4
        ("110111", "111111", 2 / 3),  # 3/6 finds it, 2/6 does not
        ("111111", "110111", 2 / 3),  # and the other way round
        ("100", "001", 0.0),
        ("000", "000", 1.0),
        ("000", "010", 0.0),
    ],
)
def test_event_iou(pred, true, expected):
    assert event_f(pred, true) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("half", [1, 21, 22, 32, 63, 64, 128, 300])
def test_exactly_half_at_every_width_of_counter(half):
    assert event_f("1" * half + "0" * half, "1" * 2 * half) == 1.0
    assert event_f("1" * half + "0" * (half + 1), "1" * (2 * half + 1)) == 0.0


@settings(max_examples=50, deadline=None)
@given(cubes())
def test_f_is_symmetric_and_perfect_for_itself(labels):
    pred_a, pred_v, true_a, true_v = labels
    forth, back = per_video_scores(*labels), per_video_scores(true_a, true_v, pred_a, pred_v)
    for name in PER_VIDEO:
        assert_array_equal(forth[name], back[name])
    assert set(parsing_scores(true_a, true_v, true_a, true_v).values()) == {100.0}


def test_ten_scores_in_order_with_type_means():
    random = np.random.default_rng(3)
    scores = parsing_scores(*(random.integers(0, 2, (5, 10, 4)) for _ in range(4)))
    assert tuple(scores) == SCORES
    for level in ("seg", "evt"):
        mean = np.mean([scores[f"{level}_{m}"] for m in ("a", "v", "av")])
        assert scores[f"{level}_type"] == pytest.approx(mean, abs=1e-12)


NUMPY_TYPES = [bool, np.int8, np.uint8, np.int64, np.float16, np.float32, np.float64]
TORCH_TYPES = [torch.bool, torch.uint8, torch.int32, torch.bfloat16, torch.float16, torch.float64]


@pytest.mark.parametrize("dtype", NUMPY_TYPES + TORCH_TYPES, ids=str)
def test_every_numeric_type_gives_the_same(dtype):
    labels = [np.random.default_rng(seed).integers(0, 2, (6, 10, 3)) for seed in range(4)]
    typed = [torch.tensor(x).to(dtype) if dtype in TORCH_TYPES else x.astype(dtype) for x in labels]
    assert parsing_scores(*typed) == parsing_scores(*labels)


def test_tensor_with_gradient_is_accepted():
    labels = torch.ones(1, 2, 3, requires_grad=True)
    assert parsing_scores(labels, labels, labels, labels)["seg_type"] == 100


@pytest.mark.parametrize("value", [0.5, 2, -1, np.nan])
def test_other_values_are_refused_by_name(value):
    labels = [np.zeros((2, 3, 4)) for _ in range(4)]
    labels[2][1, 2, 3] = value
    with pytest.raises(LeapError, match="true_audio holds a value"):
        per_video_scores(*labels)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 3, 1), (1, 3, 4)])
def test_other_shapes_are_refused(shape):
    zeros = np.zeros((2, 3, 4))
    with pytest.raises(LeapError, match="share one shape"):
        parsing_scores(zeros, np.zeros(shape), zeros, zeros)


def test_no_videos_have_no_mean():
    none = np.zeros((0, 3, 4))
    assert per_video_scores(none, none, none, none)["evt_v"].shape == (0,)
    with pytest.raises(LeapError, match="no videos"):
        parsing_scores(none, none, none, none)


def test_the_llp_test_split_takes_milliseconds():
    """About as long as NumPy takes for running sums of the labels: 6 ms on one idle core.

    Both are timed in turns and the best of many calls counts, because the speed of a shared core varies.
    """
    random = np.random.default_rng(0)
    labels = [random.integers(0, 2, (1200, 10, 25)) for _ in range(4)]
    scores = sums = np.inf
    for _ in range(500):
        scores = min(scores, _seconds(lambda: parsing_scores(*labels)))
        sums = min(sums, _seconds(lambda: [np.cumsum(x, axis=1) for x in labels]))
        if scores <= 1.2 * sums:
            break
    assert scores <= 1.2 * sums


def _seconds(call):
    """Time that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_overlap_is_within_one_modality_and_segment():
    audio, visual = np.zeros((4, 3, 5)), np.zeros((4, 3, 5))
    audio[0, 1, [0, 4]] = 1  # two classes at once
    audio[1, 0, 0] = audio[1, 1, 1] = 1  # one after the other
    audio[2, 0, 0] = visual[2, 0, 1] = 1  # in different modalities
    visual[3, 2, :] = 1
    assert overlapping_videos(audio, visual).tolist() == [True, False, False, True]


def test_precision_and_recall_by_hand():
    true = np.array([[[1, 1, 0], [1, 0, 0], [0, 0, 0]]])
    pred = np.array([[[1, 0, 1], [1, 0, 0], [0, 0, 1]]])
    assert precision_recall(pred, true) == pytest.approx(
        {"precision": 50, "recall": 200 / 3, "f": 400 / 7}, abs=1e-12
    )
    assert precision_recall(pred[:, :1], true[:, :1]) == pytest.approx(
        {"precision": 50, "recall": 50, "f": 50}, abs=1e-12
    )


def test_precision_and_recall_of_nothing():
    zeros = np.zeros((2, 3, 4))
    assert precision_recall(zeros, zeros) == {"precision": 0, "recall": 0, "f": 0}
    assert precision_recall(zeros, np.ones_like(zeros))["recall"] == 0


def test_average_precision_by_hand():
    true = np.array([[[1, 0], [0, 0], [1, 0]]])
    probabilities = np.array([[[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]])
    expected = 100 * (1 / 2 + 1 / 2 * 2 / 3)
    assert average_precision(probabilities, true) == pytest.approx(expected)
    assert average_precision(torch.tensor(probabilities), true, "macro") == pytest.approx(expected)


def test_macro_average_precision_is_over_classes_that_occur():
    random = np.random.default_rng(5)
    true, probabilities = random.integers(0, 2, (4, 5, 3)), random.random((4, 5, 3))
    true[..., 1] = 0
    alone = [average_precision(probabilities[..., [c]], true[..., [c]]) for c in (0, 2)]
    assert average_precision(probabilities, true, "macro") == pytest.approx(np.mean(alone))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64, np.float16, np.int64]),
    st.sampled_from([0.02, 0.5, 0.98]),
)
def test_average_precision_is_scikit_learns_to_the_bit(seed, dtype, rate):
    random = np.random.default_rng(seed)
    true = random.random((30, 4, 3)) < rate
    true[0, 0] = 1
    ties = random.choice([3, 100, 60_000])  # few distinct scores or many
    scores = (random.random(true.shape) * ties).astype(dtype)
    flat = [x.reshape(-1, 3) for x in (true, scores)]
    for average in ("micro", "macro"):
        expected = average_precision_score(*flat, average=average)
        assert average_precision(scores, true, average) == 100 * expected


def test_average_precision_of_degenerate_input():
    zeros = np.zeros((1, 2, 3))
    assert average_precision(zeros, zeros) == 0
    with pytest.raises(LeapError, match="not finite"):
        average_precision(zeros + np.nan, zeros)
    with pytest.raises(LeapError, match="neither 0 nor 1"):
        average_precision(zeros, zeros + 0.5)


@given(cubes())
@settings(max_examples=30)
def test_class_scores_are_the_oracles(four):
    pred_a, pred_v, true_a, true_v = four
    streams = {"a": (pred_a, true_a), "v": (pred_v, true_v), "av": (pred_a * pred_v, true_a * true_v)}
    scores = per_class_scores(*four)
    for level, counts in (("seg", segment_counts), ("evt", event_counts)):
        for stream, (pred, true) in streams.items():
            expected = [
                class_f(counts, p.T.tolist(), t.T.tolist()) for p, t in zip(pred.T, true.T, strict=True)
            ]
            found = [None if np.isnan(f) else f for f in scores[f"{level}_{stream}"]]
            assert found == pytest.approx(expected, abs=1e-12)


def test_class_scores_pool_the_modalities_for_event():
    audio, visual = np.zeros((2, 2, 4, 1), int)
    truth = np.ones((2, 4, 1), int)
    audio[0] = 1
    scores = per_class_scores(audio, visual, truth, truth)
    assert scores["seg_event"].tolist() == [2 * 4 / (4 + 16)]
    assert scores["evt_event"].tolist() == [2 * 1 / (1 + 4)]


def test_scores_of_one_modality_are_those_of_all():
    cubes = (np.random.default_rng(0).random((4, 6, 10, 3)) < 0.3).astype(int)
    expected = per_video_scores(*cubes)
    assert np.array_equal(event_scores(cubes[1], cubes[3]), expected["evt_v"])
    assert np.array_equal(segment_scores(cubes[1], cubes[3]), expected["seg_v"])
    sums = [values.sum() for values in expected.values()]
    assert scores_from_sums(sums, 6) == pytest.approx(parsing_scores(*cubes))


def test_the_example_of_the_book_has_its_scores():
    true, nothing = np.zeros((1, 10, 1), int), np.zeros((1, 10, 1), int)
    true[0, 2:5] = 1
    for shift, segment, event in ((1, 200 / 3, 100.0), (2, 100 / 3, 0.0)):
        scores = parsing_scores(np.roll(true, shift, axis=1), nothing, true, nothing)
        assert scores["seg_a"] == pytest.approx(segment)
        assert scores["evt_a"] == event
