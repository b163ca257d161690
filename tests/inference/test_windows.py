from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from leap.config import Protocol
from leap.data.registry import open_dataset
from leap.experiments.runs import run_folder
from leap.inference.decode import decode
from leap.inference.parsed_video import parse_video
from leap.inference.windows import average_windows, parse_at, parse_windows, window_starts
from leap.metrics.arrays import MODALITIES
from leap.models.checkpoint import load_parser
from leap.models.output import Parsing

LENGTHS = st.integers(1, 200), st.integers(1, 40)
"""Segments of a video, and of a window."""


@dataclass(frozen=True)
class Described:
    """What `parse_windows` reads of a description."""

    segments: int
    protocol: Protocol
    classes: tuple[str, ...] = ("cat", "dog")


def local(audio, visual_2d):
    """A parser without mixing over time: logits are features; frames are averaged; video scores are fixed."""
    seen = visual_2d.unflatten(1, (audio.shape[1], -1)).mean(dim=2)
    video = torch.full((len(audio), audio.shape[2]), 0.7)
    return Parsing(audio, seen, video, video, video, audio, seen)


def loudest(audio, visual_2d):
    """As `local`, but the video-level score of a class is its largest probability in the window."""
    parsing = local(audio, visual_2d)
    heard, seen = (x.sigmoid().amax(1) for x in (parsing.segment_audio, parsing.segment_visual))
    return replace(parsing, video_audio=heard, video_visual=seen, video=torch.maximum(heard, seen))


