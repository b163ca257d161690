import json

import pytest

from tests.features.media.clips import tone, write_clip
from tests.features.taggers.stubs import use_stubs, write_stub_weights
from tests.features.taggers.test_tagger import HEARD, SEEN, pictures, sounds

UNSEEN = (
    "Speech; Cheering; Fire_alarm; Singing; Baby_laughter; Helicopter; Baby_cry_infant_cry; Blender; Clapping"
)


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mkv", pictures(SEEN, 7), samples=sounds(HEARD, 7, 16_000))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    use_stubs(monkeypatch)
    return write_stub_weights(tmp_path / "weights")


def test_a_clip_is_parsed_without_a_trained_parser(leap, clip, weights, tmp_path):
    status, out, err = leap("parse", clip, "--out", tmp_path / "out", "--weights", weights)
    assert (status, err) == (0, f"leap: the parser cannot see {UNSEEN}\n")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"clip_audio.tsv", "clip_visual.tsv", "clip.json", "clip.png", "clip.html"}
    assert len(out.splitlines()) == 5
    parsed = json.loads((tmp_path / "out" / "clip.json").read_text())
    assert parsed["undetectable"] == {"audio": [], "visual": UNSEEN.split("; ")}
    assert {(e["modality"], e["label"]) for e in parsed["events"]} == {
        ("audio", "Dog"), ("audio", "Speech"), ("visual", "Dog"), ("audio-visual", "Dog"),
    }  # fmt: skip
    assert '"undetectable"' in (tmp_path / "out" / "clip.html").read_text()
    assert leap("parse", clip, "--out", tmp_path / "out", "--weights", weights)[0] == 0  # its own files


def test_classes_are_named_on_the_line_or_in_a_file(leap, clip, weights, tmp_path):
    command = ("parse", clip, "--out", tmp_path / "out", "--weights", weights, "--classes")
    listed = tmp_path / "classes.txt"
    listed.write_text("collie\nChicken, rooster\n")
    for value in (listed, 'collie,"Chicken, rooster"'):
        assert leap(*command, value)[0] == 0
        classes = json.loads((tmp_path / "out" / "clip.json").read_text())["classes"]
        assert classes == ["collie", "Chicken, rooster"]


def test_what_cannot_be_parsed_is_one_line_and_writes_nothing(refused, clip, weights, tmp_path):
    out = tmp_path / "out"
    command = ("parse", clip, "--out", out, "--weights")
    assert "no tagger knows 'barking'; the nearest names are 'Bark'" in refused(
        *command, weights, "--classes", "barking"
    )
    assert "gets them (49 MB)" in refused(*command, tmp_path / "none")
    assert "has no attention" in refused(*command, weights, "--attention")
    assert "only the tagger takes others" in refused(
        *command, weights, "--model", tmp_path, "--classes", "Dog"
    )
    assert "give a trained parser with --model" in refused("parse", "av-digits", "--out", out)
    assert "are for video files only" in refused("parse", "av-digits", "--out", out, "--classes", "Dog")
    assert not out.exists()


def test_a_clip_without_pictures_is_parsed_and_noted(leap, weights, tmp_path):
    path = write_clip(tmp_path / "heard.mkv", samples=tone(2))
    status, _, err = leap("parse", path, "--out", tmp_path / "out", "--weights", weights, "--classes", "Dog")
    assert (status, err) == (0, f"leap: {path} has no pictures\n")
