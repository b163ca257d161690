import re

import pandas as pd
import pytest

from benchmarks import measure, waiting
from leap.features.media import open_clip
from tests.tree import ROOT


def test_clips_have_the_length_that_they_are_timed_by(tmp_path):
    clip = open_clip(waiting.make_clip(tmp_path / "clip.mp4", 2))
    assert clip.has_audio
    assert clip.has_video
    assert clip.seconds == pytest.approx(2, abs=0.1)


def test_rows_of_other_names_stay(tmp_path, monkeypatch):
    for module in (measure, waiting):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    waiting.write({"a": {"s": 1.0}, "b": {"s": 2.0, "× real time": 3.0}})
    waiting.write({"b": {"s": 4.0, "× real time": 5.0}, "c": {"s": 6.0}})
    table = pd.read_csv(tmp_path / "waiting.csv", index_col=0)
    assert table["s"].to_dict() == {"a": 1, "b": 4, "c": 6}
    assert table["× real time"]["b"] == 5


def test_a_failed_command_is_no_measurement(tmp_path):
    with pytest.raises(waiting.subprocess.CalledProcessError):
        waiting.leap("parse", tmp_path / "none.mp4", "--out", tmp_path)


def test_readme_states_the_measured_times():
    found = pd.read_csv(ROOT / "results" / "benchmarks" / "waiting.csv", index_col=0)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = re.search(r"a first clip of ten seconds takes (\d+) s", text)
    assert int(first[1]) == round(found["s"]["parse a first clip of 10 s"])
    times = re.search(r"a minute of video is parsed at (\d+) times its speed", text)
    assert int(times[1]) == round(found["× real time"]["parse a clip of 60 s, one thread"])
