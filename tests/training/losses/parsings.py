"""Parsings with random scores, of which losses are computed."""

import torch

from leap.models.output import Parsing


def make_parsing(videos, seed=0, encoded=None):
    """A parsing with random scores, and optionally given encoder outputs."""
    generator = torch.Generator().manual_seed(seed)
    n, t, c = videos.pseudo_audio.shape
    audio, visual = encoded or (torch.randn(n, t, 6, generator=generator) for _ in range(2))
    return Parsing(
        *(torch.randn(n, t, c, generator=generator) for _ in range(2)),
        *(torch.rand(n, c, generator=generator) for _ in range(3)),
        encoded_audio=audio,
        encoded_visual=visual,
    )
