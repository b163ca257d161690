"""Other readings of the same probabilities: they tell ranking from thresholds, localization from tagging."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from leap.config import Protocol
from leap.data.videos import Videos
from leap.inference.decode import video_gates
from leap.inference.predict import parse_videos
from leap.metrics import parsing_scores, precision_recall

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Segment thresholds that are tried on val: 0.05, 0.10 … 0.95."""

TEACHER_READING = "teacher, predicted tags"
"""The teacher as a system: its labels, with the parser's video-level decisions in place of the weak label."""

Pair = tuple[Tensor, Tensor]
"""Values by ear and by eye."""


class Read(NamedTuple):
    """Probabilities and gates of N videos.

    Attributes:
        probabilities: segment probabilities, each (N, T, C).
        gates: video-level decisions of the protocol, each (N, 1, C), bool.
    """

    probabilities: Pair
    gates: Pair


def readings(
    parser: nn.Module, val: Videos, videos: Videos, protocol: Protocol, teacher: Pair | None = None
) -> dict[str, dict[str, float]]:
    """The ten scores of videos under readings of a parser's probabilities that differ from the protocol's.

    Readings:
        * ``"ungated"``: the protocol's segment threshold, without its video-level gate;
        * ``"tuned"``: the protocol's gate, with one segment threshold per modality, chosen on val by the
          micro F-score of segments;
        * ``"tuned, ungated"``: the same without the gate;
        * ``"tags expanded"``: a class that occurs anywhere in a video under the protocol occurs in all of its
          segments;
        * ``"gaps closed"``: it occurs from its first to its last segment;
        * ``"true tags"``: the video's weak label is the gate;
        * `TEACHER_READING`: the teacher's labels instead of the parser's segments, under the protocol's gate.

    Args:
        parser: the parser; it is put in eval mode.
        val: validation videos, with dense labels.
        videos: the videos to score, with dense labels.
        protocol: decoding protocol.
        teacher: the teacher's labels of ``videos`` before the weak label masks them, each (N, T, C), zeros
            and ones; None if they are unknown, and `TEACHER_READING` is left out.

    Returns:
        Reading → the ten scores × 100.
    """
    tuning, read = _read(parser, val, protocol), _read(parser, videos, protocol)
    gated, ungated = _tuned(tuning, val), _tuned(tuning._replace(gates=_open(tuning)), val)
    fixed = (protocol.segment, protocol.segment)
    decoded = _decide(read, fixed)
    weak = videos.weak[:, None].bool()
    found = {
        "ungated": _decide(read._replace(gates=_open(read)), fixed),
        "tuned": _decide(read, gated),
        "tuned, ungated": _decide(read._replace(gates=_open(read)), ungated),
        "tags expanded": _each(decoded, lambda events: events.amax(1, keepdim=True).expand_as(events)),
        "gaps closed": _each(decoded, close_gaps),
        "true tags": _decide(read._replace(gates=(weak, weak)), fixed),
    }
    if teacher is not None:
        found[TEACHER_READING] = _decide(Read(teacher, read.gates), (1.0, 1.0))
    return {name: parsing_scores(*events, *videos.truth()) for name, events in found.items()}


def close_gaps(events: Tensor) -> Tensor:
    """Fill every class from its first to its last segment, (N, T, C), zeros and ones.

    >>> close_gaps(torch.tensor([[[0], [1], [0], [1], [0]]])).flatten().tolist()
    [0, 1, 1, 1, 0]
    """
    begun = events.cummax(dim=1).values
    unfinished = events.flip(1).cummax(dim=1).values.flip(1)
    return begun * unfinished


def _read(parser: nn.Module, videos: Videos, protocol: Protocol) -> Read:
    parts = []
    for parsing in parse_videos(parser, videos):
        probabilities = parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()
        parts.append((*probabilities, *video_gates(parsing, protocol)))
    audio, visual, gate_audio, gate_visual = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    return Read((audio, visual), (gate_audio, gate_visual))


def _open(read: Read) -> Pair:
    """Gates that nothing is refused by."""
    return _each(read.gates, torch.ones_like)


def _decide(read: Read, thresholds: tuple[float, float]) -> Pair:
    audio, visual = (
        ((probability >= threshold) & gate).byte()
        for probability, gate, threshold in zip(*read, thresholds, strict=True)
    )
    return audio, visual


def _tuned(read: Read, val: Videos) -> tuple[float, float]:
    """The segment threshold of each modality with the best micro F-score; ties go to the smaller one."""
    decided = [_decide(read, (threshold, threshold)) for threshold in THRESHOLDS]
    audio, visual = (
        max(
            zip(THRESHOLDS, decided, strict=True),
            key=lambda pair: precision_recall(pair[1][modality], true)["f"],
        )[0]
        for modality, true in enumerate(val.truth())
    )
    return audio, visual


def _each(pair: Pair, function: Callable[[Tensor], Tensor]) -> Pair:
    return function(pair[0]), function(pair[1])
