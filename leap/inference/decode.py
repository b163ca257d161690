"""Turn probabilities into events under a decoding protocol, which is recorded with every result."""

from __future__ import annotations

import torch
from torch import Tensor

from leap.config import Protocol
from leap.errors import LeapError
from leap.models.output import Parsing


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
    audio = parsing.segment_audio.sigmoid() >= protocol.segment  # (B, T, C)
    visual = parsing.segment_visual.sigmoid() >= protocol.segment  # (B, T, C)
    gate_audio, gate_visual = video_gates(parsing, protocol)
    return (audio & gate_audio).byte(), (visual & gate_visual).byte()


def check_protocol(protocol: Protocol, classes: int) -> None:
    """Refuse a protocol whose class thresholds are for another number of classes.

    Raises:
        LeapError: the protocol has class thresholds, but not one per class.
    """
    thresholds = protocol.class_thresholds
    if thresholds is not None and len(thresholds) != classes:
        raise LeapError(f"protocol: {len(thresholds)} class_thresholds for {classes} classes; give one each")


def video_gates(parsing: Parsing, protocol: Protocol) -> tuple[Tensor, Tensor]:
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
