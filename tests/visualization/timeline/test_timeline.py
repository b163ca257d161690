import json
import re
import subprocess
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
import torch
from PIL import Image

from leap.cli.outputs import is_ours
from leap.config import EvidentialConfig, LeapConfig, ModelConfig, Protocol
from leap.data.annotations import runs_of
from leap.errors import LeapError
from leap.features import extractors as extractors_module
from leap.features.extractors import EXTRACTORS
from leap.features.media import open_clip
from leap.features.parse_clip import parse_clip
from leap.label_embeddings import random_orthogonal
from leap.models.checkpoint import Description, save_parser
from leap.models.parser import build_parser
from leap.visualization.timeline import write_timeline
from tests.browser import CHROMIUM, needs_chromium
from tests.features.media.clips import numbered, tone, write_clip

CLASSES = ("Speech", "<b>Dog</b>", "a & b")
WIDTHS = {"audio": 128, "visual_2d": 2048}


@pytest.fixture
def model(tmp_path):
    """A parser with random weights that reads what LLP's parsers read."""
    torch.manual_seed(0)
    config = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    parser = build_parser(config, WIDTHS, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(gate=None), CLASSES, WIDTHS), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(autouse=True)
def networks(monkeypatch):
    """Extractors without networks, which are tested elsewhere: random features."""

    def random(source):
        def features(*networks_and_clip):
            shape = (source.rows_of(networks_and_clip[-1].segments), source.shape[1])
            return np.random.default_rng(source.shape[1]).normal(size=shape).astype(np.float32)

        return features

    for kind, one in EXTRACTORS.items():
        monkeypatch.setitem(EXTRACTORS, kind, replace(one, function=random(one.source)))
    monkeypatch.setattr(extractors_module, "load_network_once", lambda name, folder: None)


@pytest.fixture
def both(tmp_path):
    return open_clip(write_clip(tmp_path / "$a <i>b.mkv", numbered(24), samples=tone(3)))


def test_a_file_is_parsed_second_by_second(both, model, tmp_path):
    video = parse_clip(model, both, tmp_path)
    assert video.name == "$a <i>b"
    assert video.classes == CLASSES
    for modality in ("audio", "visual"):
        assert video.probabilities[modality].shape == (3, 3)
        assert np.array_equal(video.events[modality], video.probabilities[modality] > 0.5)
    assert not video.truth


def test_parsers_of_clap_and_clip_are_fed_with_these(both, tmp_path):
    widths = {"audio": 768, "visual_2d": 768, "visual_3d": 512}
    config = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12, inputs=("clap", "clip"))
    parser = build_parser(config, widths, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(gate=None), CLASSES, widths), tmp_path / "plus")
    assert parse_clip(tmp_path / "plus", both, tmp_path).probabilities["audio"].shape == (3, 3)


def test_what_a_file_has_no_stream_of_has_no_events(model, tmp_path):
    seen = open_clip(write_clip(tmp_path / "seen.mkv", numbered(24)))
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(3)))
    videos = parse_clip(model, seen, tmp_path), parse_clip(model, heard, tmp_path)
    assert not videos[0].events["audio"].any()
    assert not videos[1].events["visual"].any()
    for video, missing, present in ((videos[0], "audio", "visual"), (videos[1], "visual", "audio")):
        assert not video.probabilities[missing].any()
        assert video.probabilities[present].any()
    for clip, video in zip((seen, heard), videos, strict=True):
        assert all(path.exists() for path in write_timeline(video, clip, tmp_path / "out"))


def test_tables_and_json_say_the_same(both, model, tmp_path):
    video = parse_clip(model, both, tmp_path)
    audio, visual, data, *_ = files = write_timeline(video, both, tmp_path / "out")
    assert all(map(is_ours, files))
    found = json.loads(data.read_text())
    for path, modality in ((audio, "audio"), (visual, "visual")):
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        assert lines[0] == ["filename", "onset", "offset", "event_labels"]
        runs = [[video.name, str(on), str(off), CLASSES[c]] for c, on, off in runs_of(video.events[modality])]
        assert lines[1:] == runs
        listed = [e for e in found["events"] if e["modality"] == modality]
        assert [[video.name, str(e["onset"]), str(e["offset"]), e["label"]] for e in listed] == runs
        np.testing.assert_allclose(found["probabilities"][modality], video.probabilities[modality], atol=1e-4)
    joint = runs_of(video.events["audio"] * video.events["visual"])
    assert len([e for e in found["events"] if e["modality"] == "audio-visual"]) == len(joint)
    assert (found["segments"], found["has_audio"], found["has_video"]) == (3, True, True)


def test_tabs_and_lines_in_a_name_do_not_break_the_tables(both, model, tmp_path):
    clip = replace(both, path=both.path.rename(tmp_path / "a\tb\nc.mkv"))
    audio, *_ = write_timeline(parse_clip(model, clip, tmp_path), clip, tmp_path / "out")
    lines = audio.read_text().splitlines()
    assert {line.count("\t") for line in lines} == {3}
    assert {line.split("\t")[0] for line in lines[1:]} <= {"a b c"}


