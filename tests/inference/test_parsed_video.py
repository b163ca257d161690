import numpy as np
import pytest

from leap.errors import LeapError
from leap.experiments.runs import load_predictions, run_folder
from leap.inference.parsed_video import parse_video
from leap.models.checkpoint import load_parser


@pytest.fixture
def folder(tiny_records, tiny_config, tiny_store, tiny_results):
    return run_folder(tiny_config, tiny_store, tiny_results)


def parse(folder, store, video):
    parser, description = load_parser(folder)
    return parse_video(parser, store, description.protocol, "test", video)


def test_a_parsed_video_is_its_row_of_the_predictions(folder, tiny_store):
    video, predictions, truth = (
        parse(folder, tiny_store, "clip-2-3"),
        load_predictions(folder),
        tiny_store.videos("test"),
    )
    assert (video.name, video.classes) == ("clip-2-3", ("cat", "dog", "hen"))
    for modality in ("audio", "visual"):
        assert np.array_equal(video.events[modality], getattr(predictions, modality)[3])
        assert np.array_equal(video.truth[modality], getattr(truth, f"true_{modality}")[3])
        saved = getattr(predictions, f"probability_{modality}")[3]
        np.testing.assert_allclose(video.probabilities[modality], saved, atol=1e-3)


def test_attention_is_the_last_blocks_mean_over_heads(folder, tiny_store):
    parser, _ = load_parser(folder)
    videos = tiny_store.videos("test")[1:2]
    parsing = parser(videos.audio, videos.visual_2d)
    for modality, weights in parse(folder, tiny_store, "clip-2-1").attention.items():
        heads = getattr(parsing, f"attention_{modality}")[0, -1].detach().numpy()  # (heads, C, T)
        assert weights.shape == (3, 4)
        np.testing.assert_allclose(weights, (heads[0] + heads[1]) / 2, rtol=1e-5)


def test_no_id_means_the_first_video(folder, tiny_store):
    assert parse(folder, tiny_store, "").name == "clip-2-0"


def test_a_name_is_found_in_any_form_of_unicode(folder, tiny_store, monkeypatch):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    for stored, given in ((composed, decomposed), (decomposed, composed)):
        monkeypatch.setattr(type(tiny_store), "ids", lambda store, split, stored=stored: ("clip-2-0", stored))
        assert parse(folder, tiny_store, given).name == composed


def test_unknown_video_is_one_line(folder, tiny_store):
    with pytest.raises(
        LeapError, match=r"^[^\n]*no video 'clip-9' in test; ids run from clip-2-0 to clip-2-5$"
    ):
        parse(folder, tiny_store, "clip-9")


def test_a_split_without_dense_labels_is_parsed_without_truth(folder, weak_store, tiny_store):
    parser, description = load_parser(folder)
    weak, dense = (
        parse_video(parser, store, description.protocol, "train", "clip-0-2")
        for store in (weak_store, tiny_store)
    )
    assert weak.truth == {}
    assert set(dense.truth) == {"audio", "visual"}
    for modality in ("audio", "visual"):
        assert np.array_equal(weak.probabilities[modality], dense.probabilities[modality])


def test_only_the_video_is_read(folder, tiny_store, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a whole split is read")

    monkeypatch.setattr(type(tiny_store), "videos", refuse)
    assert parse(folder, tiny_store, "clip-2-5").name == "clip-2-5"
