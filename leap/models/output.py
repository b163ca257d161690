"""What a parser says about a batch of videos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

CLAMP = 1e-7
"""The releases' bound on probabilities inside a logarithm."""


@dataclass(frozen=True)
class Uncertainty:
    """What an evidential decoder does not know (CMPAE), in (0, 1] but for ``video``.

    Attributes:
        segment_audio: of the segment probabilities, (B, T, C).
        segment_visual: likewise, (B, T, C).
        video_audio: of the audio video probability, (B, C).
        video_visual: of the visual video probability, (B, C).
        video: of the global branch, one value a video, (B,); None without it.
    """

    segment_audio: Tensor
    segment_visual: Tensor
    video_audio: Tensor
    video_visual: Tensor
    video: Tensor | None = None


@dataclass(frozen=True)
class Parsing:
    """Segment-level and video-level event scores of ``B`` videos.

    The sigmoid of a segment logit is the segment's event probability in every decoder.

    Attributes:
        segment_audio: logits, (B, T, C).
        segment_visual: logits, (B, T, C).
        video_audio: probability that the class is heard anywhere in the video, (B, C).
        video_visual: probability that the class is seen anywhere in the video, (B, C).
        video: probability that the class is in the video at all, (B, C).
        encoded_audio: the encoder's output, (B, T, d); L_avss compares it.
        encoded_visual: the encoder's output, (B, T, d).
        label_audio: LEAP's refined label embeddings, (B, C, d); None elsewhere.
        label_visual: the same for the visual stream.
        attention_audio: LEAP's softmax attention of labels over segments, (B, N, heads, C, T); MMIL's time
            weights, with N and heads of 1; None elsewhere.
        attention_visual: the same for the visual stream.
        uncertainty: of an evidential decoder; None elsewhere.
    """

    segment_audio: Tensor
    segment_visual: Tensor
    video_audio: Tensor
    video_visual: Tensor
    video: Tensor
    encoded_audio: Tensor
    encoded_visual: Tensor
    label_audio: Tensor | None = None
    label_visual: Tensor | None = None
    attention_audio: Tensor | None = None
    attention_visual: Tensor | None = None
    uncertainty: Uncertainty | None = None

    def precise(self) -> Parsing:
        """The same without tensors in bfloat16; uncertainties are in float32 already."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        changes: dict[str, Any] = {name: precise(value) for name, value in tensors.items()}
        return replace(self, **changes)

    def without_nan(self) -> Parsing:
        """The same with 0 for video probabilities that are NaN, which cross-entropies refuse."""
        names = ("video_audio", "video_visual", "video")
        return replace(self, **{name: getattr(self, name).nan_to_num(0.0) for name in names})


def precise(x: Tensor) -> Tensor:
    """A tensor in float32, where it is in bfloat16; probabilities in that cannot tell 0.998 from 1."""
    return x.float() if x.dtype == torch.bfloat16 else x


def blend(first: Parsing, second: Parsing, share: float) -> Parsing:
    """Average the probabilities of two parsings; all else is the first's.

    Args:
        first: one parsing.
        second: another of the same videos.
        share: weight of the first, in [0, 1].
    """

    def mixed(name: str) -> Tensor:
        """Probabilities of both."""
        return torch.lerp(getattr(second, name), getattr(first, name), share)

    def mixed_logits(name: str) -> Tensor:
        """Logits whose sigmoid is the average of both's, cut at ±16."""
        other, own = (precise(getattr(parsing, name)).sigmoid() for parsing in (second, first))
        return torch.logit(torch.lerp(other, own, share), eps=CLAMP)

    return replace(
        first,
        segment_audio=mixed_logits("segment_audio"),
        segment_visual=mixed_logits("segment_visual"),
        video_audio=mixed("video_audio"),
        video_visual=mixed("video_visual"),
        video=mixed("video"),
    )
