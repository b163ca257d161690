import json
import re
from html import unescape

import numpy as np
import pytest

from leap.data.av_digits.rendering import Rendering
from leap.data.av_digits.sources import RATE
from leap.features.media import audio_seconds, open_clip, stills
from leap.visualization.excerpt import HEIGHT, show_player, write_video


@pytest.fixture
def rendering():
    """Three seconds: a tone in the second one; frames of increasing ink."""
    waveform = np.zeros((3, RATE), np.float32)
    waveform[1] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    return Rendering(waveform, np.full((3, 32, 32), [[[0.1]], [[0.5]], [[0.9]]]))


def test_the_file_has_the_seconds_frames_and_sound_of_the_video(rendering, tmp_path):
    write_video(tmp_path / "a.webm", rendering)
    clip = open_clip(tmp_path / "a.webm")
    assert clip.segments == 3
    shown = [np.asarray(still) for still in stills(clip)]
    assert shown[0].shape[0] >= min(HEIGHT, shown[0].shape[0])
    levels = [frame.mean() for frame in shown]
    assert levels == pytest.approx([255 * 0.9, 255 * 0.5, 255 * 0.1], abs=4)
    power = [float(np.square(second).mean()) for second in audio_seconds(clip)]
    assert power[1] == pytest.approx(0.125, rel=0.1)
    assert max(power[0], power[2]) < 0.01


def test_frames_in_color_keep_their_colors(tmp_path):
    red = np.zeros((2, HEIGHT, HEIGHT, 3), np.uint8)
    red[..., 0] = 200
    write_video(tmp_path / "a.webm", Rendering(np.zeros((2, RATE), np.float32), red))
    first = np.asarray(next(iter(stills(open_clip(tmp_path / "a.webm")))))
    assert np.abs(first.mean(axis=(0, 1)) - [200, 0, 0]).max() < 8


def test_the_player_has_the_events_and_escapes_names(rendering, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda content, raw: shown.append(content["text/html"]))
    one = np.array([[1, 0], [1, 0], [0, 0]])
    none = np.zeros((3, 2))
    events, truth = {"audio": one, "visual": none}, {"audio": none, "visual": one}
    show_player("a", rendering, events, truth, ("<i>cat", "dog"))
    (frame,) = shown
    page = unescape(re.search(r'srcdoc="([^"]*)"', frame)[1])
    parsed = json.loads(re.search(r'id="parsed">(.*?)</script>', page)[1])
    assert parsed["events"] == [{"modality": "audio", "label": "<i>cat", "onset": 0, "offset": 2}]
    assert parsed["truth"] == [{"modality": "visual", "label": "<i>cat", "onset": 0, "offset": 2}]
    assert "<i>" not in page
