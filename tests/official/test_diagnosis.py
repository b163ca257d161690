"""The diagnosis of known operations on LLP's own annotations."""

import time

import pytest

from leap.data.annotations import read_annotations
from leap.data.classes import LLP as LABELS
from leap.diagnosis import diagnose
from tests.diagnosis.operations import OPERATIONS, operations
from tests.diagnosis.test_diagnosis import share_as_expected
from tests.tree import LLP


@pytest.fixture(scope="module")
def truth():
    """Dense labels of the test videos."""
    labels = read_annotations(LLP / "annotations", "test")
    return labels.audio, labels.visual


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_known_operation_is_diagnosed(truth, name):
    predictions, expected = operations(*truth)[name]
    assert share_as_expected(*truth, predictions, expected) >= 0.95


def test_the_test_split_takes_less_than_two_seconds(truth):
    """The best of three: a shared core is slow at times."""
    (audio, visual), _ = operations(*truth)["split"]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        diagnose(audio, visual, *truth, LABELS)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 2
