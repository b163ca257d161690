import pytest
import torch

from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.data.teacher import (
    TEACHER,
    save_teacher_scores,
    teacher_labels,
    teacher_scores,
    with_soft_labels,
)
from leap.errors import LeapError

THRESHOLDS = {"logit_thresholds": {"audio": -1.0, "visual": 2.0}}
SPLITS = {"av-digits": ("train", "val", "test"), "av-everyday": ("train", "val", "test")}
"""Data set → the splits whose teacher's scores ship."""


@pytest.fixture
def store(make_tiny_store, tmp_path):
    """The data set ``tiny``, whose pseudo-labels were made with `THRESHOLDS`; no scores lie beside it."""
    with FeatureStore(make_tiny_store(tmp_path / "tiny.h5", provenance=THRESHOLDS)) as opened:
        yield opened


def logits(videos, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(3 * torch.randn(videos, 4, 3, generator=generator) for _ in range(2))


@pytest.mark.parametrize("dataset", SPLITS)
def test_within_the_weak_label_they_are_the_pseudo_labels_and_outside_more(dataset):
    with open_dataset(dataset) as store:
        for split in SPLITS[dataset]:
            videos, labels = store.videos(split), teacher_labels(store, split)
            weak = videos.weak[:, None]
            for unmasked, pseudo in zip(labels, (videos.pseudo_audio, videos.pseudo_visual), strict=True):
                assert torch.equal(unmasked * weak, pseudo)
                assert (unmasked * (1 - weak)).any()


def test_scores_beside_the_store_are_thresholded_by_its_provenance(store):
    audio, visual = scores = logits(6)
    save_teacher_scores(store.path.with_name(TEACHER), {"test": scores}, store.checksum)
    assert all(map(torch.equal, teacher_scores(store, "test"), scores))
    heard, seen = teacher_labels(store, "test")
    assert torch.equal(heard, (audio > -1).float())
    assert torch.equal(seen, (visual > 2).float())
    assert teacher_labels(store, "val") is None


def test_soft_labels_are_made_of_the_scores_and_their_thresholds(store):
    audio, visual = scores = logits(6)
    save_teacher_scores(store.path.with_name(TEACHER), {"test": scores}, store.checksum)
    videos = with_soft_labels(store.videos("test"), store, "test")
    weak = videos.weak[:, None]
    torch.testing.assert_close(videos.soft_audio, torch.sigmoid((audio + 1) / 2) * weak)
    torch.testing.assert_close(videos.soft_visual, torch.sigmoid((visual - 2) / 2) * weak)
    with pytest.raises(LeapError, match=r"^[^\n]*no logits of the teacher of val[^\n]*$"):
        with_soft_labels(store.videos("val"), store, "val")


def test_unknown_where_nothing_lies_beside_the_store(store):
    assert teacher_scores(store, "test") is teacher_labels(store, "test") is None


def test_a_store_that_was_not_made_by_a_teacher_has_none(make_tiny_store, tmp_path):
    with FeatureStore(make_tiny_store(tmp_path / "tiny.h5")) as store:
        save_teacher_scores(tmp_path / TEACHER, {"test": logits(6)}, store.checksum)
        assert teacher_labels(store, "test") is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda scores, checksum: (scores, "0" * 64), "does not belong to tiny.h5 beside it"),
        (lambda scores, checksum: (logits(5), checksum), r"does not hold finite scores of shape \(6, 4, 3\)"),
        (lambda scores, checksum: ((scores[0], scores[1] / 0), checksum), "does not hold finite scores"),
    ],
)
def test_scores_of_another_store_are_refused(change, problem, store):
    scores, checksum = change(logits(6), store.checksum)
    save_teacher_scores(store.path.with_name(TEACHER), {"test": scores}, checksum)
    with pytest.raises(LeapError, match=problem):
        teacher_labels(store, "test")


def test_a_damaged_file_is_one_line(store):
    store.path.with_name(TEACHER).write_bytes(b"none")
    with pytest.raises(LeapError, match=r"^[^\n]*teacher\.safetensors: not the scores of a teacher[^\n]*$"):
        teacher_labels(store, "test")
