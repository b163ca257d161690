"""The runs of all chapters: seeds that pair, and comparisons in which one thing differs."""

from dataclasses import replace

import pytest

from leap.config import LossConfig, NoiseConfig
from leap.errors import LeapError
from leap.experiments.chapters import (
    CHAPTERS,
    audit,
    baselines,
    decoder_or_loss,
    denoised_labels,
    failures,
    find_chapter,
    gallery,
    labels,
    ledger,
    losses,
    own_runs,
    presets,
    pseudo_labels,
    scale,
    systems,
)
from leap.experiments.claims import registered_claims, registry
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, SLOW_SEEDS

WITH_RUNS = [chapter for chapter in CHAPTERS if chapter.configs("full", chapter.home)]
ON_AV_DIGITS = [chapter for chapter in WITH_RUNS if chapter.home == "av-digits"]


@pytest.mark.parametrize("chapter", WITH_RUNS, ids=lambda chapter: chapter.notebook)
def test_seeds_count_from_one_start_so_that_systems_pair(chapter):
    start = 10 if chapter in (baselines.CHAPTER, failures.CHAPTER, gallery.CHAPTER) else 0
    for system, configs in chapter.grid("full", chapter.home).items():
        assert [config.seed for config in configs] == list(range(start, start + len(configs))), system
        assert len(configs) >= (1 if chapter in (presets.CHAPTER, gallery.CHAPTER) else SLOW_SEEDS)


@pytest.mark.parametrize("chapter", ON_AV_DIGITS, ids=lambda chapter: chapter.notebook)
def test_smoke_is_one_short_run_a_system(chapter):
    full, smoke = (chapter.grid(profile, "av-digits") for profile in ("full", "smoke"))
    assert full.keys() == smoke.keys() or chapter in (denoised_labels.CHAPTER, ledger.CHAPTER)
    for system, (config,) in ((name, smoke[name]) for name in smoke.keys() & full.keys()):
        assert (config.train.epochs, config.train.videos) == (2, 128)
        assert config == replace(full[system][0], train=config.train)


def test_committed_records_are_shown_where_runs_are_long():
    assert not any(chapter.from_records("full") or chapter.from_records("smoke") for chapter in CHAPTERS)
    afresh = [chapter for chapter in WITH_RUNS if not chapter.from_records("laptop")]
    assert {c.notebook for c in afresh} == {"02_leap_vs_mmil", "06_overlap", "10_interpretability"}
    runs = {config for chapter in afresh for config in chapter.configs("laptop", "av-digits")}
    assert runs == set(afresh[0].configs("laptop", "av-digits"))


def test_every_run_is_kept_by_one_chapter():
    places = [(chapter, chapter.home) for chapter in WITH_RUNS] + [(decoder_or_loss.CHAPTER, "av-everyday")]
    kept = [run for chapter, dataset in places for run in own_runs(chapter, "full", dataset)]
    assert len(kept) == len(set(kept))
    assert set(kept) == {run for chapter, dataset in places for run in chapter.configs("full", dataset)}
    assert own_runs(ledger.CHAPTER, "full", "av-digits") == []


def test_a_chapter_on_another_data_set_keeps_all_its_runs():
    assert audit.CHAPTER.dataset != "llp-sim"
    assert own_runs(audit.CHAPTER, "full", "llp-sim") == audit.CHAPTER.configs("full", "llp-sim")


def test_label_sources_differ_in_labels_alone():
    grid = labels.grid("full", "av-digits")
    plain = {replace(c.model, labels="") for runs in grid.values() for c in runs}
    assert len(plain) == 1
    assert len({runs[0].model.labels for runs in grid.values()}) == len(grid) == len(labels.SOURCES)
    assert labels.grid("paper", "llp")[labels.GLOVE][0].model.labels == "dataset"