def test_truth_is_read_and_shown_where_it_is_known(both, model, tmp_path):
    table, other = tmp_path / "audio.tsv", tmp_path / "visual.tsv"
    header = "filename\tonset\toffset\tevent_labels\n"
    table.write_text(f"{header}{both.path.stem}\t0\t2\tSpeech\nanother\t0\t9\tSpeech\n")
    other.write_text(f"{header}{both.path.stem}\t1\t9\ta & b\n")
    video = parse_clip(model, both, tmp_path, {"audio": table, "visual": other})
    assert np.array_equal(video.truth["audio"], [[1, 0, 0], [1, 0, 0], [0, 0, 0]])
    assert np.array_equal(video.truth["visual"], [[0, 0, 0], [0, 0, 1], [0, 0, 1]])
    _, _, data, picture, html = write_timeline(video, both, tmp_path / "out")
    assert json.loads(data.read_text())["truth"] == [
        {"modality": "audio", "label": "Speech", "onset": 0, "offset": 2},
        {"modality": "visual", "label": "a & b", "onset": 1, "offset": 3},
    ]
    assert '"truth": [{"modality"' in html.read_text()
    with Image.open(picture) as image:
        assert image.width > 800
    for path in (table, other):
        path.write_text(header)
    with pytest.raises(LeapError, match=r"i>b: in none of .*audio\.tsv, "):
        parse_clip(model, both, tmp_path, {"audio": table, "visual": other})


def test_attention_is_drawn_on_request(both, model, tmp_path):
    video = parse_clip(model, both, tmp_path)
    sizes = []
    for attention in (False, True):
        *_, picture, _ = write_timeline(video, both, tmp_path / str(attention), attention)
        with Image.open(picture) as image:
            sizes.append(image.height)
    assert sizes[1] > sizes[0] + 100
    with pytest.raises(LeapError, match="no attention of labels"):
        write_timeline(replace(video, attention={}), both, tmp_path / "none", attention=True)
    assert not (tmp_path / "none").exists()


def test_a_parser_without_attention_is_refused_before_features_are_extracted(
    both, model, tmp_path, monkeypatch
):
    assert parse_clip(model, both, tmp_path, attention=True).attention.keys() == {"audio", "visual"}
    config = ModelConfig(decoder=EvidentialConfig(), width=8, ffn=12)
    parser = build_parser(config, WIDTHS, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(), CLASSES, WIDTHS), tmp_path / "evidential")
    monkeypatch.setattr(extractors_module, "load_network_once", pytest.fail)
    with pytest.raises(LeapError, match=r"^[^\n]*evidential: its decoder has no attention of labels[^\n]*$"):
        parse_clip(tmp_path / "evidential", both, tmp_path, attention=True)


def test_the_figure_is_drawn(both, model, tmp_path):
    *_, picture, _ = write_timeline(parse_clip(model, both, tmp_path), both, tmp_path / "out")
    with Image.open(picture) as image:
        assert image.width > 800
        assert len(image.convert("RGB").getcolors(2**20)) > 50


def test_names_cannot_leave_the_page(both, model, tmp_path):
    *_, path = write_timeline(parse_clip(model, both, tmp_path), both, tmp_path / "out")
    html = path.read_text()
    assert "<b>" not in html
    assert "<i>" not in html
    assert unescape(re.search("<title>(.*?)</title>", html)[1]) == "$a <i>b.mkv"
    assert not re.findall(r"(?:src|href)=\"(?!data:)", html)


@needs_chromium
def test_the_page_plays_in_a_browser(both, model, tmp_path):
    video = parse_clip(model, both, tmp_path)
    *_, path = write_timeline(video, both, tmp_path / "out")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    shown = subprocess.run(
        [CHROMIUM, *options, path.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    bars = re.findall(r'class="event( now)?" title="(.*?), (\d+) to (\d+) s"', shown)
    runs = [run for m in ("audio", "visual") for run in runs_of(video.events[m])]
    assert [(unescape(label), int(on), int(off)) for _, label, on, off in bars] == [
        (CLASSES[c], on, off) for c, on, off in runs
    ]
    assert [bool(now) for now, *_ in bars] == [on == 0 for _, on, _ in runs]  # the cursor is at 0
    assert re.search(r'id="cursor" style="left: \d', shown)


def test_parsers_of_other_features_are_refused(both, tmp_path):
    config = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    widths = {"audio": 64, "visual_2d": 64}
    parser = build_parser(config, widths, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(), CLASSES, widths), tmp_path / "other")
    with pytest.raises(LeapError, match=r"of a video file there are audio \(128\), visual_2d \(2048\)"):
        parse_clip(tmp_path / "other", both, tmp_path)


def test_parsers_of_simulated_features_are_refused_though_their_widths_fit(both, tmp_path):
    config = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    parser = build_parser(config, WIDTHS, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(), CLASSES, WIDTHS, "llp-sim"), tmp_path / "simulated")
    with pytest.raises(LeapError, match="was trained on llp-sim, whose features are simulated"):
        parse_clip(tmp_path / "simulated", both, tmp_path)


def test_a_damaged_file_leaves_nothing(both, model, tmp_path):
    video = parse_clip(model, both, tmp_path)
    both.path.write_bytes(b"damaged")
    with pytest.raises(LeapError):
        write_timeline(video, both, tmp_path / "out")
    assert not (tmp_path / "out").exists()
