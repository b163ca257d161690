import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import median_filter as reference

from leap.data.pseudo_labels.median import median_filter


def _filtered(labels):
    return median_filter(torch.tensor(labels, dtype=torch.float32)[None, :, None])[0, :, 0].int().tolist()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0]),
        ([1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, 1]),
        ([0, 0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0, 0]),
        ([1, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1]),  # truncated; in the last but one, a tie leaves the 1
        ([1], [1]),
        ([0, 1], [0, 1]),
    ],
)
def test_by_hand(labels, expected):
    assert _filtered(labels) == expected


@given(st.lists(st.integers(0, 1), min_size=4, max_size=30))
def test_equals_reflection_at_the_ends(labels):
    assert _filtered(labels) == reference(np.array(labels), 5, mode="mirror").tolist()


def test_videos_and_classes_do_not_mix():
    pseudo = (torch.rand(5, 9, 4, generator=torch.Generator().manual_seed(0)) < 0.5).to(torch.uint8)
    found = median_filter(pseudo)
    assert found.dtype == pseudo.dtype
    for video, label in np.ndindex(5, 4):
        assert torch.equal(
            found[video, :, label], median_filter(pseudo[video, :, label][None, :, None])[0, :, 0]
        )
