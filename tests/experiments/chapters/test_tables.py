"""The tables that belong to one chapter each, from made-up records."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import pytest

from leap.config import to_dict
from leap.experiments.chapters import (
    blocks,
    encoders,
    interpretability,
    labels,
    losses,
    overlap,
    pseudo_labels,
    scale,
    systems,
)
from leap.experiments.tables import SUMMARY_SCORES, TITLES, score_table
from leap.visualization.palette import FIXED_COLOURS, WITHOUT


def test_gains_by_encoder_and_beside_the_published_ones(make_runs):
    values = {"MMIL": 50.0, "LEAP": 53.0, "VALOR, MMIL": 50.0, "VALOR, LEAP": 49.0}
    runs = make_runs(**values, **{"MM-Pyr, MMIL": 60.0, "MM-Pyr, LEAP": 64.0})
    gains = encoders.gain_table(runs)["difference"].xs("evt_event", level="score")
    assert gains.to_dict() == pytest.approx({"HAN": 3.0, "VALOR": -1.0, "MM-Pyr": 4.0})
    table = encoders.beside_published(runs)
    assert list(table.index) == [TITLES[score] for score in SUMMARY_SCORES]
    assert table.loc["evt Event@AV", "published difference"] == "+4.4"
    assert table.loc["evt Event@AV", "LEAP − MMIL"].startswith("+4.0")


def test_systems_stand_in_three_rows_each(make_runs):
    names = [f"{name}, {way}" for name in systems.AS_RELEASED for way in ("own", "alike")]
    runs = make_runs(**{name: 50.0 + index for index, name in enumerate(names)})
    table = systems.beside_published(runs)
    assert table.loc[("CMPAE", "published on LLP"), "evt Event@AV"] == "55.7"
    assert table.loc[("HAN", "trained alike"), "evt Event@AV"].startswith("51.5")
    difference = systems.difference_table(runs)["difference"]
    assert difference["LEAP − HAN, own", "seg_type"] == pytest.approx(6.0)
    assert len(difference) == 6 * len(SUMMARY_SCORES)


def test_videos_are_parted_by_overlap(tiny_store, make_runs):
    masks = overlap.by_overlap(tiny_store)
    assert np.sum(list(masks.values()), axis=0).tolist() == [1] * 6
    audio, visual = tiny_store.videos("test").truth()
    two = [max(int(audio[i].sum(-1).max()), int(visual[i].sum(-1).max())) == 2 for i in range(6)]
    assert masks.get("two at once", np.zeros(6, bool)).tolist() == two
    runs = make_runs(MMIL=40.0, LEAP=45.0)
    assert (overlap.gain_table(runs, masks)["difference"] - 5.0).abs().max() < 1e-9
    assert overlap.video_table(runs, masks, "seg_type").loc["LEAP"].tolist() == pytest.approx(
        [45.5] * len(masks)
    )


def test_ranking_and_threshold_are_told_apart(make_runs):
    runs = make_runs(MMIL=40.0, LEAP=45.0)
    for record in runs["LEAP"]:
        record.segments["audio_2"]["ap"] = 30.5 + record.seed
    table = overlap.segment_table(runs)
    assert table.loc[("audio", "two", "average precision"), "LEAP − MMIL"] == pytest.approx(-9.5)
    assert table.loc[("audio", "two", "recall"), "LEAP − MMIL"] == pytest.approx(5.0)
    assert table.loc[("visual", "all", "F"), "sd"] == pytest.approx(0.0)
    lines = overlap.gains_in_words(table).splitlines()
    assert (
        lines[0]
        == "* Audio, two events at once: precision +5.0, recall +5.0, F +5.0, average precision −9.5."
    )


def test_depths_cost_parameters_and_time(make_record, tiny_store):
    one, two = make_record(0, 50.0), make_record(0, 52.0)
    config = two.run_config()
    deeper = replace(config.model, decoder=replace(config.model.decoder, blocks=3))
    two = replace(two, config=to_dict(replace(config, model=deeper)))
    table = blocks.cost_table({"N = 2": [one], "N = 3": [two]}, tiny_store)
    assert table.loc["N = 3", "parameters"] > table.loc["N = 2", "parameters"]
    assert table.loc["N = 2", "mean of ten"] == pytest.approx(50.0)
    assert table.loc["N = 3", "seconds"] == pytest.approx(52.0)


def test_every_block_is_compared_with_one_less(make_runs):
    runs = make_runs(**{"N = 1": 50.0, "N = 2": 52.0, "N = 3": 51.0})
    steps = blocks.step_table(runs)["difference"].xs("seg_a", level="score")
    assert steps.to_dict() == pytest.approx({"N = 2 − N = 1": 2.0, "N = 3 − N = 2": -1.0})
    panels = blocks.panels(score_table(runs))
    assert list(panels) == [TITLES[score] for score in SUMMARY_SCORES]
    assert panels["seg Type@AV"]["LEAP"]["mean"].tolist() == [50.5, 52.5, 51.5]


def test_what_was_not_run_is_listed(make_runs):
    shown = pd.DataFrame({"seg A": ["1.0"]}, index=["random orthogonal"])
    table = labels.with_missing_sources(shown)
    assert list(table.index) == ["random orthogonal", *labels.UNAVAILABLE]
    assert set(table["seg A"][1:]) == {"not run here"}
    assert list(labels.requirement_table([labels.GLOVE]).index) == [
        n for n in labels.UNAVAILABLE if n != labels.GLOVE
    ]
    geometry = labels.geometry_table(make_runs(learned=0.25))
    assert list(geometry.columns) == list(labels.GEOMETRY.values())


def test_every_loss_is_compared_with_its_decoder_alone(make_runs):
    names = {"MMIL": 50.0, "MMIL, λ = 1": 51.0, losses.PYRAMID: 60.0, f"{losses.PYRAMID}, λ = 1": 58.0}
    runs = make_runs(**names)
    worth = losses.difference_table(runs)["difference"].xs("seg_type", level="score")
    assert worth.to_dict() == pytest.approx({"MMIL, λ = 1": 1.0, f"{losses.PYRAMID}, λ = 1": -2.0})
    similarity = losses.similarity_table(runs)
    assert list(similarity.columns) == list(losses.SIMILARITY.values())
    panels = losses.similarity_panels(similarity)
    assert list(panels) == ["MMIL on HAN", "LEAP on HAN", losses.PYRAMID]
    assert list(panels["MMIL on HAN"]) == [WITHOUT, "λ = 1"]
    assert set(panels["MMIL on HAN"]) <= set(FIXED_COLOURS)
    line = panels["MMIL on HAN"][WITHOUT]
    assert list(line.index) == ["0", "up to ½", "above ½", "1"]
    assert line.index.name == "true EIoU of an audio and a visual segment"


def test_rises_of_the_cosine_without_and_with_the_loss():
    lines = {
        name: pd.DataFrame({"mean": [0.25, 9.0, end]})
        for name, end in [(WITHOUT, 0.125), ("a", 1), ("b", 0.5)]
    }
    assert losses.rises_in_words({"MMIL on HAN": lines}) == (
        "MMIL on HAN: from EIoU 0 to 1, −0.12 without L_avss and +0.25 to +0.75 with it."
    )


def test_the_best_number_of_blocks_is_named_for_every_score():
    scores = pd.DataFrame([[1.0] * 4, [2.0] * 4], ["N = 1", "N = 2"], list(SUMMARY_SCORES))
    scores["evt_event"] = [2.0, 1.0]
    assert blocks.best_in_words(scores) == (
        "The mean is highest with N = 1 in evt Event@AV; and with N = 2 in seg Type@AV, seg Event@AV and evt "
        "Type@AV."
    )
    (line,) = blocks.panels(scores.join(scores.add_suffix("_sd")))["evt Event@AV"].values()
    assert line["mean"].to_dict() == {1: 2.0, 2: 1.0}
    assert line.index.name == "blocks of LEAP"


def test_shown_videos_are_one_chosen_and_two_drawn():
    overlapping = np.arange(30) >= 4
    shown = interpretability.example_videos(overlapping)
    assert shown["first video with overlap"] == 4
    assert len({shown["random video 1"], shown["random video 2"]}) == interpretability.RANDOM_VIDEOS
    assert shown == interpretability.example_videos(overlapping)


def test_peaks_and_separation(make_record):
    found = {
        "peak_audio": 90.0,
        "chance_audio": 50.0,
        "separation_audio_1": 60.0,
        "separation_audio_2": 80.0,
    }
    runs = {"LEAP": [make_record(seed, diagnostics=found | {"peak_audio": 90.0 + seed}) for seed in (0, 1)]}
    table = interpretability.peak_table(runs)
    assert table.loc["LEAP", "audio"] == 90.5
    assert np.isnan(table.loc["LEAP", "visual"])
    separation = interpretability.separation_table(runs["LEAP"])
    assert separation["audio"].to_dict() == {"block 1": 60.0, "block 2": 80.0}


def test_projections_lie_between_the_means_of_absent_and_present():
    val = np.array([[[0.0, 0]], [[2, 0]]], np.float32), np.array([[False], [True]])
    test = np.array([[[1.0, 5]], [[3, 5]], [[4, 0]]], np.float32), np.array([[False], [True], [True]])
    found = interpretability._by_presence(val, test, "heard", ["cat"])
    assert found["absent"].loc["cat"].to_dict() == pytest.approx({"low": 0.5, "difference": 0.5, "high": 0.5})
    assert found["heard"].loc["cat"].to_dict() == pytest.approx(
        {"low": 1.55, "difference": 1.75, "high": 1.95}
    )
    assert interpretability.gaps_in_words({"audio": found, "visual": found}) == (
        "For 1 of 1 classes in audio and 1 of 1 classes in visual segments, the median video with the class "
        "lies above nine tenths of the videos without it."
    )
    never = test[0], np.zeros((3, 1), bool)
    assert len(interpretability._by_presence(val, never, "heard", ["cat"])["heard"]) == 0


def test_projections_of_a_parser(tiny_records, tiny_store, tiny_results, tiny_config):
    from leap.experiments.runs import run_folder
    from leap.models.checkpoint import load_parser

    parser, _ = load_parser(run_folder(tiny_config, tiny_store, tiny_results))
    panels = interpretability.projection_panels(parser, tiny_store)
    assert {modality: list(series) for modality, series in panels.items()} == {
        "audio": ["absent", "heard"],
        "visual": ["absent", "seen"],
    }
    for series in panels.values():
        absent, present = series.values()
        assert list(absent.index) == list(present.index)
        assert set(absent.index) <= set(tiny_store.classes)
        assert (absent["low"] <= absent["high"]).all()


def test_costs_of_errors(make_runs):
    names = pseudo_labels.grid("smoke", "av-digits")
    runs = make_runs(**{name: 60.0 - 5.0 * ("40" in name) + 2.0 * ("confident" in name) for name in names})
    cost = pseudo_labels.loss_table(runs)["difference"].xs("seg_type", level="score")
    assert cost["LEAP, 40 % misses"] == pytest.approx(-5.0)
    assert cost[f"{pseudo_labels.WITH_AVSS}, 40 % misses in L_avss"] == pytest.approx(-5.0)
    assert not any(name.endswith(pseudo_labels.CLEAN) for name in cost.index)
    by_kind = pseudo_labels.cost_panels(pseudo_labels.loss_table(runs), ["seg_type"])
    assert list(by_kind) == ["misses, seg Type@AV", "false alarms, seg Type@AV"]
    for series in by_kind.values():
        assert list(series) == ["MMIL", "LEAP", pseudo_labels.WITH_AVSS, pseudo_labels.CONFIDENT]
        assert list(series["MMIL"].index) == ["20 %", "40 %"]
        assert list(series[pseudo_labels.WITH_AVSS].index) == [
            "40 %",
            "40 % in L_basic only",
            "40 % in L_avss only",
        ]
        assert series["LEAP"]["difference"].to_dict() == pytest.approx({"20 %": 0.0, "40 %": -5.0})
    gains = pseudo_labels.confidence_table(runs)["difference"]
    assert gains.tolist() == pytest.approx([2.0] * len(gains))
    assert (pseudo_labels.gain_table(runs)["difference"].abs() < 1e-9).all()
    panels = pseudo_labels.panels(runs, "seg_type")
    assert panels["added misses"]["LEAP"]["mean"].to_dict() == pytest.approx({0: 60.5, 20: 60.5, 40: 55.5})
    curves = pseudo_labels.curves(runs, "seg_type")
    assert curves.xs(("misses", "LEAP"))["mean"].tolist() == pytest.approx([60.5, 60.5, 55.5])


def test_scale_by_videos_and_by_classes(make_runs):
    found = {size: make_runs(**dict.fromkeys(scale.COMPARED, 40.0 + i)) for i, size in enumerate(scale.SIZES)}
    for runs in found.values():
        for record in chain(*runs.values()):
            record.diagnostics.update(calibration_audio=1.0, calibration_visual=2.0)
    table = scale.score_table(found)
    assert len(table) == len(scale.SIZES) * len(scale.COMPARED)
    assert set(table["visual calibration error"]) == {2.0}
    baselines = pd.DataFrame(0.0, index=[25, 50, 100, 200], columns=list(TITLES.values()))
    videos, classes = scale.panels(found, baselines, "evt_event").values()
    assert list(videos["LEAP"].index) == [500, 2000, 10000]
    assert list(classes["MMIL"].index) == [25, 50, 100, 200]
    assert videos["LEAP"]["mean"].tolist() == pytest.approx([40.5, 41.5, 42.5])
    names = {scale.system_name(s, size): seeds for size, runs in found.items() for s, seeds in runs.items()}
    assert scale.by_size(names, "full") == found
    crossing = scale.comparison_in_words(found, scale.below_baseline(table, baselines))
    assert "10,000 videos, 25 classes: LEAP is not clearly different from MMIL" in crossing
    assert crossing.endswith("average precision audio +0.0, visual +0.0.")


def test_segments_are_paired_by_seed(make_record):
    mmil = [make_record(seed, 40.0 + seed) for seed in (0, 1, 2)]
    runs = {"MMIL": mmil, "LEAP": [make_record(seed, 45.0 + seed) for seed in (2, 1, 5)]}
    table = overlap.segment_table(runs)
    assert table["MMIL"].unique().tolist() == [41.5]
    assert table["LEAP − MMIL"].unique().tolist() == [5.0]
    assert table["sd"].unique().tolist() == [0.0]


def test_without_overlap_only_drawn_videos_are_shown():
    shown = interpretability.example_videos(np.zeros(30, bool))
    assert list(shown) == ["random video 1", "random video 2"]
