"""The tagger with networks that recognize tones and colours, on clips of both."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

import leap
from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features.taggers.event_scores import chosen_decoding
from leap.metrics.arrays import MODALITIES
from tests.features.media.clips import tone, write_clip, write_coded_clip
from tests.features.taggers.stubs import (
    COLOURS,
    TONES,
    ColourSeer,
    ToneHearer,
    use_stubs,
    write_stub_weights,
)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    use_stubs(monkeypatch)
    return write_stub_weights(tmp_path / "weights")


def sounds(spans, seconds, rate):
    """Tones of classes at times: (class, onset, offset), in seconds."""
    samples = np.zeros(round(seconds * rate))
    for name, onset, offset in spans:
        heard = tone(offset - onset, TONES[name], rate)
        samples[round(onset * rate) : round(onset * rate) + len(heard)] = heard
    return samples


def pictures(spans, seconds, rate=8):
    """Frames in the colours of classes at times, grey between them."""
    shown = [np.full((32, 48, 3), 90, np.uint8) for _ in range(round(seconds * rate))]
    for name, onset, offset in spans:
        for number in range(round(onset * rate), round(offset * rate)):
            shown[number][:] = COLOURS[name]
    return shown


HEARD, SEEN = [("Dog", 1, 3), ("Speech", 4, 6)], [("schipperke", 2, 5)]
CODED = [
    ("mp4", "mpeg4", "aac"),
    ("mov", "mpeg4", "aac"),
    ("avi", "mpeg4", "mp3"),
    ("mkv", "mpeg4", "flac"),
    ("mpg", "mpeg2video", "mp2"),
    ("webm", "libvpx", "libopus"),
]


def events(parsed):
    columns = ["modality", "class", "onset", "offset"]
    return {(row[0], row[1]): row[2:] for row in parsed.events[columns].itertuples(index=False, name=None)}


TOLERANCE = {"audio": 2, "visual": 1}
"""Seconds by which the chosen smoothing may move the times of an event that is certain."""


def assert_near(found, expected):
    """The same classes, at nearly the same times."""
    assert found.keys() == expected.keys()
    for key, times in expected.items():
        assert np.abs(np.subtract(found[key], times)).max() <= TOLERANCE[key[0]], (key, found[key])


@pytest.mark.parametrize(("ending", "video", "audio"), CODED)
def test_clips_of_any_container_are_parsed(tmp_path, weights, ending, video, audio):
    path = tmp_path / f"clip.{ending}"
    rate = 25 if ending == "mpg" else 8  # MPEG-2 knows few rates
    write_coded_clip(path, pictures(SEEN, 7, rate), sounds(HEARD, 7, 48_000), video, audio, rate=rate)
    parsed = leap.load(weights=weights).parse(path)
    expected = {("audio", "Dog"): (1, 3), ("audio", "Speech"): (4, 6), ("visual", "Dog"): (2, 5)}
    assert_near(events(parsed), expected)


@pytest.mark.parametrize("sound_rate", [8_000, 22_050, 44_100, 96_000])
def test_clips_of_any_rate_are_parsed(tmp_path, weights, sound_rate):
    path = tmp_path / "clip.mkv"
    write_clip(
        path, pictures(SEEN, 7, 30), rate=30, samples=sounds(HEARD, 7, sound_rate), sound_rate=sound_rate
    )
    expected = {("audio", "Dog"): (1, 3), ("audio", "Speech"): (4, 6), ("visual", "Dog"): (2, 5)}
    assert_near(events(leap.load(weights=weights).parse(path)), expected)


def test_half_a_second_is_one_segment(tmp_path, weights):
    spans = pictures([("violin", 0, 0.5)], 0.5), sounds([("Dog", 0, 0.5)], 0.5, 16_000)
    parsed = leap.load(weights=weights).parse(write_clip(tmp_path / "a.mkv", spans[0], samples=spans[1]))
    assert parsed.clip.segments == 1
    assert events(parsed) == {("visual", "Violin_fiddle"): (0, 1), ("audio", "Dog"): (0, 1)}


def test_ten_minutes_are_parsed(tmp_path, weights):
    heard = [("Dog", 100, 110), ("Speech", 500, 590)]
    grey, red = pictures([("schipperke", 0.125, 0.25)], 0.25)
    path = write_clip(
        tmp_path / "long.mkv", [grey, red, grey], times=[0, 300, 400], samples=sounds(heard, 600, 16_000)
    )
    parsed = leap.load(weights=weights).parse(path)
    expected = {("audio", "Dog"): (100, 110), ("audio", "Speech"): (500, 590), ("visual", "Dog"): (300, 400)}
    assert parsed.clip.segments == 600
    assert_near(events(parsed), expected)


def test_events_are_a_table(tmp_path, weights):
    path = write_clip(tmp_path / "a.mkv", pictures(SEEN, 7), samples=sounds(HEARD, 7, 16_000))
    parsed = leap.load("tagger", weights=weights).parse(path)
    table = parsed.events
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == ["video", "modality", "onset", "offset", "class", "probability"]
    assert set(table["video"]) == {"a"}
    assert set(table["modality"]) == set(MODALITIES)
    for row in table.itertuples():
        column = parsed.video.probabilities[row.modality][row.onset : row.offset, LLP.index(row[5])]
        assert row.probability == pytest.approx(column.mean())
        assert (column >= chosen_decoding(row.modality).threshold).all()


def test_a_video_without_events_has_an_empty_table(tmp_path, weights):
    path = write_clip(tmp_path / "a.mkv", pictures([], 2))
    parsed = leap.load(weights=weights).parse(path)
    assert list(parsed.events.columns) == ["video", "modality", "onset", "offset", "class", "probability"]
    assert len(parsed.events) == 0


def test_streams_and_tags_that_are_not_there_are_noted(tmp_path, weights):
    silent = write_clip(tmp_path / "silent.mkv", pictures(SEEN, 6))
    blind = write_clip(tmp_path / "blind.mkv", samples=sounds(HEARD, 7, 16_000))
    tagger = leap.load(classes=["Dog", "collie", "Bark"], weights=weights)
    limits = ["the parser cannot hear collie", "the parser cannot see Bark"]
    for path, missing, modality in ((silent, "sound", "audio"), (blind, "pictures", "visual")):
        parsed = tagger.parse(path)
        assert parsed.notes == [f"{path} has no {missing}", *limits]
        assert not parsed.video.probabilities[modality].any()
        assert len(parsed.events) == 1


def test_scores_of_tags_are_united_as_they_exclude_each_other_or_not(tmp_path, weights, monkeypatch):
    """By ear the largest, by eye the sum: a dog of two possible breeds is a dog."""
    for stub, score, tags in ((ToneHearer, 0.4, 521), (ColourSeer, 1e-3, 1000)):
        scores = partial(torch.full, fill_value=score)
        monkeypatch.setattr(stub, "scores", lambda _, rows, n=tags, of=scores: of((len(rows), n)))
    path = write_clip(tmp_path / "a.mkv", pictures([], 1), samples=tone(1))
    found = leap.load(weights=weights).parse(path).video.probabilities
    assert found["audio"][0] == pytest.approx(0.4)
    assert found["visual"][0, LLP.index("Dog")] == pytest.approx(0.118)
    assert found["visual"][0, LLP.index("Banjo")] == pytest.approx(0.001)
    assert found["visual"][0, LLP.index("Helicopter")] == 0


def test_missing_weights_are_one_line_with_command_and_size(tmp_path):
    with pytest.raises(LeapError) as raised:
        leap.load(weights=tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: no weights of yamnet and efficientnet-lite0; "
        f"`leap weights fetch everyday --weights {tmp_path}` gets them (49 MB)"
    )


def test_a_trained_parser_has_classes_of_its_own(tmp_path):
    with pytest.raises(LeapError, match="a trained parser has classes of its own"):
        leap.load(tmp_path, classes=["Dog"])
