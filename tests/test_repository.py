"""What the files at the root promise about one another."""

import itertools
import tomllib
from functools import partial

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from leap.data.registry import open_dataset
from leap.experiments import choose
from leap.experiments.cells import CELLS, chosen
from leap.experiments.chapters import (
    CHAPTERS,
    audit,
    baselines,
    blocks,
    decoder_or_loss,
    denoised_labels,
    encoders,
    failures,
    find_chapter,
    gallery,
    interpretability,
    label_semantics,
    ledger,
    losses,
    overlap,
    own_runs,
    presets,
    pseudo_labels,
    systems,
)
from leap.experiments.estimates import estimate_table
from leap.experiments.grid import CLAIM_SEEDS, EMBEDDED, EVERYDAY, SHIPPED
from leap.experiments.predicted_events import read_events
from leap.experiments.readme import update
from leap.experiments.records import pick, read_records
from leap.experiments.search import search_records, val_score
from leap.experiments.study import open_study
from leap.experiments.systems import SEARCH_SEEDS, SYSTEMS, candidates, search_configs, selected
from leap.experiments.tables import difference_table, score_table
from leap.metrics import overlapping_videos, parsing_scores
from leap.training.run import REVISION, run_key
from tests.tree import ROOT

RESULTS = ROOT / "results"
KEEPING = [chapter for chapter in CHAPTERS if own_runs(chapter, "full", chapter.home)]
"""Chapters with runs that no chapter before them has."""

WITH_RUNS = [chapter for chapter in CHAPTERS if chapter.configs("full", chapter.home)]

TABLES = {
    "02_scores": ("02_leap_vs_mmil", score_table),
    "02_differences": ("02_leap_vs_mmil", difference_table),
    "04_differences": ("04_encoders", encoders.gain_table),
    "05_differences": ("05_systems", systems.difference_table),
    "06_segments": ("06_overlap", overlap.segment_table),
    "07_scores": ("07_blocks", score_table),
    "08_scores": ("08_labels", score_table),
    "07_differences": ("07_blocks", blocks.step_table),
    "09_differences": ("09_losses", losses.difference_table),
    "09_similarity": ("09_losses", losses.similarity_table),
    "10_peaks": ("10_interpretability", interpretability.peak_table),
    "11_confidence": ("11_pseudo_labels", pseudo_labels.confidence_table),
    "11_cost": ("11_pseudo_labels", pseudo_labels.loss_table),
    "11_differences": ("11_pseudo_labels", pseudo_labels.gain_table),
    "14_gains": ("14_decoder_or_loss", decoder_or_loss.gain_table),
    "14_readings": ("14_decoder_or_loss", decoder_or_loss.reading_table),
    "14_scores": ("14_decoder_or_loss", score_table),
    "15_decoders": ("15_denoised_labels", denoised_labels.decoder_table),
    "15_gains": ("15_denoised_labels", denoised_labels.gain_table),
    "15_scores": ("15_denoised_labels", lambda runs: score_table(denoised_labels.natural_runs(runs))),
    "16_gains": ("16_label_semantics", label_semantics.gain_table),
    "16_ranges": ("16_label_semantics", label_semantics.range_table),
    "16_scores": ("16_label_semantics", label_semantics.scores_by_size),
    "16_unseen": ("16_label_semantics", label_semantics.unseen_table),
    "20_differences": ("20_presets", presets.difference_table),
    "20_presets": ("20_presets", score_table),
    "21_audit": ("21_audit", partial(audit.difference_table, dataset="av-digits")),
}
"""Committed tables: the chapter, and how they are made from its runs."""


