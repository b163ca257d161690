import json
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from leap.config import Protocol
from leap.errors import LeapError
from leap.inference.decode import decode

B, T, C = 3, 4, 2


def parsing(seed=0, **changes):
    random = torch.Generator().manual_seed(seed)
    values = {name: torch.randn(B, T, C, generator=random) for name in ("segment_audio", "segment_visual")}
    names = ("video_audio", "video_visual", "video")
    values |= {name: torch.rand(B, C, generator=random) for name in names}
    return SimpleNamespace(**(values | changes))


def certain(video_audio, video_visual, video):
    """Every segment is an event; one video, the given video probabilities."""
    ones = torch.full((1, T, C), 9.0)
    videos = {"video_audio": video_audio, "video_visual": video_visual, "video": video}
    videos = {name: torch.tensor([values]) for name, values in videos.items()}
    return SimpleNamespace(segment_audio=ones, segment_visual=ones, **videos)


def classes(events):
    """Which classes occur, for one video in which a class occurs always or never."""
    assert torch.equal(events.amax(1), events.amin(1))
    return events[0, 0].tolist()


@pytest.mark.parametrize("gate", ["video", "modality", None])
@pytest.mark.parametrize("seed", range(3))
def test_decision_is_segment_times_gate(gate, seed):
    p = parsing(seed)
    audio, visual = decode(p, Protocol(segment=0.3, gate=gate, gate_threshold=0.6))
    gates = {
        "video": (p.video, p.video),
        "modality": (p.video_audio, p.video_visual),
        None: (torch.ones(B, C), torch.ones(B, C)),
    }[gate]
    for events, logits, gate_probability in (
        (audio, p.segment_audio, gates[0]),
        (visual, p.segment_visual, gates[1]),
    ):
        assert events.shape == (B, T, C)
        for b in range(B):
            for t in range(T):
                for c in range(C):
                    said = torch.sigmoid(logits[b, t, c]) >= 0.3 and gate_probability[b, c] >= 0.6
                    assert events[b, t, c] == int(said)


def test_a_probability_at_its_threshold_is_an_event():
    for threshold in (0.45, 0.5, 0.52):
        below = torch.nextafter(torch.tensor(threshold), torch.tensor(0.0)).item()
        p = certain([threshold, below], [below, threshold], [threshold, below])
        audio, visual = decode(p, Protocol(gate="modality", gate_threshold=threshold))
        assert (classes(audio), classes(visual)) == ([1, 0], [0, 1])
        audio, visual = decode(p, Protocol(gate="video", gate_threshold=threshold))
        assert (classes(audio), classes(visual)) == ([1, 0], [1, 0])


def test_a_segment_at_its_threshold_is_an_event():
    logits = torch.tensor([0.0, -1e-6]).expand(B, T, C)
    audio, _ = decode(parsing(segment_audio=logits), Protocol(gate=None))
    assert torch.equal(audio, torch.tensor([1, 0], dtype=torch.uint8).expand(B, T, C))


def test_class_thresholds_are_the_visual_decisions():
    protocol = Protocol(gate="modality", gate_threshold=0.45, class_thresholds=(0.3, 0.7))
    audio, visual = decode(certain([0.44, 0.45], [0.3, 0.69], [0.0, 0.0]), protocol)
    assert (classes(audio), classes(visual)) == ([0, 1], [1, 0])


def test_equal_class_thresholds_are_a_gate_threshold():
    fixed = Protocol(gate="modality", gate_threshold=0.4)
    each = Protocol(gate="modality", gate_threshold=0.4, class_thresholds=(0.4,) * C)
    for ours, theirs in zip(decode(parsing(), fixed), decode(parsing(), each), strict=True):
        assert torch.equal(ours, theirs)


def test_class_thresholds_must_fit_the_classes():
    with pytest.raises(LeapError, match="3 class_thresholds for 2 classes"):
        decode(parsing(), Protocol(gate="modality", class_thresholds=(0.5,) * 3))


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["video", "modality", None]))
def test_a_higher_threshold_never_adds_an_event(first, second, gate):
    low, high = sorted((first, second))
    many = decode(parsing(), Protocol(segment=low, gate=gate, gate_threshold=low))
    few = decode(parsing(), Protocol(segment=high, gate=gate, gate_threshold=high))
    assert all((x >= y).all() for x, y in zip(many, few, strict=True))


@pytest.mark.parametrize(
    "values",
    [
        {"segment": 1.5},
        {"segment": "0.5"},
        {"gate": "audio"},
        {"class_thresholds": (0.5, 2.0), "gate": "modality"},
        {"class_thresholds": (0.5, 0.5)},
        {"class_thresholds": (0.5, 0.5), "gate": None},
        {"threshold": 0.5},
    ],
)
def test_protocol_refuses(values):
    with pytest.raises(ValidationError):
        Protocol(**values)


def test_protocol_goes_through_json():
    adapter = TypeAdapter(Protocol)
    for protocol in (Protocol(), Protocol(0.25, "modality", 0.45, (0.3, 0.7)), Protocol(gate=None)):
        text = json.dumps(adapter.dump_python(protocol, mode="json"))
        assert adapter.validate_json(text) == protocol
