from dataclasses import replace

import numpy as np
import pytest

from leap.config import to_dict
from leap.data.classes import AV_EVERYDAY
from leap.experiments.chapters import decoder_or_loss, own_runs
from leap.experiments.chapters.label_semantics import (
    CELL,
    CHAPTER,
    CONTROL,
    DECODABLE,
    FOLDS,
    NOTEBOOK,
    SOURCES,
    conclusion,
    fold_classes,
    gain_table,
    geometry_table,
    grid,
    range_table,
    scores_by_size,
    size_cell,
    unseen_cell,
    unseen_means,
    unseen_panels,
    unseen_table,
)
from leap.experiments.estimates import estimate_table
from leap.experiments.grid import EVERYDAY

FULL = grid("full", EVERYDAY)
OVERLAPPING = np.array([True, True, False, False, False, False])

SCORES = {"GloVe": 52.0, "MiniLM": 55.0, "descriptions": 54.0, CONTROL: 50.0, "near-identical": 10.0}
"""Source → score of every cell of its; with 125 videos, GloVe has 4 more."""

PRECISION = {"GloVe": 18.5, "MiniLM": 16.5, "descriptions": 40.0, CONTROL: 17.0}
"""Source → average precision of unseen audio segments with seed 0 and before that of the fold is added."""


@pytest.fixture
def runs(make_record):
    """Every cell with three seeds. Average precision rises by 1 with the fold and by 1 with the seed."""

    def record(name, config):
        source, place = name.split(", ")
        score = SCORES[source] + 4 * (name == "GloVe, 125 videos") + config.seed / 2
        measures = {}
        if config.unseen:
            ap = PRECISION[source] + int(place.split()[1]) + config.seed
            for modality, more in (("audio", 0), ("visual", 30)):
                measures |= {f"unseen_ap_{modality}": ap + more, f"unseen_chance_{modality}": 21.0}
                measures |= {f"seen_ap_{modality}": 80.0, f"seen_chance_{modality}": 20.0}
        return make_record(config.seed, score, measures, config=to_dict(config))

    return {name: [record(name, config) for config in configs[:3]] for name, configs in FULL.items()}


def test_folds_leave_every_class_out_once_and_mix_heard_and_seen():
    folds = [fold_classes(EVERYDAY, fold) for fold in FOLDS]
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
            assert {config.unseen for config in configs} == {fold_classes(EVERYDAY, fold)}
            assert {config.model.labels for config in configs} == {SOURCES[source]}
    assert not any(config.unseen for config in FULL["GloVe, 125 videos"])


def test_the_default_embeddings_on_all_videos_are_another_chapters_runs():
    shared = FULL["GloVe, all videos"]
    assert shared == decoder_or_loss.grid("full", EVERYDAY)[CELL.name][: len(shared)]
    own = own_runs(CHAPTER, "full", EVERYDAY)
    assert set(CHAPTER.configs("full", EVERYDAY)) - set(own) == set(shared)
    assert len(own) == 170


@pytest.mark.parametrize("dataset", ["av-digits", EVERYDAY])
def test_smoke_is_short(dataset):
    runs = CHAPTER.configs("smoke", dataset)
    assert len(runs) <= 25
    assert {run.dataset for run in runs} == {dataset}
    assert max(run.train.videos for run in runs) <= 500
    assert {run.train.epochs for run in runs} == {2}


def test_words_for_digits_are_close_to_one_another_and_names_of_everyday_classes_are_not():
    table = geometry_table()
    assert table.loc[("AV-Digits", "GloVe")].round(2).tolist() == [0.82, 0.99]
    assert table.loc[("AV-Everyday", "GloVe"), "mean cosine"] < 0.3
    for dataset in ("AV-Digits", "AV-Everyday"):
        assert table.loc[(dataset, CONTROL)].tolist() == pytest.approx([0, 0], abs=1e-6)
        assert table.loc[(dataset, "near-identical"), "mean cosine"] == pytest.approx(1, abs=1e-3)
        assert (table.loc[dataset, "mean cosine"] <= table.loc[dataset, "largest cosine"]).all()


def test_scores_are_of_the_cells_that_train_on_all_classes(runs):
    table = scores_by_size(runs)
    assert list(table.index) == [name for name in FULL if "fold" not in name]
    assert table.loc["MiniLM, 500 videos", "seg_type"] == 55.5


