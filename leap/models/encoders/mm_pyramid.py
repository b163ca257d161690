"""The multimodal pyramid attentional network, MM-Pyr (Yu et al., ACM MM 2022, arXiv 2111.12374).

Release: JustinYuu/MM_Pyramid, main_network.py, nets/MPAM.py and nets/Transformer.py.
"""

from copy import deepcopy
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from leap.config import ENCODERS, MmPyramidConfig, ModelConfig
from leap.models.layers.attention import AttentionBlock, AttentionOutput, share_projections
from leap.models.layers.convolution import convolve_segments
from leap.models.layers.parallel_streams import parallel_streams


class Integration(nn.Module):
    """Gated sum of the outputs of self-attention and of cross-modal attention.

    Each output has its own sigmoid gate; the two gates are not normalized to sum to 1.

    Args:
        width: d.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own = nn.Linear(2 * width, width)
        self.cross = nn.Linear(2 * width, width)

    def forward(self, own: Tensor, cross: Tensor) -> Tensor:
        """Combine the outputs of self-attention and cross-modal attention, each (B, T, d)."""
        both = torch.cat([own, cross], dim=-1)  # (B, T, 2d)
        return torch.sigmoid(self.own(both)) * own + torch.sigmoid(self.cross(both)) * cross


class TemporalBlock(nn.Module):
    """A dilated convolution of kernel 3 over segments, with a residual connection.

    Args:
        width: d.
        dilation: distance of the kernel's taps, in segments.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilated = nn.Conv1d(width, width, kernel_size=3, padding=dilation, dilation=dilation)
        self.pointwise = nn.Conv1d(width, width, kernel_size=1)

    def forward(self, stream: Tensor) -> Tensor:
        """Refine a stream, (B, T, d)."""
        hidden = torch.relu(convolve_segments(self.dilated, stream))
        return torch.relu(convolve_segments(self.pointwise, hidden) + stream)


class PyramidLevel(nn.Module):
    """One level of the pyramid: windowed attention, then a dilated convolution.

    Self-attention and cross-modal attention read the same input. One cross-modal block serves both
    directions.

    Args:
        blocks: three attention blocks of this window: audio, visual and cross-modal.
        width: d.
        window: δ; segments i and j attend to each other where ``|i − j| ≤ δ``.
    """

    def __init__(self, blocks: list[AttentionBlock], width: int, window: int) -> None:
        super().__init__()
        self.self_audio, self.self_visual, self.cross = blocks
        self.integrate_audio, self.integrate_visual = (Integration(width) for _ in range(2))
        self.temporal_audio, self.temporal_visual = (TemporalBlock(width, window) for _ in range(2))

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Refine two (B, T, d) streams."""
        own_audio, own_visual, cross = parallel_streams(
            partial(self.self_audio, audio, audio),
            partial(self.self_visual, visual, visual),
            partial(self._cross_modal, audio, visual),
        )
        cross_audio, cross_visual = cross.refined.chunk(2)
        audio, visual = parallel_streams(
            partial(self._finish_audio, own_audio.refined, cross_audio),
            partial(self._finish_visual, own_visual.refined, cross_visual),
        )
        return audio, visual

    def _cross_modal(self, audio: Tensor, visual: Tensor) -> AttentionOutput:
        """Refine each stream by the other, (2B, T, d); the block is shared, so one pass serves both."""
        return cast(AttentionOutput, self.cross(torch.cat([audio, visual]), torch.cat([visual, audio])))

    def _finish_audio(self, own: Tensor, cross: Tensor) -> Tensor:
        return self.temporal_audio(self.integrate_audio(own, cross))

    def _finish_visual(self, own: Tensor, cross: Tensor) -> Tensor:
        return self.temporal_visual(self.integrate_visual(own, cross))


class LevelFusion(nn.Module):
    """Fuse the levels of one modality by attention among the levels of each segment and a weighted sum.

    The weights are sigmoids and are not normalized.

    Args:
        block: attention among the levels.
        width: d.
    """

    def __init__(self, block: AttentionBlock, width: int) -> None:
        super().__init__()
        self.interaction = block
        self.selection = nn.Linear(width, 1)

    def forward(self, levels: Tensor) -> Tensor:
        """Fuse (B, T, levels, d) to (B, T, d)."""
        segments = levels.flatten(0, 1)  # (B·T, levels, d)
        refined = self.interaction(segments, segments).refined
        fused = (torch.sigmoid(self.selection(refined)) * refined).sum(dim=1)  # (B·T, d)
        return fused.unflatten(0, levels.shape[:2])


class MmPyramid(nn.Module):
    """MM-Pyr: chained levels with windows 1, 2, 4, 8 …, whose outputs are fused.

    Some layers start from equal values, as in the release: the four projections of an attention block, the
    feed-forward layers of all levels, and the attention blocks of the two fusions.

    >>> encoder = MmPyramid(width=8, ffn=16, levels=2, heads=2)
    >>> encoder(torch.rand(3, 10, 8), torch.rand(3, 10, 8))[0].shape  # (B, T, d)
    torch.Size([3, 10, 8])

    Args:
        width: d.
        ffn: hidden width of the feed-forward layers.
        levels: number of levels; 4 in the paper.
        heads: attention heads; 8 in the paper.
        dropout: dropout rate on sublayers and in the feed-forward layers; attention weights have half of it.
        swapped: exchange the two output streams, as the released code does: it stacks the streams for MMIL in
            one order and reads them in the other.
    """

    def __init__(
        self,
        width: int,
        ffn: int,
        levels: int = 4,
        heads: int = 8,
        dropout: float = 0.2,
        swapped: bool = False,
    ) -> None:
        super().__init__()
        feed_forward = AttentionBlock(width, ffn, heads, dropout).feed_forward

        def block(window: int) -> AttentionBlock:
            """Make an attention block of a level; all blocks start from the same feed-forward layer."""
            made = share_projections(AttentionBlock(width, ffn, heads, dropout, window))
            made.feed_forward.load_state_dict(feed_forward.state_dict())
            return made

        self.levels = nn.ModuleList(
            PyramidLevel([block(2**i) for _ in range(3)], width, 2**i) for i in range(levels)
        )
        fusion = share_projections(AttentionBlock(width, ffn, heads, dropout))
        self.fuse_audio, self.fuse_visual = (LevelFusion(deepcopy(fusion), width) for _ in range(2))
        self.swapped = swapped

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams into two (B, T, d) streams."""
        stages = []
        for level in self.levels:
            audio, visual = level(audio, visual)
            stages.append(torch.stack([audio, visual]))  # (2, B, T, d)
        pyramid = torch.stack(stages, dim=3)  # (2, B, T, levels, d)
        audio, visual = parallel_streams(
            partial(self.fuse_audio, pyramid[0]), partial(self.fuse_visual, pyramid[1])
        )
        return (visual, audio) if self.swapped else (audio, visual)


@ENCODERS.register(MmPyramidConfig)
def build_mm_pyramid(config: MmPyramidConfig, model: ModelConfig) -> MmPyramid:
    """Build MM-Pyr at the width, feed-forward width and dropout of a model."""
    return MmPyramid(model.width, model.ffn, config.levels, config.heads, model.dropout, config.swapped)