def random_features(segments, frames=1):
    rng = np.random.default_rng(segments)
    shapes = {"audio": (segments, 2), "visual_2d": (segments * frames, 2)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def in_one(parser, protocol, features):
    """Probabilities and events of a video that is parsed as a whole."""
    parsing = parser(*(torch.from_numpy(array)[None] for array in features.values()))
    probabilities = (parsing.segment_audio.sigmoid()[0], parsing.segment_visual.sigmoid()[0])
    return probabilities, [events[0] for events in decode(parsing, protocol)]


@pytest.fixture
def folder(tiny_records, tiny_config, tiny_store, tiny_results):
    return run_folder(tiny_config, tiny_store, tiny_results)


@pytest.fixture
def features(tiny_store):
    """Eleven segments of the tiny store's test videos."""
    videos = tiny_store.videos("test")
    return {name: getattr(videos, name).flatten(0, 1)[:11].numpy() for name in ("audio", "visual_2d")}


@given(*LENGTHS)
def test_windows_cover_the_video_and_end_with_it(segments, length):
    starts = window_starts(segments, length)
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    assert starts[-1] + min(length, segments) == segments
    steps = np.diff(starts)
    assert (steps <= max(1, length // 2)).all()
    assert (steps[:-1] == max(1, length // 2)).all()


@given(*LENGTHS)
def test_weights_of_a_segment_add_up_to_one(segments, length):
    """The mean is linear in the windows: each of those with the segment weighs 1 / their number."""
    starts, length = window_starts(segments, length), min(segments, length)
    ones = ({"x": one.expand(length, -1)} for one in torch.eye(len(starts)))  # each window's own column
    weights = average_windows(ones, starts, segments)["x"].numpy()  # (segments, windows)
    contains = (np.arange(segments)[:, None] - np.array(starts)) // length == 0
    np.testing.assert_allclose(weights, contains / contains.sum(1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)


@given(*LENGTHS)
def test_windows_that_agree_average_to_what_they_agree_on_bit_for_bit(segments, length):
    whole = torch.from_numpy(random_features(segments)["audio"]).sigmoid()
    starts = window_starts(segments, length)
    windows = ({"x": whole[start : start + length]} for start in starts)
    assert torch.equal(average_windows(windows, starts, segments)["x"], whole)


@settings(deadline=None)
@given(*LENGTHS, st.integers(1, 3), st.sampled_from([None, "video", "modality"]))
def test_a_parser_that_is_local_in_time_does_not_see_the_windows(segments, length, frames, gate):
    features, protocol = random_features(segments, frames), Protocol(gate=gate, gate_threshold=0.6)
    video = parse_windows(local, Described(length, protocol), "any", features)
    probabilities, events = in_one(local, protocol, features)
    for modality, expected, decided in zip(MODALITIES, probabilities, events, strict=True):
        # torch's sigmoid rounds the last few numbers of an array in another way than the others
        np.testing.assert_array_max_ulp(video.probabilities[modality], expected.numpy(), 2)
        assert np.array_equal(video.events[modality], decided)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 30), st.sampled_from([None, "video", "modality"]))
def test_a_video_no_longer_than_those_of_training_is_one_window(segments, longer, gate):
    features, protocol = random_features(segments), Protocol(gate=gate, gate_threshold=0.8)
    video = parse_windows(loudest, Described(segments + longer, protocol), "short", features)
    probabilities, events = in_one(loudest, protocol, features)
    for modality, expected, decided in zip(MODALITIES, probabilities, events, strict=True):
        assert np.array_equal(video.probabilities[modality], expected)
        assert np.array_equal(video.events[modality], decided)


def test_a_video_of_the_length_of_training_is_parsed_bit_for_bit_as_one_of_the_data_set(folder, tiny_store):
    parser, description = load_parser(folder)
    stored = tiny_store.video("test", 2)
    features = {name: getattr(stored, name)[0].numpy() for name in ("audio", "visual_2d")}
    video = parse_windows(parser, description, "clip", features)
    expected = parse_video(parser, tiny_store, description.protocol, "test", "clip-2-2")
    assert description.segments == len(features["audio"]) == 4
    for modality in MODALITIES:
        for name in ("probabilities", "events", "attention"):
            found, wanted = getattr(video, name)[modality], getattr(expected, name)[modality]
            assert np.array_equal(found, wanted), (name, modality)
            assert found.dtype == wanted.dtype
    assert (video.name, video.truth) == ("clip", {})


def test_probabilities_and_attention_are_means_over_the_windows_with_the_segment(folder, features):
    """Eleven segments in windows of four, which begin at 0, 2, 4, 6 and 7."""
    parser, description = load_parser(folder)
    whole = parse_windows(parser, description, "long", features)
    starts = window_starts(11, 4)
    assert starts == [0, 2, 4, 6, 7]
    parts = {
        start: parse_windows(
            parser, description, "part", {name: array[start : start + 4] for name, array in features.items()}
        )
        for start in starts
    }
    for modality in MODALITIES:
        assert whole.attention[modality].shape == (3, 11)
        for t in range(11):
            with_it = [(part, t - start) for start, part in parts.items() if 0 <= t - start < 4]
            assert len(with_it) in (1, 2, 3)
            probabilities = [part.probabilities[modality][at] for part, at in with_it]
            attention = [part.attention[modality][:, at] for part, at in with_it]
            np.testing.assert_allclose(whole.probabilities[modality][t], np.mean(probabilities, 0), rtol=1e-5)
            np.testing.assert_allclose(whole.attention[modality][:, t], np.mean(attention, 0), rtol=1e-5)


def test_the_gate_of_a_segment_is_the_mean_over_its_windows():
    """One loud second of six, in windows of four that begin at 0 and 2, opens the gate where both hear it."""
    quiet, loud = 0.3, 2.2  # probabilities 0.57 and 0.90; their mean is 0.74
    sound = np.full((6, 1), quiet, np.float32)
    sound[0] = loud
    features = {"audio": sound, "visual_2d": np.full((6, 1), -9, np.float32)}
    for threshold, expected in ((0.5, [1] * 6), (0.7, [1, 1, 1, 1, 0, 0]), (0.8, [1, 1, 0, 0, 0, 0])):
        described = Described(4, Protocol(gate="modality", gate_threshold=threshold), ("cat",))
        video = parse_windows(loudest, described, "gate", features)
        assert video.events["audio"][:, 0].tolist() == expected
        assert not video.events["visual"].any()


def test_batches_of_windows_do_not_matter(folder, features, monkeypatch):
    parser, description = load_parser(folder)
    whole = parse_windows(parser, description, "long", features)
    monkeypatch.setattr("leap.inference.windows.BATCH", 2)
    batched = parse_windows(parser, description, "long", features)
    for modality in MODALITIES:
        np.testing.assert_allclose(batched.probabilities[modality], whole.probabilities[modality], rtol=1e-5)
        assert np.array_equal(batched.events[modality], whole.events[modality])


def segment_f(video, truth):
    """Micro-averaged F-scores of a parsed video, of both modalities."""
    pairs = [(video.events[m], truth[m]) for m in MODALITIES]
    return [200 * (found * true).sum() / (found.sum() + true.sum()) for found, true in pairs]


def test_overlapping_windows_detect_more_than_windows_side_by_side_or_one():
    """In ten minutes of joined videos, of which the windows know no boundary."""
    parser, description = load_parser("av-everyday/leap")
    videos = open_dataset("av-everyday").videos("val")[:61]

    def joined(name):
        return getattr(videos, name).flatten(0, 1)[3:603].numpy()

    features = {name: joined(name) for name in ("audio", "visual_2d")}
    truth = {m: joined(f"true_{m}") for m in MODALITIES}
    overlapping = segment_f(parse_windows(parser, description, "joined", features), truth)
    beside = segment_f(parse_at(range(0, 600, 10), parser, description, "joined", features), truth)
    one = segment_f(parse_windows(parser, replace(description, segments=600), "joined", features), truth)
    assert (np.subtract(overlapping, beside) > 3).all()
    assert (np.subtract(beside, one) > 20).all()
