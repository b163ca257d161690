"""A dozen files of many kinds, from sounds and photographs that no setting was chosen on.

The videos are those of AV-Everyday's test split, joined and cut to the length of a clip. Their material is in
the folder that ``LEAP_MATERIAL`` names. A parser of `PARSERS` must stay within `LOSS` points of its
micro-averaged segment-level F on the validation videos, which it sees without any file between.
"""

import os
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import leap
from leap.data.av_everyday.reading import RATE
from leap.data.av_everyday.rendering import draw_layouts, load_material, render
from leap.data.classes import AV_EVERYDAY
from leap.experiments.tagger_thresholds import TABLE
from leap.metrics import precision_recall
from leap.metrics.arrays import MODALITIES
from tests.features.media.ffmpeg import ffmpeg
from tests.fetched import fetched_weights
from tests.tree import ROOT

pytestmark = pytest.mark.slow

LOSS = 10
"""Points of F that a parser may lose to codecs, rates, joints of videos and the choice of the videos."""

AGREEMENT = {"lossless": 0.9, "lossy": 0.6}
"""Least share of the cells (second, class) with an event in either of two files of one content that have it
in both. Scores near the threshold tip over when a codec changes the sound or the picture."""

FRAME = 128
CHANNELS = {1: "pan=mono|c0=c0", 2: "pan=stereo|c0=c0|c1=c0"}
"""Filters that keep the level: of one channel, ffmpeg's own stereo is 3 dB softer."""

LOSSLESS = ("-c:v", "libx264", "-qp", "0")
MPEG4, VP8 = ("-c:v", "mpeg4", "-q:v", "3"), ("-c:v", "libvpx", "-b:v", "1M")
H264, FFV1 = ("-c:v", "libx264", "-crf", "20"), ("-c:v", "ffv1")


class Kind(NamedTuple):
    """A clip: its content and its coding.

    Attributes:
        name: file name.
        first: position of its first video in the test split.
        seconds: duration.
        rate: frames per second; 0 for no pictures.
        sound_rate: samples per second; 0 for no sound.
        channels: of its sound.
        coding: options of the ffmpeg program.
    """

    name: str
    first: int
    seconds: float
    rate: float
    sound_rate: int
    channels: int
    coding: tuple[str, ...]

    @property
    def segments(self):
        return max(1, int(self.seconds + 0.5))

    def of(self, videos):
        """The videos of ten seconds that are joined."""
        return videos[self.first : self.first + ceil(self.seconds / 10)]


KINDS = (
    Kind("half.mp4", 0, 0.5, 25, 44_100, 1, (*H264, "-c:a", "aac")),
    Kind("second.mov", 1, 1, 60, 48_000, 2, (*MPEG4, "-c:a", "pcm_s16le")),
    Kind("cut.mkv", 2, 3.5, 24, 22_050, 1, (*FFV1, "-c:a", "flac")),
    Kind("ten.webm", 3, 10, 30, 48_000, 2, (*VP8, "-c:a", "libopus")),
    Kind("ten.avi", 4, 10, 15, 32_000, 1, (*MPEG4, "-c:a", "libmp3lame")),
    Kind("heard.ogg", 5, 10, 0, 44_100, 2, ("-c:a", "libvorbis")),
    Kind("heard.wav", 6, 10, 0, 8_000, 1, ("-c:a", "pcm_s16le")),
    Kind("seen.mp4", 7, 10, 50, 0, 0, H264),
    Kind("minute.mkv", 8, 60, 5, 16_000, 1, (*FFV1, "-c:a", "pcm_s16le")),
    Kind("minute.mov", 8, 60, 60, 48_000, 2, (*LOSSLESS, "-c:a", "pcm_s16le")),
    Kind("minute.avi", 8, 60, 25, 44_100, 2, (*FFV1, "-c:a", "pcm_s16le")),
    Kind("minute.mp4", 8, 60, 29.97, 44_100, 2, (*H264, "-c:a", "aac")),
    Kind("minute.webm", 8, 60, 12, 48_000, 1, (*VP8, "-c:a", "libopus")),
    Kind("long.mkv", 14, 600, 1, 11_025, 1, (*MPEG4, "-c:a", "flac")),
)
VIDEOS = 74
SAME = {
    "lossless": ("minute.mkv", "minute.mov", "minute.avi"),
    "lossy": ("minute.mkv", "minute.mp4", "minute.webm"),
}
"""Files of one content; the others are compared with the first."""


def val_f_of_tagger():
    """Modality → F × 100 of the tagger's chosen settings on the validation split."""
    table = pd.read_csv(ROOT / "results" / "tables" / TABLE)
    return dict(table[table["kind"] == "chosen"].set_index("modality")["f"])


PARSERS = {"tagger": ({"classes": AV_EVERYDAY}, val_f_of_tagger)}
"""Name of a parser → options of `leap.load`, and the function that gives its F on the validation split."""


