"""From the features on disk to two streams of width d."""

import torch
from torch import Tensor, nn


class Frontend(nn.Module):
    """Project audio and visual features to the common width (HAN, ECCV 2020).

    Frames are averaged over each second where they are not yet. Averaging before the linear layer
    equals averaging after it, at a fraction of the cost; with ELUs, as CMPAE has them after every linear
    layer, it does not, and the average is taken after.

    Args:
        audio: width A of the audio features.
        visual_2d: width V of the frame features.
        visual_3d: width S of the clip features, or None where there are none.
        width: common width d.
        elu: an ELU after every linear layer.
    """

    def __init__(
        self, audio: int, visual_2d: int, visual_3d: int | None, width: int, elu: bool = False
    ) -> None:
        super().__init__()
        self.activation = nn.ELU() if elu else nn.Identity()
        self.audio = nn.Linear(audio, width)
        self.visual_2d = nn.Linear(visual_2d, width)
        self.visual_3d = None if visual_3d is None else nn.Linear(visual_3d, width)
        self.fusion = None if visual_3d is None else nn.Linear(2 * width, width)

    def forward(
        self, audio: Tensor, visual_2d: Tensor, visual_3d: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Project (B, T, A), (B, T, V) or (B, T·k, V), and (B, T, S) features to two (B, T, d) streams.

        Raises:
            ValueError: if clip features are given to a front end made without them, or the reverse.
        """
        if (visual_3d is None) != (self.visual_3d is None):
            raise ValueError("visual_3d must be given exactly when the front end was made with it")
        frames = visual_2d.unflatten(1, (audio.shape[1], -1))  # (B, T, k, V)
        visual = self._second(frames)  # (B, T, d)
        if self.visual_3d is not None and self.fusion is not None:
            clips = self.activation(self.visual_3d(visual_3d))  # (B, T, d)
            visual = self.activation(self.fusion(torch.cat([visual, clips], dim=-1)))  # (B, T, d)
        return self.activation(self.audio(audio)), visual

    def _second(self, frames: Tensor) -> Tensor:
        """Project the frames of each second, (B, T, k, V), to one vector, (B, T, d)."""
        if isinstance(self.activation, nn.Identity):
            return self.visual_2d(frames.mean(dim=2))
        return self.activation(self.visual_2d(frames)).mean(dim=2)
