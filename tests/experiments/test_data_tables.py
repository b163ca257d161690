import re

import numpy as np
import pytest

from leap.data.layouts import measure
from leap.data.registry import open_dataset
from leap.experiments.data_tables import (
    absent_pair_table,
    class_quality_table,
    layout_summary,
    layout_table,
    pseudo_label_table,
    role_table,
    split_table,
    trivial_baseline_table,
)
from leap.metrics import parsing_scores
from tests.tree import ROOT


def test_splits_are_counted(tiny_store):
    table = split_table(tiny_store)
    assert dict(table["videos"]) == {"train": 24, "val": 8, "test": 6}
    labels = tiny_store.videos("val").weak.sum(1).mean()
    assert table.loc["val", "labels per video"] == pytest.approx(float(labels))
    assert table["videos with overlap"].between(0, 1).all()


def test_layouts_stand_side_by_side(tiny_store):
    videos = tiny_store.videos("test")
    audio, visual = (cube.numpy().astype(np.uint8) for cube in (videos.true_audio, videos.true_visual))
    statistics = measure(videos.weak.numpy().astype(np.uint8), audio, visual)
    table = layout_table(statistics, layout_summary(tiny_store), "Tiny")
    assert list(table.columns) == ["LLP", "Tiny"]
    assert (table["LLP"] == table["Tiny"]).all()
    pairs = table.loc[["(video, class) pairs heard and seen", "heard only", "seen only"], "LLP"]
    assert pairs.sum() == pytest.approx(1.0, abs=1e-3)


def test_pseudo_labels_that_are_true_are_perfect_and_painting_recalls_all(tiny_store):
    table = pseudo_label_table(tiny_store)
    assert (table.xs("pseudo-labels", level="labels") == 100).all(axis=None)
    painted = table.xs("weak label in all segments", level="labels")
    assert (painted["recall"] == 100).all()
    assert (painted["precision"] < 100).all()


def test_pseudo_labels_are_compared_by_class(make_tiny_store, tmp_path):
    from leap.data.store import FeatureStore
    from tests.conftest import tiny_splits

    splits = tiny_splits()
    test = splits["test"]
    for name in ("true_audio", "pseudo_audio", "true_visual", "pseudo_visual"):
        test[name] = np.zeros_like(test[name])
    test["weak"] = np.ones_like(test["weak"])
    test["true_audio"][:, :2, 0] = test["pseudo_audio"][:, 1:3, 0] = 1
    test["pseudo_visual"][:3, 0, 1] = 1
    path = make_tiny_store(tmp_path / "classes.h5", splits=splits)
    with FeatureStore(path) as store:
        table = class_quality_table(store)
        classes = store.classes
    assert list(table.loc["audio", classes[0]][["precision", "recall", "f", "never"]]) == [50, 50, 50, 0]
    assert np.isnan(table.loc[("audio", classes[0]), "called"])
    assert list(table.loc["visual", classes[1]][["never", "called"]]) == [6, 50]
    assert list(table.loc["visual", classes[2]][["never", "called"]]) == [6, 0]


def test_the_data_card_of_av_everyday_states_the_quality_of_its_pseudo_labels():
    text = (ROOT / "book" / "av_everyday.md").read_text(encoding="utf-8")
    with open_dataset("av-everyday") as store:
        table, micro, classes = class_quality_table(store), pseudo_label_table(store), store.classes
    quality = ["precision", "recall", "f"]
    for name in classes:
        (line,) = re.findall(rf"^\| {name} \| (.+) \|$", text, re.MULTILINE)
        audio, visual = table.loc["audio", name], table.loc["visual", name]
        expected = [*audio[quality], *visual[quality], *visual[["never", "called"]]]
        stated = line.split(" | ")
        assert (stated[3:6] == ["–"] * 3) == (name in classes[9:])
        assert all(text in ("–", f"{value:.0f}") for text, value in zip(stated, expected, strict=True))
    for modality in ("audio", "visual"):
        precision, recall, f = micro.loc["test", modality, "pseudo-labels"]
        stated = f"{precision:.1f} (precision), {recall:.1f} (recall) and {f:.1f} (F)"
        assert stated in text
    never = table.loc["visual"]
    for part, classes in ((never.iloc[:9], "nine"), (never.iloc[9:], "five")):
        share = (part["never"] * part["called"]).sum() / part["never"].sum()
        assert re.search(rf"\b{share:.0f} % (seen )?for the {classes}", text)


def test_trivial_baselines_are_scored_on_test(tiny_store):
    table = trivial_baseline_table(tiny_store)
    videos = tiny_store.videos("test")
    nothing = parsing_scores(*[videos.true_audio * 0] * 2, videos.true_audio, videos.true_visual)
    assert list(table.loc["nothing"]) == pytest.approx(list(nothing.values()))
    assert (table.loc["pseudo-labels"] == 100).all()


def test_roles_come_from_the_provenance(make_tiny_store, tmp_path):
    from leap.data.store import FeatureStore

    role = {"speakers": ["ann", "bob"], "takes": [0, 5], "handwriting": [10, 20]}
    path = make_tiny_store(tmp_path / "roles.h5", provenance={"roles": {"test": role}})
    with FeatureStore(path) as store:
        assert list(role_table(store).loc["test"]) == ["ann, bob", "0…5", "10…20"]


def test_roles_of_av_everyday_are_counted():
    with open_dataset("av-everyday") as store:
        table = role_table(store)
        roles = store.provenance["roles"]
    assert list(table.speakers) == ["george, jackson", "lucas", "nicolas", "theo, yweweler"]
    assert table.recordings["val"] == sum(map(len, roles["val"]["recordings"].values()))
    (faces,) = roles["val"]["photographs"]["images/caltech101/Faces"]
    assert table.photographs["val"] > faces[1] - faces[0] == 177


def test_absent_pairs_are_those_of_the_weak_label_that_a_modality_lacks():
    """AV-Digits, train: pairs that are never seen are mostly called visible, which misleads L_basic."""
    with open_dataset("av-digits") as store:
        table, videos = absent_pair_table(store), store.videos("train")
    never = (videos.weak > 0) & ~videos.true_visual.any(dim=1)
    assert table.loc[("train", "visual"), "pairs"] == never.sum() == 1237
    assert table.loc[("train", "visual"), "called present"] == pytest.approx(92, abs=0.5)