class Parsed(NamedTuple):
    """Events of all clips by a parser, and its bars.

    Attributes:
        events: name of clip → modality → events (T, C).
        kept: modality → whether the parser can detect each class, (C,).
        bars: modality → smallest F × 100 that passes.
    """

    events: dict
    kept: dict
    bars: dict


@pytest.fixture(scope="module")
def videos():
    folder = os.environ.get("LEAP_MATERIAL")
    if not folder:
        pytest.skip("LEAP_MATERIAL names no folder; `leap data fetch av-everyday` makes one")
    material, layouts = load_material(Path(folder), "test"), zip(*draw_layouts("test", VIDEOS), strict=True)
    return [render("test", index, layout, material, seed=0) for index, layout in enumerate(layouts)]


@pytest.fixture(scope="module")
def truth(videos):
    """Name of clip → modality → true events (T, C); none in a modality whose stream is not there."""

    def labels(kind, name, there):
        joined = np.concatenate([getattr(video, name) for video in kind.of(videos)])
        return joined[: kind.segments] * bool(there)

    return {
        kind.name: {
            "audio": labels(kind, "heard", kind.sound_rate),
            "visual": labels(kind, "seen", kind.rate),
        }
        for kind in KINDS
    }


@pytest.fixture(scope="module")
def clips(videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for kind in KINDS:
        write(folder, kind, kind.of(videos))
    return folder


def write(folder, kind, videos):
    """Write a clip from raw frames, one per second, and raw sound."""
    frames, sound = folder / "frames.raw", folder / "sound.raw"
    np.concatenate([video.frames for video in videos]).tofile(frames)
    np.concatenate([video.waveform.ravel() for video in videos]).tofile(sound)
    seen = ("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{FRAME}x{FRAME}", "-framerate", 1)
    heard = ("-f", "f32le", "-ar", RATE, "-ac", 1)
    output = ["-pix_fmt", "yuv420p", "-r", kind.rate] if kind.rate else []
    output += ["-ar", kind.sound_rate, "-af", CHANNELS[kind.channels]] if kind.sound_rate else []
    streams = [*seen, "-i", frames] * bool(kind.rate) + [*heard, "-i", sound] * bool(kind.sound_rate)
    ffmpeg(*streams, "-t", kind.seconds, *output, *kind.coding, folder / kind.name)


@pytest.fixture(scope="module", params=PARSERS)
def parsed(request, clips):
    options, val_f = PARSERS[request.param]
    parser = leap.load(request.param, weights=fetched_weights("everyday"), **options)
    found = {kind.name: parser.parse(clips / kind.name).video for kind in KINDS}
    undetectable = found["ten.avi"].undetectable
    return Parsed(
        {name: video.events for name, video in found.items()},
        {m: np.array([name not in undetectable[m] for name in AV_EVERYDAY]) for m in MODALITIES},
        {modality: f - LOSS for modality, f in val_f().items()},
    )


def f_score(events, truth, parsed, modality):
    """F × 100 over all clips and the classes that the parser can detect."""
    pooled = [
        np.concatenate([clip[name][modality] for name in truth])[None, :, parsed.kept[modality]]
        for clip in (events, truth)
    ]
    return precision_recall(*pooled)["f"]


def test_every_clip_has_its_segments_and_no_events_without_a_stream(parsed, truth):
    for kind in KINDS:
        for modality, there in (("audio", kind.sound_rate), ("visual", kind.rate)):
            events = parsed.events[kind.name][modality]
            assert events.shape == truth[kind.name][modality].shape == (kind.segments, len(AV_EVERYDAY))
            assert there or not events.any()


@pytest.mark.parametrize("modality", MODALITIES)
def test_events_are_found_nearly_as_well_as_on_the_validation_videos(parsed, truth, modality):
    found = f_score(parsed.events, truth, parsed, modality)
    print(f"{modality}: F {found:.1f}, bar {parsed.bars[modality]:.1f}")
    assert found >= parsed.bars[modality]


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("value", [0, 1])
def test_a_parser_without_eyes_and_ears_is_below_the_bar(parsed, truth, modality, value):
    """So the test above can fail: nothing, or everything where there is a stream."""
    streams = {name: {m: np.full_like(labels[m], value) for m in labels} for name, labels in truth.items()}
    assert f_score(streams, truth, parsed, modality) < parsed.bars[modality]


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("coding", SAME)
def test_events_hardly_depend_on_the_file(parsed, modality, coding):
    one, *others = (parsed.events[name][modality] for name in SAME[coding])
    shared, either = (sum(int(f(one, other).sum()) for other in others) for f in (np.minimum, np.maximum))
    print(f"{coding} {modality}: {shared} of {either} cells with an event are events of both files")
    assert one.any()
    assert shared >= AGREEMENT[coding] * either
