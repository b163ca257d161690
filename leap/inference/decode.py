"""From probabilities to events: the protocol is part of every result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass
from torch import Tensor

from leap.errors import LeapError

if TYPE_CHECKING:
    from leap.models.output import Parsing

Threshold = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Protocol:
    """How a parsing becomes events; a probability equal to its threshold is an event.

    HAN, MM-Pyr, VALOR and LEAP use the default; JoMoLD ``gate="modality"``; CMPAE
    ``Protocol(segment=0.25, gate="modality", gate_threshold=0.45, class_thresholds=...)``.

    Attributes:
        segment: threshold of segment probabilities.
        gate: the video decision that a segment also needs: ``"video"``, one for both modalities;
            ``"modality"``, the modality's own; None, no such decision.
        gate_threshold: threshold of the video decision.
        class_thresholds: the visual decision's threshold for each class, (C,), in place of
            ``gate_threshold``, which stays the audio decision's; only with ``gate="modality"``.
    """

    segment: Threshold = 0.5
    gate: Literal["video", "modality"] | None = "video"
    gate_threshold: Threshold = 0.5
    class_thresholds: tuple[Threshold, ...] | None = None

    @model_validator(mode="after")
    def _class_thresholds_have_a_gate(self) -> Protocol:
        if self.class_thresholds is not None and self.gate != "modality":
            raise ValueError('class_thresholds belong to gate="modality"')
        return self


def decode(parsing: Parsing, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """Decide which events occur in each segment.

    Args:
        parsing: what the parser says about ``B`` videos.
        protocol: thresholds and gate.

    Returns:
        Audio and visual events, each (B, T, C), zeros and ones, uint8.

    Raises:
        LeapError: if the protocol's class thresholds are not one for each class.
    """
    audio = parsing.segment_audio.sigmoid() >= protocol.segment  # (B, T, C)
    visual = parsing.segment_visual.sigmoid() >= protocol.segment  # (B, T, C)
    gate_audio, gate_visual = _gates(parsing, protocol)
    return (audio & gate_audio).byte(), (visual & gate_visual).byte()


def _gates(parsing: Parsing, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """The video decisions that audio and visual segments are multiplied by, each (B, 1, C)."""
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
    if protocol.class_thresholds is None:
        return protocol.gate_threshold
    thresholds, classes = protocol.class_thresholds, video_visual.shape[-1]
    if len(thresholds) != classes:
        raise LeapError(f"protocol: {len(thresholds)} class_thresholds for {classes} classes; give one each")
    return video_visual.new_tensor(thresholds)  # (C,)
