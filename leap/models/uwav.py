"""The parser of UWAV (Lai et al., CVPR 2025, arXiv 2505.09615).

Release: ysiqi0785-ops/UWAV, model/HAN.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from leap.config import PARSERS, UwavConfig
from leap.models.parser import Parser, build_parts


class UwavFrontend(nn.Module):
    """UWAV's front end: two layers for audio, one for the concatenated frame and clip features.

    Args:
        audio: width A of the audio features.
        visual_2d: width V of the frame features.
        visual_3d: width S of the clip features, or None without them.
        width: d; the hidden layer has 2d units.
    """

    def __init__(self, audio: int, visual_2d: int, visual_3d: int | None, width: int) -> None:
        super().__init__()
        self.audio = nn.Sequential(nn.Linear(audio, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.fusion = nn.Linear(visual_2d + (visual_3d or 0), width)

    def forward(
        self, audio: Tensor, visual_2d: Tensor, visual_3d: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Project features to an audio and a visual stream, each (B, T, d).

        Args:
            audio: audio features, (B, T, A).
            visual_2d: frame features, (B, T, V), or those of k frames per second, (B, T·k, V).
            visual_3d: clip features, (B, T, S), or None.
        """
        frames = visual_2d.unflatten(1, (audio.shape[1], -1)).mean(dim=2)  # (B, T, V)
        visual = frames if visual_3d is None else torch.cat([frames, visual_3d], dim=-1)
        return self.audio(audio), self.fusion(visual)


@PARSERS.register(UwavConfig)
def build_uwav(config: UwavConfig, widths: dict[str, int], label_embedding: Tensor) -> Parser:
    """Build UWAV's parser."""
    return Parser(*build_parts(config, widths, label_embedding, UwavFrontend))
