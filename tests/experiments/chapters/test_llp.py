from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from leap.data.annotations import read_weak_labels
from leap.data.llp.pack import pack_llp
from leap.data.store import FeatureStore
from leap.experiments import llp_tables, pseudo_label_noise
from leap.experiments.chapters import leap_vs_mmil, llp
from leap.experiments.runs import make_run, run_folder
from leap.experiments.study import Study
from leap.experiments.tables import TITLES
from leap.models.checkpoint import load_parser
from leap.visualization import llp_figures, numbered
from tests.tree import ROOT

RESULTS = ROOT / "results"
TABLES = {
    "03_splits": llp_tables.split_table,
    "03_defects": llp_tables.defect_table,
    "03_trivial_baselines": llp_tables.trivial_baseline_table,
    "03_pseudo_label_noise": pseudo_label_noise.noise_table,
}
FIGURES = {
    "03_classes": llp_figures.class_figure,
    "03_cooccurrence": llp_figures.cooccurrence_figure,
    "03_times": llp_figures.time_figure,
}


@pytest.fixture
def make_study(tmp_path, monkeypatch):
    """The chapter's study, with annotations in a folder or without."""

    def make(annotations=None, profile="full"):
        monkeypatch.setenv("LEAP_DATA", str(annotations or tmp_path / "none"))
        return Study(llp.CHAPTER, profile, "llp", tmp_path / "results", RESULTS)

    return make


@pytest.fixture
def shown(monkeypatch):
    """Captions of the figures that the chapter shows, and whether each is a committed one."""
    captions = []
    monkeypatch.setattr(
        numbered, "show_figure", lambda figure, caption, alt: captions.append((caption, False))
    )
    monkeypatch.setattr(
        Study, "show_committed_figure", lambda study, name, caption, alt: captions.append((caption, True))
    )
    return captions


def test_annotations_are_found(make_study, tmp_path, monkeypatch):
    study = make_study(tmp_path)
    assert llp.find_annotations(study) is None
    (tmp_path / "AVVP_test_pd.csv").touch()
    assert llp.find_annotations(study) == tmp_path
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "AVVP_test_pd.csv").touch()
    assert llp.find_annotations(study) == tmp_path / "annotations"
    monkeypatch.delenv("LEAP_DATA")
    (tmp_path / "repository" / "llp").mkdir(parents=True)
    (tmp_path / "repository" / "llp" / "AVVP_test_pd.csv").touch()
    beside = replace(study, committed=tmp_path / "repository" / "results")
    assert llp.find_annotations(beside) == tmp_path / "repository" / "llp"


@pytest.mark.parametrize("profile", ["full", "smoke"])
def test_what_is_made_from_the_annotations_is_published_at_full(profile, make_study, tmp_path, shown):
    (tmp_path / "AVVP_test_pd.csv").touch()
    study, made = make_study(tmp_path, profile), pd.DataFrame({"x": [1.23456]}, index=["row"])
    table = llp.table(study, "table", lambda folder: made.assign(of=folder.name))
    assert table.loc["row", "of"] == tmp_path.name
    llp.show_figure(study, "03_classes", lambda folder: Figure(), "Caption.")
    assert shown == [(f"Caption. {llp.HERE}.", False)]
    results = tmp_path / "results"
    written = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    assert written == ({"tables/table.csv", "figures/03_classes.png"} if profile == "full" else set())


def test_without_annotations_committed_results_are_shown_and_called_so(make_study, tmp_path, shown):
    study = make_study()
    for name, make in TABLES.items():
        assert len(llp.table(study, name, make))
    for name, make in FIGURES.items():
        llp.show_figure(study, name, make, "Caption.")
    assert shown == [(f"Caption. {llp.COMMITTED}.", True)] * len(FIGURES)
    assert not (tmp_path / "results").exists()


def test_tables_count_what_the_annotations_hold(llp_annotations):
    """Each video has two labels, of which one is heard and seen in seconds 2 to 7."""
    splits = llp_tables.split_table(llp_annotations)
    assert splits["videos"].to_dict() == {"train": 300, "val": 60, "test": 90}
    assert set(splits["labels per video"]) == {2}
    assert set(splits["videos with several labels"]) == {1}
    for name in ("audio events", "visual events", "audio-visual events"):
        assert splits.loc[["val", "test"], name].tolist() == [60, 90]
    assert set(splits.loc[["val", "test"], "videos with overlap"]) == {0}
    defects = llp_tables.defect_table(llp_annotations)["found"]
    assert defects[defects > 0].to_dict() == {"file": 6, "weak differs from dense": 150}