def test_gains_are_over_random_orthogonal_embeddings_with_as_many_videos(runs):
    table = gain_table(runs)
    assert len(table) == 9
    assert table.loc["GloVe, all videos", "difference"] == pytest.approx(2)
    assert table.loc["GloVe, 125 videos", "difference"] == pytest.approx(6)
    assert (table["n"] == 3).all()


def test_the_range_is_that_of_embeddings_with_meaning(runs):
    table = range_table(runs)
    assert list(table.index) == ["all", 500, 125]
    assert table.loc["all", ["best", "worst"]].tolist() == ["MiniLM", "GloVe"]
    assert table.loc[125, ["best", "worst"]].tolist() == ["GloVe", "descriptions"]
    assert table["range"].tolist() == pytest.approx([3, 3, 2])
    assert table["sd"].tolist() == pytest.approx([0.5] * 3)


def test_average_precision_of_unseen_classes_by_fold(runs):
    table = unseen_table(runs)
    assert len(table) == 2 * len(DECODABLE) * len(FOLDS)
    row = table.loc[("audio", "GloVe", 2)]
    assert row.to_dict() == {
        "classes": "dog, guitar, chainsaw",
        "ap": 21.5,
        "sd": 1.0,
        "chance": 21.0,
        "seen_ap": 80.0,
    }
    assert table.loc[("visual", "GloVe", 2), "ap"] == 51.5


def test_folds_above_chance_and_above_the_control_are_counted(runs):
    means = unseen_means(unseen_table(runs))
    assert means.loc[("audio", "GloVe"), "unseen classes"] == pytest.approx(22.5)
    audio = means.loc["audio"]
    assert audio["above chance"].to_dict() == {"GloVe": 4, "MiniLM": 2, "descriptions": 5, CONTROL: 2}
    assert audio[f"above {CONTROL}"].to_dict() == {"GloVe": 5, "MiniLM": 0, "descriptions": 5, CONTROL: 0}
    assert (means["folds"] == len(FOLDS)).all()


def test_profiles_with_fewer_folds_have_fewer_rows(runs):
    some = {name: records for name, records in runs.items() if "fold 3" not in name}
    table = unseen_table(some)
    assert set(table.index.get_level_values("fold")) == {1, 2, 4, 5}
    assert (unseen_means(table)["folds"] == 4).all()


def test_panels_have_chance_beside_the_sources(runs):
    panels = unseen_panels(unseen_table(runs))
    assert list(panels) == ["audio", "visual"]
    for more, panel in zip((0, 30), panels.values(), strict=True):
        assert list(panel.columns) == ["chance", *DECODABLE]
        assert panel.loc["dog, guitar, chainsaw"].tolist() == [
            21.0,
            *(PRECISION[source] + 3 + more for source in DECODABLE),
        ]


def test_the_conclusion_has_the_numbers_of_the_tables(runs):
    claims = estimate_table(NOTEBOOK, runs, OVERLAPPING)
    said = conclusion(claims, range_table(runs), unseen_means(unseen_table(runs)), "somewhere")
    assert said.startswith("On somewhere, the gain of GloVe over random orthogonal embeddings")
    assert "measure is +2.0 [+2.0," in said
    assert "larger with 125 videos, is +4.0 [+4.0," in said
    assert "differ by 3.0 with all videos, 3.0 with 500 and 2.0 with 125." in said
    assert "left out of training is 22.5 with GloVe, 20.5 with MiniLM and 44.0 with descriptions" in said
    assert "against 21.0 with random orthogonal embeddings and 21.0 by chance" in said
    assert said.count("classes seen in training is 80.0 to 80.0.") == 2
    assert said.endswith(
        "Of the intervals of 8 registered claims, not adjusted for their number, "
        "6 are above 0 and 2 are below 0."
    )


def test_no_claim_about_unseen_classes_is_estimated_on_two_folds(runs):
    smoke = {name: records for name, records in runs.items() if name in CHAPTER.grid("smoke", EVERYDAY)}
    claims = estimate_table(NOTEBOOK, smoke, OVERLAPPING)
    assert not [name for name in claims.index if name.startswith("unseen")]
    said = conclusion(claims, range_table(smoke), unseen_means(unseen_table(smoke)), "somewhere")
    assert "Of the intervals of 4 registered claims" in said
