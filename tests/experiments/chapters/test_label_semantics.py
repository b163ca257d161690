from dataclasses import replace

import pytest

from leap.data.classes import AV_EVERYDAY
from leap.experiments.cells import HOME
from leap.experiments.chapters import decoder_or_loss, own_runs
from leap.experiments.chapters.label_semantics import (
    CELL,
    CHAPTER,
    FOLDS,
    SOURCES,
    fold_classes,
    grid,
    size_cell,
    unseen_cell,
)

FULL = grid("full", HOME)


def test_folds_leave_every_class_out_once_and_mix_heard_and_seen():
    folds = [fold_classes(HOME, fold) for fold in FOLDS]
    assert sorted(sum(folds, ())) == sorted(AV_EVERYDAY)
    never_visible = set(AV_EVERYDAY[9:])
    for fold in folds:
        assert len(fold) in (2, 3)
        assert len(never_visible & set(fold)) == 1


def test_cells_of_one_size_or_fold_differ_in_label_embeddings_alone():
    places = {name.split(", ")[1] for name in FULL}
    assert len(places) == 3 + len(FOLDS)
    for place in places:
        runs = [configs for name, configs in FULL.items() if name.endswith(f", {place}")]
        assert len({replace(c.model, labels="") for (c, *_) in runs}) == 1
        assert len({c.model.labels for (c, *_) in runs}) == len(runs) == (4 if "fold" in place else 5)


def test_few_videos_have_more_epochs():
    def steps(videos):
        train = FULL[size_cell("GloVe", videos)][0].train
        return train.epochs * -(-(train.videos or 2000) // train.batch)

    assert [steps(videos) for videos in (None, 500, 125)] == [756, 768, 384]


def test_unseen_classes_are_those_of_the_fold():
    for source in ("GloVe", "random orthogonal"):
        for fold in FOLDS:
            configs = FULL[unseen_cell(source, fold)]
            assert {config.unseen for config in configs} == {fold_classes(HOME, fold)}
            assert {config.model.labels for config in configs} == {SOURCES[source]}
    assert not any(config.unseen for config in FULL["GloVe, 125 videos"])


def test_the_default_embeddings_on_all_videos_are_another_chapters_runs():
    shared = FULL["GloVe, all videos"]
    assert shared == decoder_or_loss.grid("full", HOME)[CELL.name][: len(shared)]
    own = own_runs(CHAPTER, "full", HOME)
    assert set(CHAPTER.configs("full", HOME)) - set(own) == set(shared)
    assert len(own) == 170


@pytest.mark.parametrize("dataset", ["av-digits", HOME])
def test_smoke_is_short(dataset):
    runs = CHAPTER.configs("smoke", dataset)
    assert len(runs) <= 25
    assert {run.dataset for run in runs} == {dataset}
    assert max(run.train.videos for run in runs) <= 500
    assert {run.train.epochs for run in runs} == {2}
