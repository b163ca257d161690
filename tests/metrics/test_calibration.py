import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import binary_calibration_error

from leap.errors import LeapError
from leap.metrics.calibration import expected_calibration_error, reliability


def drawn(seed=0, shape=(20, 10, 5)):
    """Probabilities, and labels that occur less often than they say."""
    random = np.random.default_rng(seed)
    probabilities = random.random(shape)
    return probabilities, (random.random(shape) < probabilities**2).astype(int)


@pytest.mark.parametrize("bins", [1, 7, 10])
def test_error_equals_torchmetrics(bins):
    probabilities, true = drawn()
    expected = binary_calibration_error(
        torch.tensor(probabilities).flatten(), torch.tensor(true).flatten(), n_bins=bins, norm="l1"
    )
    ours = expected_calibration_error(probabilities, true, bins)
    assert ours == pytest.approx(100 * float(expected), abs=1e-4)


def test_curve_of_known_values():
    probabilities = np.array([0.05, 0.05, 0.95, 1.0, 0.35]).reshape(1, 5, 1)
    curve = reliability(probabilities, np.array([0, 1, 1, 1, 0]).reshape(1, 5, 1))
    assert curve.number.tolist() == [2, 0, 0, 1, 0, 0, 0, 0, 0, 2]
    assert curve.probability[[0, 3, 9]] == pytest.approx([0.05, 0.35, 0.975])
    assert curve.frequency[[0, 3, 9]].tolist() == [0.5, 0.0, 1.0]
    assert np.isnan(curve.frequency[[1, 2, 4, 8]]).all()


def test_error_is_the_weighted_gap_of_the_curve():
    probabilities, true = drawn(seed=1)
    curve = reliability(probabilities, true)
    gaps = np.abs(curve.frequency - curve.probability) * curve.number
    assert expected_calibration_error(probabilities, true) == pytest.approx(100 * gaps.sum() / true.size)
    assert curve.number.sum() == true.size


def test_labels_drawn_from_their_probabilities_are_nearly_calibrated():
    random = np.random.default_rng(2)
    probabilities = random.random((400, 10, 10))
    error = expected_calibration_error(probabilities, random.random(probabilities.shape) < probabilities)
    assert error < 1
    assert expected_calibration_error(*drawn()) > 10


def test_without_segments_there_is_no_error():
    none = np.zeros((0, 10, 3))
    assert expected_calibration_error(none, none) == 0


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_what_is_no_probability_is_refused(value):
    probabilities, true = drawn()
    probabilities[1, 2, 3] = value
    with pytest.raises(LeapError, match="outside 0 to 1"):
        reliability(probabilities, true)
