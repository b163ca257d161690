"""Parse videos in batches and decode their events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from leap.config import Protocol
from leap.data.videos import Videos
from leap.inference.decode import decode
from leap.io.progress import with_progress
from leap.models.output import Parsing

BATCH = 256
"""Number of videos parsed at once."""


@dataclass(frozen=True)
class Predictions:
    """Decoded events and segment probabilities of N videos, on the CPU.

    Attributes:
        audio: audio events, (N, T, C), zeros and ones.
        visual: visual events, (N, T, C), zeros and ones.
        probability_audio: probabilities of audio events, (N, T, C).
        probability_visual: probabilities of visual events, (N, T, C).
    """

    audio: Tensor
    visual: Tensor
    probability_audio: Tensor
    probability_visual: Tensor


def parse_videos(parser: nn.Module, videos: Videos) -> Iterator[Parsing]:
    """Parse videos in batches, in eval mode and without gradients; yields one parsing per batch.

    Without videos, it yields one parsing of zero videos.
    """
    parser.eval()
    with torch.inference_mode():
        starts = range(0, max(len(videos), 1), BATCH)
        for start in with_progress(starts, "parse", unit="batch"):
            yield parser(*videos[start : start + BATCH].features)


def predict(parser: nn.Module, videos: Videos, protocol: Protocol) -> Predictions:
    """Parse all videos, in eval mode, and decode their events."""
    parts: list[tuple[Tensor, ...]] = []
    for parsing in parse_videos(parser, videos):
        audio, visual = decode(parsing, protocol)
        parts.append((audio, visual, parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()))
    return Predictions(*(torch.cat(column).cpu() for column in zip(*parts, strict=True)))
