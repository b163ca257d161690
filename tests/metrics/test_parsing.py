import pickle
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import distributed, multiprocessing

from leap.errors import LeapError
from leap.metrics import SCORES, average_precision, parsing_scores
from leap.metrics.calibration import expected_calibration_error
from leap.metrics.event_iou import mean_event_scores
from leap.metrics.exclusive import exclusive_scores
from leap.metrics.parsing import ExclusiveScores, MeanEventScores, ParsingScores, ProbabilityMetric
from leap.metrics.psds import CONFUSION, psds
from leap.metrics.ranking import class_ranking


def labels(videos=11, seed=0):
    random = np.random.default_rng(seed)
    return [torch.from_numpy(random.integers(0, 2, (videos, 10, 4))) for _ in range(4)]


def updated(batches):
    metric = ParsingScores()
    for batch in batches:
        metric.update(*batch)
    return metric


def in_batches(cubes, *edges):
    return [[x[start:end] for x in cubes] for start, end in pairwise(edges)]


@pytest.mark.parametrize("edges", [(0, 11), (0, 4, 8, 11), (0, 0, 1, 11)])
def test_batch_by_batch_equals_all_at_once(edges):
    scores = updated(in_batches(labels(), *edges)).compute()
    assert tuple(scores) == SCORES
    assert scores == pytest.approx(parsing_scores(*labels()), abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "function"), [(ExclusiveScores(), exclusive_scores), (MeanEventScores(), mean_event_scores)]
)
def test_other_metrics_equal_their_functions(metric, function):
    for batch in in_batches(labels(), 0, 4, 8, 11):
        metric.update(*batch)
    scores = metric.compute()
    assert scores == pytest.approx(function(*labels()), abs=1e-12)
    assert list(scores) == list(function(*labels()))


def ranked(videos=11):
    """Probabilities and labels that they rank better than by chance."""
    random = np.random.default_rng(3)
    true = torch.from_numpy(random.integers(0, 2, (videos, 10, 4)))
    return torch.from_numpy(random.random(true.shape)) * 0.7 + 0.3 * true, true


MEASURES = [
    (average_precision, {}),
    (average_precision, {"average": "macro"}),
    (class_ranking, {}),
    (psds, {"scenario": CONFUSION}),
    (expected_calibration_error, {"bins": 7}),
]


@pytest.mark.parametrize(("measure", "options"), MEASURES)
@pytest.mark.parametrize("edges", [(0, 11), (0, 4, 8, 11), (0, 0, 1, 11)])
def test_measures_of_probabilities_equal_their_functions_batch_by_batch(measure, options, edges):
    metric = pickle.loads(pickle.dumps(ProbabilityMetric(measure, options)))
    for batch in in_batches(ranked(), *edges):
        metric.update(*batch)
    assert np.array_equal(metric.compute(), measure(*ranked(), **options))


def test_a_measure_of_probabilities_forgets_and_needs_videos():
    metric = ProbabilityMetric(average_precision)
    metric.update(*(1 - x for x in ranked()))
    metric.reset()
    for update in (lambda: None, lambda: metric.update(*(x[:0] for x in ranked()))):
        update()
        with pytest.raises(LeapError, match="no videos"):
            metric.compute()
    metric.update(*ranked())
    assert metric.compute() == average_precision(*ranked())


def test_reset_forgets():
    metric = updated([labels(seed=1)])
    metric.reset()
    metric.update(*labels(seed=2))
    assert metric.compute() == pytest.approx(parsing_scores(*labels(seed=2)), abs=1e-12)


def test_forward_scores_the_batch_and_accumulates():
    first, second = in_batches(labels(), 0, 5, 11)
    metric = ParsingScores()
    metric(*first)
    assert metric(*second) == pytest.approx(parsing_scores(*second), abs=1e-12)
    assert metric.compute() == pytest.approx(parsing_scores(*labels()), abs=1e-12)


def test_clone_is_independent():
    metric = updated([labels(seed=1)])
    clone = metric.clone()
    clone.update(*labels(seed=2))
    assert metric.compute() == pytest.approx(parsing_scores(*labels(seed=1)), abs=1e-12)
    assert clone.compute() != metric.compute()


def test_pickle_keeps_the_state():
    metric = updated([labels()])
    assert pickle.loads(pickle.dumps(metric)).compute() == metric.compute()


def test_nothing_seen_is_an_error():
    metric = ParsingScores()
    metric.update(*(x[:0] for x in labels()))
    with pytest.raises(LeapError, match="no videos"):
        metric.compute()


def _process(rank, store, results):
    distributed.init_process_group(
        "gloo", init_method=f"file://{store}", rank=rank, world_size=2, timeout=timedelta(seconds=60)
    )
    batch = in_batches(labels(), 0, 4, 11)[rank]
    precision = ProbabilityMetric(average_precision)
    precision.update(*in_batches(ranked(), 0, 4, 11)[rank])
    torch.save([updated([batch]).compute(), precision.compute()], f"{results}/{rank}.pt")
    distributed.destroy_process_group()


def test_two_processes_agree_on_the_whole(tmp_path):
    multiprocessing.spawn(_process, args=(tmp_path / "store", tmp_path), nprocs=2)
    for rank in range(2):
        scores, precision = torch.load(tmp_path / f"{rank}.pt")
        assert scores == pytest.approx(parsing_scores(*labels()), abs=1e-12)
        assert precision == pytest.approx(average_precision(*ranked()), abs=1e-12)
