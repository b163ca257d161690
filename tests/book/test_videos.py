"""The page about video files: the long clip is made and parsed as the page says."""

import doctest
import json
import re
import shlex

import pytest

from tests.features.media.ffmpeg import ffmpeg
from tests.tree import ROOT

SECTION = (ROOT / "book" / "videos.md").read_text(encoding="utf-8").split("\n## ")
(HOURS,) = [section for section in SECTION if section.startswith("Hours, not seconds")]
COMMANDS = [
    shlex.split(line) for line in re.search(r"```sh\n(.*?)```", HOURS, re.DOTALL)[1].splitlines() if line
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_long_clip_is_made_and_parsed(leap, folder):
    (maker, *arguments), (program, *call) = COMMANDS
    assert (maker, program) == ("ffmpeg", "leap")
    ffmpeg(*arguments)
    status, out, err = leap(*call)
    assert (status, err) == (0, "")
    assert len(out.splitlines()) == 5
    parsed = json.loads((folder / "timeline" / "long.json").read_text())
    assert parsed["segments"] == len(parsed["probabilities"]["audio"]) == 95
    assert "The JSON file holds 95 segments" in HOURS


def test_the_example_of_windows_is_right():
    example = doctest.DocTestParser().get_doctest(HOURS.replace("```", ""), {}, "videos.md", None, 0)
    assert len(example.examples) == 2
    assert doctest.DocTestRunner().run(example).failed == 0
