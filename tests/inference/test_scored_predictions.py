import numpy as np
import pytest

from leap.data.annotations import EVENT_FILES, read_annotations, write_events
from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.inference.evaluate import evaluate
from leap.inference.load import load_for_store
from leap.inference.scored_predictions import (
    predictions_of_parser,
    pseudo_labels_of,
    tables_on_llp,
    tables_on_store,
)
from leap.metrics import parsing_scores


@pytest.fixture
def tables(tiny_store, tmp_path):
    """Two tables of random events of the tiny store's test videos, and their labels; one video has none."""
    ids, random = tiny_store.ids("test"), np.random.default_rng(0)
    shape = (len(ids), tiny_store.segments, len(tiny_store.classes))
    labels = [(random.random(shape) < 0.3).astype(np.uint8) for _ in range(2)]
    labels[0][1] = labels[1][1] = 0
    paths = tmp_path / "audio.tsv", tmp_path / "visual.tsv"
    for path, cube in zip(paths, labels, strict=True):
        write_events(path, ids, cube, tiny_store.classes)
    return paths, labels


def test_tables_on_a_store(tiny_store, tables):
    paths, labels = tables
    found = tables_on_store(tiny_store, "test", *paths)
    truth = tiny_store.videos("test").truth()
    assert found.title == "predictions on tiny, test"
    assert (found.videos, found.classes) == (tiny_store.ids("test"), tiny_store.classes)
    for ours, expected in zip(found.cubes, (*labels, *truth), strict=True):
        assert np.array_equal(ours, expected)
    assert found.without_prediction == [tiny_store.ids("test")[1]]


def test_a_table_of_other_videos_is_refused(tiny_store, tables):
    (audio, visual), _ = tables
    with pytest.raises(LeapError, match="is not one of the videos to score"):
        tables_on_store(tiny_store, "val", audio, visual)


def test_pseudo_labels_of_a_store(tiny_store):
    videos = tiny_store.videos("test")
    found = pseudo_labels_of(tiny_store, "test")
    assert found.title == "pseudo-labels on tiny, test"
    assert np.array_equal(found.pred_audio, videos.pseudo_audio)
    assert np.array_equal(found.true_visual, videos.true_visual)


def test_predictions_of_a_parser_score_as_it_is_evaluated():
    with open_dataset("av-digits") as store:
        found = predictions_of_parser("av-digits/leap", store, "val")
        parser, protocol, inputs = load_for_store("av-digits/leap", store)
        assert parsing_scores(*found.cubes) == evaluate(parser, store.videos("val", inputs), protocol)
    assert found.title == "av-digits/leap, predictions on av-digits, val"


def test_tables_on_llp(llp_annotations):
    paths = [llp_annotations / name for name in EVENT_FILES.values()]
    truth = read_annotations(llp_annotations, "val")
    for path, labels in zip(paths, (truth.audio, truth.visual), strict=True):
        write_events(path.with_suffix(".val.csv"), truth.filenames, labels)
    found = tables_on_llp(llp_annotations, "val", *(path.with_suffix(".val.csv") for path in paths))
    assert found.title == "predictions on LLP, val"
    assert found.videos == tuple(truth.filenames)
    assert set(parsing_scores(*found.cubes).values()) == {100.0}
