import json
import re

from leap.metrics import SCORES
from tests.features.media.clips import tone, write_clip


def test_shipped_parsers_are_listed_with_their_cards(leap):
    status, out, _ = leap("models", "list")
    lines = out.splitlines()
    assert status == 0
    assert [line.split(":")[0] for line in lines] == [
        "av-digits/leap",
        "av-digits/mmil",
        "av-everyday/leap",
        "av-everyday/mmil",
    ]
    assert all(re.search(r": 1[04] classes, \d{3} KB; .*\.md$", line) for line in lines)


def test_a_clip_is_parsed_by_a_shipped_parser(leap, tmp_path):
    clip = write_clip(tmp_path / "a.mkv", samples=tone(13))
    status, out, _ = leap("parse", clip, "--model", "av-digits/mmil", "--out", tmp_path / "timeline")
    assert status == 0
    assert len(out.splitlines()) == 5


def test_a_shipped_parser_is_evaluated_on_its_data_set(leap, refused, tiny_path):
    status, out, _ = leap("evaluate", "--model", "av-digits/mmil", "--split", "val")
    assert status == 0
    ten = json.loads(out)
    assert tuple(ten) == SCORES
    measures = ("exclusive", "ious", "per_class", "ranking", "psds", "calibration")
    flags = [f"--{name.replace('_', '-')}" for name in measures]
    _, out, _ = leap("evaluate", "--model", "av-digits/mmil", "--split", "val", *flags)
    scores = json.loads(out)
    assert {name: scores.pop(name) for name in SCORES} == ten
    assert tuple(scores) == measures
    assert (scores["exclusive"]["seg_av"], scores["ious"]["0.5"]["evt_v"]) == (ten["seg_av"], ten["evt_v"])
    assert len(scores["per_class"]) == len(scores["ranking"]["audio"]["per_class"]) == 10
    assert 0 < scores["calibration"]["visual"]["error"] < 10
    assert "the parser has the class" in refused("evaluate", "--model", "av-digits/mmil", "--data", tiny_path)