@pytest.fixture(scope="module")
def requirements():
    """What the package and each of its extras need, by extra; the core's name is ``""``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(line) for line in lines] for extra, lines in needed.items()}


def test_the_extra_of_the_tests_brings_every_other(requirements):
    (itself,) = (need for need in requirements["dev"] if need.name == "leap-avvp")
    assert itself.extras == requirements.keys() - {"", "dev"}


def test_conda_environment_installs_every_extra_at_the_pinned_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["dependencies"] == [
        "python>=3.11",
        "pip",
        {"pip": ["--constraint constraints.txt", "--editable .[dev]"]},
    ]


def test_every_dependency_is_pinned_at_a_version_that_it_allows(requirements):
    pins = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines()]
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    for need in itertools.chain(*requirements.values()):
        if need.name != "leap-avvp":
            assert need.specifier.contains(pinned[canonicalize_name(need.name)])


@pytest.fixture(scope="module")
def records():
    """All committed records of chapters, on any data set, by config."""
    folder = RESULTS / "records"
    paths = [path for chapter in KEEPING for path in folder.glob(f"{chapter.notebook}*.jsonl.gz")]
    return {record.run_config(): record for path in paths for record in read_records(path)}


@pytest.fixture(scope="module")
def checksums():
    """Data set → checksum of its store, of those that ship."""
    return {name: open_dataset(name).checksum for name in ("av-digits", "av-everyday")}


@pytest.fixture(scope="module")
def runs_of(records):
    """The committed runs of a chapter, by system."""

    def find(chapter):
        grid = chapter.grid("full", chapter.home)
        return {system: [records[config] for config in configs] for system, configs in grid.items()}

    return find


@pytest.mark.parametrize("chapter", WITH_RUNS, ids=lambda chapter: chapter.notebook)
def test_committed_records_hold_the_stated_seeds(chapter, runs_of, checksums):
    first = 10 if chapter in (baselines.CHAPTER, failures.CHAPTER, gallery.CHAPTER) else 0
    for found in runs_of(chapter).values():
        assert [record.seed for record in found] == list(range(first, first + len(found)))
        assert {record.config["split"] for record in found} == {"test"}
        assert {record.code["dirty"] for record in found} == {False}
        assert {record.revision for record in found} == {REVISION}
        for record in found:
            assert record.key == run_key(record.run_config(), record.data["checksum"])
            name, checksum = record.data["name"], record.data["checksum"]
            assert checksum == checksums.get(name) or name.startswith("llp-sim")


@pytest.mark.parametrize("chapter", KEEPING, ids=lambda chapter: chapter.notebook)
def test_a_chapter_keeps_its_own_runs_and_no_other(chapter):
    found = read_records(RESULTS / "records" / f"{chapter.notebook}.jsonl.gz")
    assert [record.run_config() for record in found] == own_runs(chapter, "full", chapter.home)


def test_search_has_equal_budgets_and_its_own_seeds_and_the_best_was_selected(checksums):
    searched = read_records(RESULTS / "records" / search_records("av-digits"))
    for system in SYSTEMS:
        configs = search_configs(system, "av-digits")
        trials = [pick(searched, runs, checksums["av-digits"], searched[0].revision) for runs in configs]
        assert len(trials) == 6
        for found in trials:
            assert [record.seed for record in found] == list(SEARCH_SEEDS)
            assert {record.config["split"] for record in found} == {"val"}
        best = max(zip(candidates(system), trials, strict=True), key=lambda pair: val_score(pair[1]))
        assert selected()["av-digits"][system] == best[0]
    assert min(SEARCH_SEEDS) >= CLAIM_SEEDS


def choice(dataset):
    """The committed records of the search of the cells on HAN, and their data set."""
    return read_records(RESULTS / "records" / choose.search_records("HAN", dataset)), open_dataset(dataset)


@pytest.mark.parametrize("dataset", [SHIPPED, EVERYDAY])
def test_every_cell_has_the_same_search_and_the_best_on_val_was_chosen(dataset, monkeypatch):
    records, store = choice(dataset)
    tried = []

    def made(configs, store, results):
        tried.extend(found := pick(records, configs, store.checksum))
        return found

    monkeypatch.setattr(choose, "make_runs", made)
    for name, cell in CELLS.items():
        if cell.encoder == "HAN":
            best = max(choose.search_cell(cell, store, RESULTS), key=choose.val_score)
            assert chosen()[dataset][name] == best[0]
    assert {record.key for record in tried} == {record.key for record in records}
    assert {record.config["split"] for record in records} == {"val"}
    assert {record.code["dirty"] for record in records} == {False}


def test_what_can_be_detected_follows_from_the_search():
    text = decoder_or_loss.detectable_table(*choice(EVERYDAY), "HAN").to_csv(float_format="%.4f")
    assert (RESULTS / "tables" / "14_detectable_av_everyday.csv").read_text() == text


@pytest.mark.parametrize(
    "chapter", [decoder_or_loss, denoised_labels, label_semantics], ids=lambda chapter: chapter.NOTEBOOK
)
def test_the_committed_estimates_follow_from_the_records(chapter, runs_of):
    videos = open_dataset(chapter.CHAPTER.home).videos("test")
    table = estimate_table(chapter.NOTEBOOK, runs_of(chapter.CHAPTER), overlapping_videos(*videos.truth()))
    committed = RESULTS / "tables" / f"{chapter.NOTEBOOK[:2]}_claims.csv"
    assert committed.read_text() == table.to_csv(float_format="%.4f")


def test_the_committed_quality_of_denoised_labels_is_that_of_the_data_set(runs_of):
    with open_dataset(denoised_labels.CHAPTER.home) as store:
        table = denoised_labels.label_table(runs_of(denoised_labels.CHAPTER), store)
    assert (RESULTS / "tables" / "15_labels.csv").read_text() == table.to_csv(float_format="%.4f")


@pytest.mark.parametrize("dataset", [SHIPPED, EVERYDAY])
def test_the_committed_baselines_follow_from_the_records(dataset):
    study = open_study(baselines.TABLE, "full", dataset, results=str(RESULTS))
    path = RESULTS / "tables" / f"{study.chapter.result_name(baselines.TABLE, dataset)}.csv"
    table = baselines.baseline_table(study.store, study.runs())
    assert path.read_text() == table.to_csv(float_format="%.4f")


@pytest.fixture(scope="module", params=[SHIPPED, EVERYDAY])
def failures_study(request):
    """The chapter on failures as committed, on a data set."""
    return open_study(failures.NOTEBOOK, "laptop", request.param, results=str(RESULTS))


def test_committed_events_have_exactly_the_scores_of_the_records(failures_study):
    runs, truth = failures_study.runs(), failures_study.store.videos("test").truth()
    for system, events in failures_study.predicted_events(runs).items():
        for record, predicted in zip(runs[system], events, strict=True):
            assert parsing_scores(*predicted, *truth) == record.metrics, (system, record.seed)


def test_the_committed_diagnosis_follows_from_the_committed_events(failures_study):
    events = failures_study.predicted_events(failures_study.runs())
    diagnoses = failures.diagnose_runs(events, failures_study.store)
    tables = {
        "18_errors": failures.error_table(diagnoses),
        "18_contrasts": failures.contrast_table(diagnoses),
        "18_parts": failures.part_table(diagnoses),
        "18_classes": failures.class_table(diagnoses, failures_study.store.classes),
    }
    for name, table in tables.items():
        path = failures_study.chapter.result_name(name, failures_study.dataset)
        text = (RESULTS / "tables" / f"{path}.csv").read_text(encoding="utf-8")
        assert text == table.to_csv(float_format="%.4f"), path


@pytest.mark.parametrize("name", TABLES)
def test_committed_tables_are_those_of_the_records(name, runs_of):
    chapter, make = TABLES[name]
    text = make(runs_of(find_chapter(chapter))).to_csv(float_format="%.4f")
    assert (RESULTS / "tables" / f"{name}.csv").read_text() == text


@pytest.mark.parametrize("dataset", EMBEDDED)
def test_the_committed_ledgers_follow_from_the_records(dataset):
    study = open_study("30_ledger", "laptop", dataset, results=str(RESULTS))
    table = ledger.ledger(study.runs(), study.overlapping_videos(), dataset)
    path = RESULTS / "tables" / f"{ledger.CHAPTER.result_name('30_ledger', dataset)}.csv"
    assert path.read_text(encoding="utf-8") == table.to_csv(float_format="%.4f")


def test_records_stay_small():
    """Twelve kilobytes a run, most of them scores of single videos, 150 bytes an epoch, and 32 MiB in all."""
    sizes = {path: path.stat().st_size for path in (RESULTS / "records").glob("*.gz")}
    for path, size in sizes.items():
        found = read_records(path)
        assert size <= sum(12_000 + 150 * len(record.history) for record in found), path.name
    assert sum(sizes.values()) <= 32 * 2**20


def test_events_stay_small():
    """Eight kilobytes a run."""
    for path in (RESULTS / "events").glob("*.npz"):
        assert path.stat().st_size <= 8_000 * len(read_events(path)), path.name


def test_readme_shows_the_committed_table():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert update(text, RESULTS) == text
