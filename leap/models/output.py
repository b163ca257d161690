"""The output of a parser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor

CLAMP = 1e-7
"""Probabilities are clamped to [CLAMP, 1 − CLAMP] before a logarithm, as in the releases."""


@dataclass(frozen=True)
class Parsing:
    """Segment-level and video-level event scores of B videos of T segments over C classes.

    In every decoder the sigmoid of a segment logit is the segment's event probability.

    Attributes:
        segment_audio: logits of audio events, (B, T, C).
        segment_visual: logits of visual events, (B, T, C).
        video_audio: probability that the class is heard anywhere in the video, (B, C).
        video_visual: probability that the class is seen anywhere in the video, (B, C).
        video: probability that the class is heard or seen anywhere in the video, (B, C); MMIL's can exceed 1.
        encoded_audio: the encoder's audio output, (B, T, d), which L_avss compares with the visual one.
        encoded_visual: the encoder's visual output, (B, T, d).
        label_audio: LEAP's label embeddings after the last audio block, (B, C, d); None in other decoders.
        label_visual: LEAP's label embeddings after the last visual block, (B, C, d); None in other decoders.
        attention_audio: attention weights over audio segments, (B, N, heads, C, T), of LEAP's N blocks or of
            MMIL's attention over time (N = heads = 1); None in other decoders.
        attention_visual: attention weights over visual segments, likewise.
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

    def to_float32(self) -> Self:
        """The parsing with bfloat16 tensors converted to float32."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        changes: dict[str, Any] = {name: to_float32(value) for name, value in tensors.items()}
        return replace(self, **changes)

    def without_nan(self) -> Self:
        """The parsing with NaN in video probabilities replaced by 0, because cross-entropies reject NaN."""
        names = ("video_audio", "video_visual", "video")
        return replace(self, **{name: getattr(self, name).nan_to_num(0.0) for name in names})


def to_float32(x: Tensor) -> Tensor:
    """Convert a bfloat16 tensor to float32; bfloat16 cannot distinguish 0.998 from 1."""
    return x.float() if x.dtype == torch.bfloat16 else x
