import numpy as np
import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments.chapters.scale import (
    COMPARED,
    Size,
    baseline_table,
    below_baseline,
    comparison_in_words,
    panels,
    score_table,
    unconcluded_sizes,
)
from leap.experiments.data_tables import best_label_free_baseline
from leap.experiments.study import open_study
from leap.metrics import TITLES
from leap.visualization.palette import BASELINE

FEW, MANY, MORE = Size(500, 25), Size(2_000, 25), Size(2_000, 50)
BASELINES = pd.DataFrame({key: {25: 20.0, 50: 10.0} for key in TITLES.values()}).rename_axis("classes")


@pytest.fixture
def found(make_record):
    """Runs of three sizes; LEAP is below the baseline in the first, and MMIL below LEAP in all."""
    calibration = {"calibration_audio": 1.0, "calibration_visual": 2.0}
    values = {FEW: (30, 19, 31), MANY: (30, 35, 31), MORE: (11, 13, 12)}
    return {
        size: {
            system: [make_record(seed, value + seed, calibration) for seed in (0, 1)]
            for system, value in zip(COMPARED, scores, strict=True)
        }
        for size, scores in values.items()
    }


def test_every_system_must_exceed_the_baseline_of_its_number_of_classes(found):
    below = below_baseline(score_table(found), BASELINES)
    assert below == {FEW: ["LEAP"], MANY: [], MORE: []}
    assert below_baseline(score_table(found), BASELINES + 2) == {
        FEW: ["LEAP"], MANY: [], MORE: ["MMIL"],
    }  # fmt: skip


def test_nothing_is_concluded_where_a_system_is_below_the_baseline(found):
    few, many, _ = comparison_in_words(found, below_baseline(score_table(found), BASELINES)).split("\n")
    assert few == (
        "- 500 videos, 25 classes: nothing is concluded, because LEAP is not above the trivial baselines."
    )
    assert many.startswith("- 2,000 videos, 25 classes: LEAP is above MMIL in event-level Event@AV (+5.0 ")
    assert "LEAP calibrated is above MMIL" in many


def test_prose_that_concludes_nothing_stops_where_every_system_is_above_the_baseline(found):
    assert unconcluded_sizes(score_table({FEW: found[FEW]}), BASELINES) == 1
    with pytest.raises(LeapError, match=r"but at 2,000 videos, 25 classes, 2,000 videos, 50 classes all sys"):
        unconcluded_sizes(score_table(found), BASELINES)


def test_panels_show_the_baseline_beside_the_systems(found):
    shown = panels(found, BASELINES, "seg_type")
    assert list(shown) == ["25 classes", "2,000 training videos"]
    by_videos, by_classes = shown.values()
    assert {line.index.name for line in by_videos.values()} == {"training videos (log)"}
    assert {line.index.name for line in by_classes.values()} == {"classes (log)"}
    assert [*by_videos] == [*by_classes] == [*COMPARED, BASELINE]
    assert by_videos[BASELINE]["mean"].to_dict() == {500: 20.0, 2_000: 20.0}
    assert by_classes[BASELINE]["mean"].to_dict() == {25: 20.0, 50: 10.0}
    assert by_classes["LEAP"]["mean"].to_dict() == {25: 35.5, 50: 13.5}
    assert np.isnan(by_classes[BASELINE]["sd"]).all()


def test_baselines_are_those_of_the_simulated_stores(tiny_store, monkeypatch, tmp_path):
    study = open_study("12_scale", "smoke", "llp-sim", results=str(tmp_path))
    monkeypatch.setattr(type(study), "make_store", lambda self, name: tiny_store)
    monkeypatch.setattr(type(tiny_store), "__exit__", lambda *_: None)
    table = baseline_table(study)
    assert list(table.index) == [25, 50]
    for _, row in table.iterrows():
        pd.testing.assert_series_equal(row, best_label_free_baseline(tiny_store), check_names=False)