def test_similarity_losses_differ_in_the_loss_alone():
    grid = losses.grid("full", "av-digits")
    for decoder in losses.DECODERS:
        similar = [runs[0] for name, runs in grid.items() if name.startswith(f"{decoder}, λ")]
        assert len({replace(config, loss=LossConfig()) for config in similar}) == 1
        assert len({config.loss for config in similar}) == len(similar) == 4
    pyramid = grid[losses.PYRAMID][0], grid[f"{losses.PYRAMID}, λ = 1"][0]
    assert replace(pyramid[1], loss=LossConfig()) == pyramid[0]


def test_errors_are_all_that_differs_within_a_system():
    grid = pseudo_labels.grid("full", "av-digits")
    by_system = {}
    for name, (config, *_) in grid.items():
        by_system.setdefault(name.split(", ")[0], set()).add(replace(config, noise=NoiseConfig()))
    assert {len(found) for found in by_system.values()} == {1}
    parts = {config.noise.of for (config, *_) in grid.values()}
    assert parts == {"all", "basic", "avss"}


def test_systems_trained_alike_share_all_but_encoder_decoder_and_what_was_searched():
    grid = systems.grid("full", "av-digits")
    alike = [runs[0] for name, runs in grid.items() if name.endswith(", alike")]
    assert len({(c.loss, c.protocol, replace(c.train, lr=1.0)) for c in alike}) == 1
    own = {name: runs[0] for name, runs in grid.items() if name.endswith(", own")}
    assert own["CMPAE, own"].thresholds_on_val
    assert own["HAN, own"].loss.basic.name == "han"


def test_scale_has_the_same_number_of_steps_everywhere():
    grid = scale.grid("full", "llp-sim")
    for size in scale.SIZES:
        for system in scale.COMPARED:
            for config in grid[scale.system_name(system, size)]:
                assert config.train.videos == size.videos
                steps = config.train.epochs * -(-size.videos // config.train.batch)
                assert steps == pytest.approx(scale.STEPS, rel=0.03)


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_every_run_on_scale_has_its_simulated_data(profile):
    simulations = scale.simulations(profile)
    runs = [run for seeds in scale.grid(profile, "llp-sim").values() for run in seeds]
    assert {run.dataset for run in runs} == simulations.keys()
    for name, (videos, _) in simulations.items():
        assert videos == max(run.train.videos for run in runs if run.dataset == name)
    if profile == "full":
        assert simulations["llp-sim"] == (10_000, 25)
        assert simulations["llp-sim-200"] == (2_000, 200)


def test_claims_rest_on_ten_paired_seeds_but_for_slow_systems_and_sources_of_labels():
    grid = ledger.grid("full", "av-digits")
    fewer = {systems.CHAPTER.notebook: SEEDS, labels.CHAPTER.notebook: SEEDS}
    fewer |= dict.fromkeys(denoised_labels.NOISE_CLAIMS, SLOW_SEEDS)  # registered so
    for claim in registered_claims():
        found = [grid.get(f"{claim.chapter}: {cell}") for cell in claim.contrast]
        if found and all(found):
            encoders = {runs[0].model.encoder.name for runs in found}
            usual = SEEDS if "mm-pyramid" in encoders else CLAIM_SEEDS
            expected = fewer.get(claim.id, fewer.get(claim.chapter, usual))
            assert min(map(len, found)) >= expected, claim.text


def test_the_ledger_has_the_chapters_with_claims_that_are_made_on_a_data_set():
    for dataset in registry().data_sets:
        made = {name.split(": ")[0] for name in ledger.grid("full", dataset)}
        assert made == {notebook for notebook, dates in registry().first_runs.items() if dataset in dates}
    assert {chapter.notebook for chapter in ledger.CLAIMING} == {
        claim.chapter for claim in registered_claims() if claim.chapter
    }
    with pytest.raises(LeapError, match="no settings chosen for data set 'kitchen'"):
        ledger.grid("full", "kitchen")


def test_the_ledger_has_every_cell_of_every_claim_of_its_chapters():
    grid = ledger.grid("paper", "llp")
    for claim in registered_claims():
        if claim.chapter and find_chapter(claim.chapter).dataset is None:
            assert {f"{claim.chapter}: {cell}" for cell in claim.contrast} <= grid.keys()
