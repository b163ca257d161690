import numpy as np
import pytest

from leap.diagnosis import diagnose
from leap.diagnosis.report import mean_rise
from leap.visualization.diagnosis import diagnosis_figure

LABELS = [(np.random.default_rng(seed).random((5, 10, 3)) < 0.3).astype(int) for seed in range(4)]


def test_bars_are_the_counts_and_rises_of_every_type():
    diagnosis = diagnose(*LABELS, "abc")
    counts, rises = diagnosis_figure(diagnosis).axes
    assert [label.get_text() for label in counts.get_yticklabels()] == diagnosis.types
    predicted, true = ([bar.get_width() for bar in group] for group in counts.containers)
    assert predicted == [diagnosis.count(name, predicted=True) for name in diagnosis.types]
    assert true == [diagnosis.count(name, predicted=False) for name in diagnosis.types]
    gains = [diagnosis.gains[name] for name in diagnosis.types]
    (bars,) = rises.containers
    assert [bar.get_width() for bar in bars] == pytest.approx([mean_rise(gain.in_order) for gain in gains])
    for line, gain in zip(rises.lines, gains, strict=False):
        values = [mean_rise(rise) for rise in gain]
        assert line.get_xdata().tolist() == pytest.approx([min(values), max(values)])


def test_a_diagnosis_without_errors_has_a_figure():
    counts, rises = diagnosis_figure(diagnose(*LABELS[2:], *LABELS[2:], "abc")).axes
    assert counts.get_yticklabels() == []
    assert rises.get_xlabel() == "rise of the mean of four scores if fixed"
