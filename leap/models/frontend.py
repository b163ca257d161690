"""The front end: it projects stored features to an audio and a visual stream of width d."""

import torch
from torch import Tensor, nn


class Frontend(nn.Module):
    """Project audio and visual features to the common width d (HAN, arXiv 2007.10558).

    The frames of each second are averaged before the linear layer. Averaging after it would give the same
    result at a higher cost.

    Args:
        audio: width A of the audio features.
        visual_2d: width V of the frame features.
        visual_3d: width S of the clip features, or None without them.
        width: d.
    """

    def __init__(self, audio: int, visual_2d: int, visual_3d: int | None, width: int) -> None:
        super().__init__()
        self.audio = nn.Linear(audio, width)
        self.visual_2d = nn.Linear(visual_2d, width)
        self.visual_3d = None if visual_3d is None else nn.Linear(visual_3d, width)
        self.fusion = None if visual_3d is None else nn.Linear(2 * width, width)

    def forward(
        self, audio: Tensor, visual_2d: Tensor, visual_3d: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Project features to an audio and a visual stream, each (B, T, d).

        Args:
            audio: audio features, (B, T, A).
            visual_2d: frame features, (B, T, V), or those of k frames per second, (B, T·k, V).
            visual_3d: clip features, (B, T, S), or None.

        Raises:
            ValueError: clip features are given to a front end built without them, or are missing in one built
                with them.
        """
        if (visual_3d is None) != (self.visual_3d is None):
            raise ValueError("visual_3d is given, but the model was built without it, or the reverse")
        frames = visual_2d.unflatten(1, (audio.shape[1], -1))  # (B, T, k, V)
        visual = self.project_frames(frames)  # (B, T, d)
        if self.visual_3d is not None and self.fusion is not None:
            clips = self.activate(self.visual_3d(visual_3d))  # (B, T, d)
            visual = self.activate(self.fusion(torch.cat([visual, clips], dim=-1)))  # (B, T, d)
        return self.activate(self.audio(audio)), visual

    def project_frames(self, frames: Tensor) -> Tensor:
        """Average the k frames of each second, (B, T, k, V), and project them, (B, T, d)."""
        return self.visual_2d(frames.mean(dim=2))

    def activate(self, x: Tensor) -> Tensor:
        """Apply the activation that follows the linear layers; the identity here."""
        return x
