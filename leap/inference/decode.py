"""Turn probabilities into events under a decoding protocol, which is recorded with every result."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from leap.config import Protocol
from leap.errors import LeapError
from leap.models.output import Parsing


class Probabilities(NamedTuple):
    """The probabilities of a parsing that decide about events.

    Attributes:
        segment_audio: probabilities of audio events, (B, T, C).
        segment_visual: probabilities of visual events, (B, T, C).
        video_audio: as in `leap.models.output.Parsing`, (B, C).
        video_visual: likewise.
        video: likewise.
    """

    segment_audio: Tensor
    segment_visual: Tensor
    video_audio: Tensor
    video_visual: Tensor
    video: Tensor


def decode(parsing: Parsing, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """Decide which events occur in each segment.

    Args:
        parsing: parsing of B videos.
        protocol: thresholds and video-level gate.

    Returns:
        Audio and visual events, each (B, T, C), zeros and ones, uint8.

    Raises:
        LeapError: the protocol has class thresholds for another number of classes.
    """
    return decode_probabilities(probabilities_of(parsing), protocol)


def probabilities_of(parsing: Parsing) -> Probabilities:
    """The probabilities of a parsing; those of segments are the sigmoids of its logits."""
    return Probabilities(
        parsing.segment_audio.sigmoid(),
        parsing.segment_visual.sigmoid(),
        parsing.video_audio,
        parsing.video_visual,
        parsing.video,
    )


def decode_probabilities(found: Probabilities, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """As `decode`, of probabilities, such as averages over parsings."""
    gate_audio, gate_visual = video_gates(found, protocol)
    audio = (found.segment_audio >= protocol.segment) & gate_audio  # (B, T, C)
    visual = (found.segment_visual >= protocol.segment) & gate_visual  # (B, T, C)
    return audio.byte(), visual.byte()


def check_protocol(protocol: Protocol, classes: int) -> None:
    """Refuse a protocol whose class thresholds are for another number of classes.

    Raises:
        LeapError: the protocol has class thresholds, but not one per class.
    """
    thresholds = protocol.class_thresholds
    if thresholds is not None and len(thresholds) != classes:
        raise LeapError(f"protocol: {len(thresholds)} class_thresholds for {classes} classes; give one each")


def video_gates(parsing: Parsing | Probabilities, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """Video-level decisions that gate audio and visual segments, each (B, 1, C)."""
    if protocol.gate is None:
        gates = (torch.ones_like(parsing.video, dtype=torch.bool),) * 2
    elif protocol.gate == "video":
        gates = (parsing.video >= protocol.gate_threshold,) * 2
    else:
        gates = (
            parsing.video_audio >= protocol.gate_threshold,
            parsing.video_visual >= _visual_threshold(parsing.video_visual, protocol),
        )
    return gates[0].unsqueeze(1), gates[1].unsqueeze(1)


def _visual_threshold(video_visual: Tensor, protocol: Protocol) -> Tensor | float:
    check_protocol(protocol, video_visual.shape[-1])
    if protocol.class_thresholds is None:
        return protocol.gate_threshold
    return video_visual.new_tensor(protocol.class_thresholds)  # (C,)
