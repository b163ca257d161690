"""LLP's own files: their numbers, their defects, and what the package says about them."""

import hashlib
import shutil
from collections import Counter

import numpy as np
import pytest

from leap.data.annotations import (
    ANNOTATED,
    expand_to_segments,
    read_annotations,
    read_weak_labels,
    write_events,
)
from leap.data.layouts import LLP_STATISTICS, measure_layouts
from leap.data.llp import sources
from leap.data.llp.check import check_annotations
from leap.data.llp.trivial_baselines import score_trivial_baselines
from leap.data.llp_sim.pseudo_labels import AUDIO, VISUAL, simulate_pseudo_labels
from leap.experiments.pseudo_label_noise import (
    add_errors,
    occurring_classes,
    persistent_numbers,
    score,
)
from leap.experiments.tables import write_table
from leap.inference.score_files import score_files
from leap.inference.scored_predictions import tables_on_llp
from leap.inference.signed_scores import truth_sha256
from leap.metrics import SCORES, parsing_scores
from tests.experiments.chapters.test_llp import TABLES
from tests.tree import LLP, ROOT

ANNOTATIONS = LLP / "annotations"

# of the releases' metric
NOTHING = [0.5, 10.1, 14.5, 8.4, 0.0]
EXPANDED = {
    "test": [76.12, 60.35, 52.61, 63.03, 71.73, 63.03, 55.75, 44.69, 54.49, 61.60],
    "val": [77.07, 58.65, 52.07, 62.60, 71.53, 63.85, 53.48, 44.15, 53.82, 61.12],
}
OLDER = {"seg_a": 76.08, "seg_type": 63.01, "seg_event": 71.70}
VALOR = {"seg_a": 80.5, "seg_v": 61.7, "seg_av": 55.7, "seg_type": 66.0, "seg_event": 74.6}
"""Scores that VALOR's authors print for their pseudo-labels of test."""


@pytest.fixture
def older(tmp_path):
    """The annotations with the older audio file that most releases ship."""
    for path in ANNOTATIONS.glob("AVVP_*.csv"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "AVVP_eval_audio.downstream.csv").replace(tmp_path / "AVVP_eval_audio.csv")
    return tmp_path


def test_files_have_the_pinned_hashes():
    real = {name: ANNOTATIONS / name for name in sources.ANNOTATION_SHA256}
    real[sources.GLOVE] = LLP / sources.GLOVE_FILE
    pinned = {**sources.ANNOTATION_SHA256, sources.GLOVE: sources.GLOVE_SHA256}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in real.items()} == pinned


@pytest.mark.parametrize("split", ANNOTATED)
def test_their_dense_labels_have_the_pinned_checksum(split, tmp_path):
    write_events(tmp_path / "none.tsv", (), np.zeros((0, 10, 25)))
    found = tables_on_llp(ANNOTATIONS, split, tmp_path / "none.tsv", tmp_path / "none.tsv")
    assert truth_sha256(found) == sources.TRUTH_SHA256[split]


def test_sizes_and_overlap():
    labels = read_annotations(ANNOTATIONS, "test")
    assert labels.audio.shape == labels.visual.shape == (1200, 10, 25)
    assert (labels.audio.sum(2) >= 2).mean() == pytest.approx(0.280, abs=5e-4)
    assert (labels.visual.sum(2) >= 2).mean() == pytest.approx(0.146, abs=5e-4)
    sizes = {name: len(read_weak_labels(ANNOTATIONS, name).filenames) for name in ("full", "train", "val")}
    assert sizes == {"full": 11849, "train": 10000, "val": 649}
    assert read_weak_labels(ANNOTATIONS, "train").weak.sum(1).mean() == pytest.approx(1.61, abs=5e-3)


def test_known_defects():
    assert Counter(finding.kind for finding in check_annotations(ANNOTATIONS)) == {
        "outside the splits": 14 + 11,
        "zero length": 5,
        "reversed": 1,
        "duplicate": 8,
        "overlapping": 23 - 8,
        "weak differs from dense": 84,
    }


def test_the_older_audio_file_is_recognised(older):
    findings = check_annotations(older)
    assert [f.what for f in findings if f.kind == "file"] == ["the older copy with three corrupt rows"]
    assert sum(finding.kind == "misnamed" for finding in findings) == 3


def test_the_older_copy_equals_the_current_one_after_repair(older):
    differ = {
        repair: (
            read_annotations(older, "test", repair).audio
            != read_annotations(ANNOTATIONS, "test", repair).audio
        ).sum()
        for repair in ("none", "upstream", "all")
    }
    assert differ == {"none": 4 + 3 + 1, "upstream": 0, "all": 0}


def test_scores_with_the_older_copy(older):
    labels = read_annotations(older, "test")
    expanded = expand_to_segments(labels.weak)
    scores = parsing_scores(expanded, expanded, labels.audio, labels.visual)
    assert {name: round(scores[name], 2) for name in OLDER} == OLDER


def test_nothing_and_the_weak_label_everywhere_as_files(tmp_path):
    path = tmp_path / "events.tsv"
    write_events(path, (), np.zeros((0, 10, 25)))
    scores = score_files(ANNOTATIONS, "test", path, path)["scores"]
    assert [round(scores[name], 1) for name in SCORES] == NOTHING * 2
    labels = read_annotations(ANNOTATIONS, "test")
    write_events(path, labels.filenames, expand_to_segments(labels.weak))
    scores = score_files(ANNOTATIONS, "test", path, path)["scores"]
    assert [round(scores[name], 2) for name in SCORES] == EXPANDED["test"]


@pytest.mark.parametrize("split", EXPANDED)
def test_trivial_baselines(split):
    scores = score_trivial_baselines(*(read_annotations(ANNOTATIONS, name) for name in ("val", split)))
    found = scores["weak label in every second"]
    assert [round(found[name], 2) for name in SCORES] == EXPANDED[split]


def test_committed_layouts_are_measured_on_these_files(tmp_path):
    measure_layouts(ANNOTATIONS, tmp_path / "statistics.json")
    assert (tmp_path / "statistics.json").read_bytes() == LLP_STATISTICS.read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_committed_tables_are_made_of_these_files(name, tmp_path):
    write_table(TABLES[name](ANNOTATIONS), tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == (ROOT / "results/tables" / f"{name}.csv").read_text()


@pytest.mark.parametrize(("modality", "expected"), [("audio", 76.12), ("visual", 60.35)])
def test_false_alarms_everywhere_score_as_the_expanded_weak_label(modality, expected):
    test = occurring_classes(read_annotations(ANNOTATIONS, "test"))
    true = getattr(test, modality)
    numbers = persistent_numbers(true.shape, 0.5, np.random.default_rng(0))
    assert score(add_errors(true, test.weak, 0, 1, numbers), true) == pytest.approx(expected, abs=5e-3)


def test_simulated_pseudo_labels_score_as_valors_do():
    truth, scores = read_annotations(ANNOTATIONS, "test"), []
    for seed in range(16):
        rng = np.random.default_rng(1000 + seed)
        audio = simulate_pseudo_labels(truth.audio, truth.weak, AUDIO, rng)
        visual = simulate_pseudo_labels(truth.visual, truth.weak, VISUAL, rng)
        scores.append(parsing_scores(audio, visual, truth.audio, truth.visual))
    for name, published in VALOR.items():
        assert np.mean([score[name] for score in scores]) == pytest.approx(published, abs=0.8), name