@pytest.mark.parametrize("make", FIGURES.values())
def test_figures_can_be_drawn_of_any_annotations(make, tmp_path, llp_annotations):
    make(llp_annotations).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_cooccurrence_names_the_largest_pairs_and_keeps_companions_together(llp_annotations):
    weak = read_weak_labels(llp_annotations, "train").weak.astype(float)
    together = weak.T @ weak
    percent = 100 * together / np.maximum(np.diag(together), 1)[:, None]
    np.fill_diagonal(percent, 0)
    first = int(np.diag(together).argmax())
    percent[first] = percent[:, first] = 0
    matrix, pairs, bar = llp_figures.cooccurrence_figure(llp_annotations).axes
    rows, columns = (
        [t.get_text() for t in ticks] for ticks in (matrix.get_yticklabels(), matrix.get_xticklabels())
    )
    assert rows == columns
    assert rows[0] == llp_figures.NAMES[first]
    assert sorted(rows) == sorted(llp_figures.NAMES)
    widths = [patch.get_width() for patch in pairs.patches]
    assert widths == sorted(percent.ravel(), reverse=True)[: llp_figures.PAIRS]
    assert bar.get_xlabel() == "videos of the row's class (%)"


def test_packed_files_train_at_the_papers_size(tmp_path, llp_annotations):
    """MMIL and LEAP at width 512 on files in the official layout, from packing to records."""
    from tests.official_tree import make_tree

    make_tree(tmp_path / "llp", llp_annotations, {"train": 33, "val": 4, "test": 4}, clip_clap=False)
    labels = torch.randn(25, 300, generator=torch.Generator().manual_seed(0)).numpy()
    pack_llp(tmp_path / "llp", tmp_path / "llp.h5", label_embedding=labels)
    with FeatureStore(tmp_path / "llp.h5") as store:
        for system, configs in leap_vs_mmil.grid("trial", "llp").items():
            config = replace(configs[0], train=replace(configs[0].train, epochs=1))
            record = make_run(config, store, tmp_path)
            assert record.data["name"] == "llp"
            assert len(record.per_video["seg_a"]) == 4
            parser, _ = load_parser(run_folder(config, store, tmp_path))
            assert np.array_equal(parser.label_embedding, labels)
            assert parser.encoder.layers[0].norm_attention.weight.shape == (512,), system


def committed_baselines():
    return pd.read_csv(RESULTS / "tables" / "03_trivial_baselines.csv", index_col=0)


def test_baseline_figure_has_a_line_per_baseline_and_a_point_per_system():
    systems = llp_tables.published().query("kind == 'system'")
    figure = llp_figures.baseline_figure(committed_baselines(), systems)
    (axis,) = figure.axes
    places = [line.get_xdata()[0] for line in axis.lines if len(line.get_xdata()) == 2]
    for baseline in llp_figures.BASELINES:
        assert set(np.round(committed_baselines().loc[baseline], 4)) <= set(np.round(places, 4))
    points = sum(len(line.get_ydata()) for line in axis.lines if line.get_marker() == "o")
    assert points == systems[list(TITLES)].notna().to_numpy().sum()
    assert [label.get_text() for label in axis.get_yticklabels()] == list(TITLES.values())


def test_lessons_take_their_numbers_from_the_tables():
    baselines = committed_baselines()
    sentences = " ".join(llp_tables.lessons(baselines))
    baselines.loc["weak label in every second"] = 12.3
    changed = " ".join(llp_tables.lessons(baselines))
    assert "71.7" in sentences
    assert "71.7" not in changed
    assert "12.3" in changed
    assert "22 of 22" in changed
    assert "0 of 22 are above the first and 1 of 22 above the second" in sentences
    assert "16 of 20 and 18 of 20 published systems" in sentences


def test_readable_splits():
    splits = pd.read_csv(RESULTS / "tables" / "03_splits.csv", index_col=0)
    table = llp_tables.readable_splits(splits)
    assert table.loc["train"].tolist() == ["10,000", "1.61", "0.60", "–", "–", "–", "–"]
    assert table.loc["test", "audio events"] == "2,638"


def test_readable_baselines_say_what_they_read():
    table = llp_tables.readable_baselines(committed_baselines())
    assert table.loc["nothing", "reads"] == "no label"
    assert list(table.columns) == [*TITLES.values(), "reads"]


def test_simulation_is_near_what_it_imitates():
    table = llp_tables.simulation_table()
    near = table.drop(index="maximum", level=1)
    assert (near["LLP-Sim"] - near["real"]).abs().max() < 2.5
    relative = (near["LLP-Sim"] / near["real"] - 1).abs()
    assert relative.drop(index="fraction of the least frequent", level=1).max() < 0.25
