"""The choice of the tagger's settings: on tags that are made up, and from material to table."""

import json

import numpy as np
import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments import tagger_thresholds
from leap.experiments.tables import write_table
from leap.experiments.tagger_thresholds import TABLE, TaggedVideos, choose_settings, compare, settings
from leap.features.taggers import event_scores
from leap.features.taggers.classes import EventClass
from leap.metrics.arrays import MODALITIES
from tests.everyday_material import write_material
from tests.features.taggers import stubs
from tests.tree import ROOT

CLASSES = (EventClass("both", (3,), (3,)), EventClass("heard", (5,), ()))


def videos(width, rows, certain, noise=0.2, n=30, seconds=10):
    """Videos of two classes at random times; tags of events score ``certain``, others up to ``noise``."""
    rng = np.random.default_rng(0)
    true = (rng.random((n, seconds, 2)) < 0.3).astype(np.uint8)
    tags = rng.uniform(0, noise, (n, seconds * rows, width)).astype(np.float32)
    tags[..., [3, 5]] = np.where(true, certain, tags[:, ::rows][..., [3, 5]]).repeat(rows, axis=1)
    return TaggedVideos(tags, true)


@pytest.mark.parametrize(("modality", "width", "rows"), [("audio", 521, 4), ("visual", 1000, 1)])
def test_the_settings_that_separate_events_are_chosen(modality, width, rows):
    table = compare(modality, videos(width, rows, certain=0.45), CLASSES)
    chosen = table[table["kind"] == "chosen"].iloc[0]
    assert (chosen["smoothing"], chosen["margin"], chosen["f"]) == ("none", 0, 100)
    assert 0.2 <= chosen["threshold"] <= 0.45
    provisional = table[table["kind"] == "provisional"].iloc[0]
    assert chosen["f"] > provisional["f"] == (0 if modality == "audio" else pytest.approx(provisional["f"]))
    assert len(table) == (12 if modality == "audio" else 4) + 1
    assert table.loc[table["kind"] == "candidate", "f"].max() < 100


def test_classes_without_tags_do_not_count():
    tagged = videos(1000, 1, certain=0.9)
    tagged.true[..., 1] = 1  # of a class that cannot be seen
    chosen = compare("visual", tagged, CLASSES).query("kind == 'chosen'").iloc[0]
    assert (chosen["precision"], chosen["recall"]) == (100, 100)


def test_material_becomes_a_table_and_settings(tmp_path, monkeypatch):
    networks = {"yamnet": stubs.ToneHearer(), "efficientnet-lite0": stubs.ColourSeer()}
    monkeypatch.setattr(tagger_thresholds, "load_network_once", lambda name, folder: networks[name])
    monkeypatch.setattr(tagger_thresholds, "check_material", lambda folder: None)
    monkeypatch.setattr(tagger_thresholds, "SIZES", {"val": 3})
    weights = stubs.write_stub_weights(tmp_path / "weights")
    text = choose_settings(write_material(tmp_path / "material"), weights, tmp_path)
    table = pd.read_csv(tmp_path / "tables" / TABLE)
    assert len(table) == 18
    assert table.groupby("modality")["kind"].apply(lambda kinds: (kinds == "chosen").sum()).tolist() == [1, 1]
    found = json.loads(text)
    assert "on 3 val videos" in found["comment"]
    for row in table[table["kind"] == "chosen"].itertuples():
        assert found[row.modality] == {
            "threshold": row.threshold, "smoothing": row.smoothing, "margin": row.margin,
        }  # fmt: skip


def test_nothing_is_computed_without_weights_or_material(tmp_path):
    with pytest.raises(LeapError, match="no weights of yamnet"):
        choose_settings(tmp_path, tmp_path, tmp_path / "results")
    with pytest.raises(LeapError, match="leap data fetch av-everyday"):
        choose_settings(tmp_path, stubs.write_stub_weights(tmp_path / "weights"), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_the_shipped_settings_are_those_of_the_committed_table(tmp_path):
    path = ROOT / "results" / "tables" / TABLE
    table = pd.read_csv(path)
    shipped = ROOT / "leap" / "features" / "taggers" / "thresholds.json"
    assert shipped.read_text() == settings(table, 400) + "\n"
    for modality in MODALITIES:
        rows = table[table["modality"] == modality]
        assert rows.loc[rows["f"].idxmax(), "kind"] == "chosen"
        assert rows[rows["kind"] == "chosen"].iloc[0]["threshold"] == (
            event_scores.chosen_decoding(modality).threshold
        )
    write_table(table.set_index("modality"), tmp_path / TABLE)
    assert (tmp_path / TABLE).read_bytes() == path.read_bytes()
