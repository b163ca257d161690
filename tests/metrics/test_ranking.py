import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from leap.errors import LeapError
from leap.metrics import average_precision
from leap.metrics.ranking import class_ranking, precision_recall_curve, roc_curve

RANDOM = np.random.default_rng(0)
TRUE = (RANDOM.random((30, 10, 4)) < 0.2).astype(int)
SCORES = np.round(RANDOM.normal(size=TRUE.shape) + TRUE, 1)  # logits with ties
FLAT = [(SCORES[..., c].ravel(), TRUE[..., c].ravel()) for c in range(4)]


def test_areas_equal_scikit_learn():
    found = class_ranking(SCORES, TRUE)
    for c, (scores, true) in enumerate(FLAT):
        assert found.ap[c] == pytest.approx(100 * sklearn_metrics.average_precision_score(true, scores))
        assert found.auc[c] == pytest.approx(100 * sklearn_metrics.roc_auc_score(true, scores), abs=1e-4)
        assert found.chance[c] == pytest.approx(100 * true.mean())
    assert np.mean(found.ap) == pytest.approx(average_precision(SCORES, TRUE, average="macro"))


@pytest.mark.parametrize("label", range(4))
def test_curves_equal_scikit_learn(label):
    scores, true = FLAT[label]
    x, y, _ = sklearn_metrics.roc_curve(true, scores, drop_intermediate=False)
    curve = roc_curve(SCORES, TRUE, label)
    assert curve.x == pytest.approx(x, abs=1e-6)
    assert curve.y == pytest.approx(y, abs=1e-6)
    precision, recall, _ = sklearn_metrics.precision_recall_curve(true, scores)
    curve = precision_recall_curve(SCORES, TRUE, label)
    assert curve.x == pytest.approx(recall[::-1], abs=1e-6)
    assert curve.y == pytest.approx(precision[::-1], abs=1e-6)


def test_only_the_order_of_the_scores_matters():
    ours, theirs = class_ranking(SCORES, TRUE), class_ranking(1e3 * SCORES - 7, TRUE)
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one, other)


def test_classes_that_never_or_always_occur_have_no_ranking():
    true = TRUE.copy()
    true[..., 0], true[..., 1] = 0, 1
    found = class_ranking(SCORES, true)
    assert np.isnan(np.stack(found)[:, :2]).all()
    assert np.isfinite(np.stack(found)[:, 2:]).all()


def test_constant_scores_rank_by_chance():
    found = class_ranking(np.zeros(TRUE.shape), TRUE)
    assert found.ap == pytest.approx(found.chance)
    assert found.auc == pytest.approx([50] * 4)


def test_values_that_are_not_finite_are_refused():
    scores = SCORES.copy()
    scores[0, 0, 0] = np.nan
    with pytest.raises(LeapError, match="not finite"):
        class_ranking(scores, TRUE)
