"""The chapter on failures: its runs, and tables from predictions whose errors are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap.diagnosis import TYPES
from leap.experiments.chapters import baselines, denoised_labels, failures, own_runs
from leap.experiments.chapters.failures import (
    CONTRASTS,
    SYSTEMS,
    TOTAL,
    answer,
    class_table,
    contrast_panels,
    contrast_table,
    contrasts_in_words,
    costliest_in_words,
    counts_in_words,
    diagnose_runs,
    error_table,
    errors_in_words,
    grid,
    loss_panels,
    part_table,
)
from leap.experiments.grid import EMBEDDED
from leap.experiments.predicted_events import PredictedEvents
from leap.metrics import parsing_scores, per_class_scores
from leap.metrics.titles import SUMMARY_SCORES
from leap.presets import OURS


def without_first(cube, dropped):
    """A copy without the events of the videos before ``dropped``."""
    copy = cube.copy()
    copy[:dropped] = False
    return copy


@pytest.fixture(scope="module")
def truth(tiny_store):
    """Audio and visual events of the test videos, boolean (N, T, C)."""
    return tuple(cube.numpy().astype(bool) for cube in tiny_store.videos("test").truth())


@pytest.fixture(scope="module")
def events(truth):
    """MMIL misses the visual events of three and four videos, LEAP those of two; denoising changes nothing.

    Ours reports every audio event as visual instead, and finds all others.
    """
    audio, visual = truth
    swapped = PredictedEvents(np.zeros_like(audio), audio | visual)
    leap = [PredictedEvents(audio, without_first(visual, 2))] * 2
    return {
        "MMIL": [PredictedEvents(audio, without_first(visual, dropped)) for dropped in (3, 4)],
        "LEAP": leap,
        "LEAP (denoised labels)": leap,
        "ours": [swapped, swapped],
    }


@pytest.fixture(scope="module")
def diagnoses(events, tiny_store):
    return diagnose_runs(events, tiny_store)


def starts(cube):
    """Where events of (N, T, C) begin."""
    return np.diff(cube.astype(int), axis=1, prepend=0) == 1


def primary(predicted, truth):
    scores = parsing_scores(*predicted, *truth)
    return np.mean([scores[name] for name in SUMMARY_SCORES])


@pytest.mark.parametrize("dataset", EMBEDDED)
def test_runs_are_five_further_seeds_of_cells_on_denoised_labels(dataset):
    found, theirs = grid("full", dataset), denoised_labels.grid("full", dataset)
    assert list(found) == list(SYSTEMS)
    for system, name in SYSTEMS.items():
        assert found[system] == [replace(theirs[name][0], seed=seed) for seed in range(10, 15)]
    shared = {run for runs in baselines.grid("full", dataset).values() for run in runs}
    own = own_runs(failures.CHAPTER, "full", dataset)
    assert own == [run for runs in found.values() for run in runs if run not in shared]
    assert len(own) == 20


def test_ours_is_trained_as_the_preset_says():
    ours = grid("full", "av-digits")["ours"][0]
    assert (ours.loss, ours.smoothing) == (OURS.loss, OURS.smoothing)
    assert ours.model.decoder.blocks == OURS.model.decoder.blocks


def test_the_parts_of_a_difference_add_up_to_it(diagnoses, events, truth):
    table = contrast_table(diagnoses)
    assert list(table.index.unique("contrast")) == [c for c in CONTRASTS if "VALOR" not in c]
    for contrast in table.index.unique("contrast"):
        ours, theirs = ([primary(pair, truth) for pair in events[name]] for name in CONTRASTS[contrast])
        parts = table.loc[contrast, "difference"]
        assert parts[TOTAL] == pytest.approx(np.mean(ours) - np.mean(theirs))
        assert parts.drop(TOTAL).sum() == pytest.approx(parts[TOTAL])


def test_a_part_is_named_by_the_errors_that_the_system_avoids(diagnoses):
    table = contrast_table(diagnoses)
    parts = table.loc["LEAP − MMIL, L_basic"]
    assert parts.loc["missed", "difference"] > 0
    assert parts.loc["missed", "difference"] == pytest.approx(parts.loc[TOTAL, "difference"])
    assert set(parts.drop(index=["missed", TOTAL])["difference"]) == {0.0}
    assert parts["n"].unique().tolist() == [2]
    assert table.loc["ours − LEAP"].loc["wrong modality", "difference"] < 0
    assert set(table.loc["LEAP (denoised labels) − LEAP", "difference"]) == {0.0}
    assert parts.loc["missed", ["first", "last"]].tolist() == pytest.approx(
        [parts.loc[TOTAL, "difference"]] * 2
    )
    assert parts.loc[TOTAL, ["first", "last"]].isna().all()


def test_errors_are_counted_and_cost_what_fixing_them_gains(diagnoses, events, truth):
    table = error_table(diagnoses)
    assert list(table.loc["MMIL"].index) == list(TYPES)
    missed = table.loc[("MMIL", "missed")]
    assert missed["predicted"] == 0
    assert missed["true"] == np.mean([starts(truth[1])[:dropped].sum() for dropped in (3, 4)])
    lost = np.mean([100 - primary(pair, truth) for pair in events["MMIL"]])
    assert missed[["first", "in_order", "last"]].tolist() == pytest.approx([lost] * 3)
    for system, seeds in events.items():
        lost = np.mean([100 - primary(pair, truth) for pair in seeds])
        assert table.loc[system]["in_order"].sum() == pytest.approx(lost)


def test_parts_hold_the_percentage_of_true_events_that_are_wrong(diagnoses, truth):
    table = part_table(diagnoses)
    assert table.loc[("modality", "audio"), "LEAP"] == 0.0
    assert table.loc[("modality", "audio"), "ours"] == 100.0
    begun = starts(truth[1])
    assert table.loc[("modality", "visual"), "LEAP"] == pytest.approx(100 * begun[:2].sum() / begun.sum())
    assert table.loc[("modality", "visual"), "events"] == begun.sum()


def test_classes_are_scored_as_by_the_metric(diagnoses, events, truth, tiny_store):
    table = class_table(diagnoses, tiny_store.classes)
    assert list(table.index) == list(tiny_store.classes)
    assert list(table.columns) == [(m, s) for m in ("audio", "visual") for s in failures.PER_CLASS]
    expected = np.mean([per_class_scores(*pair, *truth)["evt_v"] for pair in events["MMIL"]], axis=0)
    np.testing.assert_allclose(table["visual", "MMIL"], 100 * expected)


def test_tables_in_words_have_a_row_per_type(diagnoses):
    errors, contrasts = error_table(diagnoses), contrast_table(diagnoses)
    for text in (errors_in_words(errors), counts_in_words(errors)):
        assert list(text.index) == list(TYPES)
        assert list(text.columns) == list(diagnoses)
    assert counts_in_words(errors).loc["wrong class", "LEAP"] == "0 / 0"
    assert errors_in_words(errors).loc["wrong class", "LEAP"] == "0.0 (0.0 to 0.0)"
    text = contrasts_in_words(contrasts)
    assert list(text.index) == [*TYPES, TOTAL]
    assert text.loc[TOTAL, "LEAP (denoised labels) − LEAP"] == "+0.0 [+0.0,\N{NO-BREAK SPACE}+0.0]"


def test_figures_show_every_system_and_contrast(diagnoses):
    (panel,) = loss_panels(error_table(diagnoses)).values()
    assert list(panel.columns) == list(diagnoses)
    table = contrast_table(diagnoses)
    shown = {title: list(contrast_panels(table, title)[f"{title}, {TOTAL}"]) for title in failures.FIGURES}
    assert shown == {
        "LEAP − MMIL": ["LEAP − MMIL, L_basic"],
        "denoised labels": ["LEAP (denoised labels) − LEAP", "ours − LEAP"],
    }
    by_type, total = contrast_panels(table, "denoised labels").values()
    assert list(by_type["ours − LEAP"].index) == list(TYPES)
    assert list(total["ours − LEAP"].index) == [TOTAL]


def test_the_costliest_type_is_named_for_every_system():
    index = pd.MultiIndex.from_product(
        [["MMIL", "LEAP", "ours"], ["late", "missed"]], names=["system", "type"]
    )
    table = pd.DataFrame({"in_order": [1.0, 3, 1, 2, 4, 2]}, index=index)
    said = costliest_in_words(table)
    assert said == "The costliest type is “late” for ours and “missed” for MMIL and LEAP."
    table["in_order"] = [1.0, 3, 1, 2, 4, 5]
    assert costliest_in_words(table) == "Errors of the type “missed” cost every system most."


def test_the_answer_names_the_types_whose_interval_excludes_zero():
    rows = {
        ("A − B", "background"): (3.0, 2.0, 4.0, 0.001),
        ("A − B", "missed"): (-1.0, -1.5, -0.5, 0.01),
        ("A − B", "late"): (0.5, -0.5, 1.5, 0.3),
        ("A − B", TOTAL): (2.5, 1.0, 4.0, 0.01),
        ("C − D", "late"): (0.5, -0.5, 1.5, 0.3),
        ("C − D", TOTAL): (0.5, -0.5, 1.5, 0.3),
    }
    index = pd.MultiIndex.from_tuples(rows, names=["contrast", "type"])
    table = pd.DataFrame(list(rows.values()), index, columns=["difference", "low", "high", "p"])
    text = answer(table, "tiny").replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("On tiny, in points of the primary measure:")
    assert (
        "- **A − B**: +2.5 [+1.0, +4.0] in all; of these +3.0 [+2.0, +4.0] background, −1.0 [−1.5, −0.5] "
        "missed, and +0.5 all other types together."
    ) in text
    assert text.endswith("- **C − D**: +0.5 [−0.5, +1.5] in all; no type of error differs clearly.")
