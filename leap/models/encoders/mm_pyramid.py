"""The multimodal pyramid attentional network (MM-Pyr) of Yu et al., ACM MM 2022."""

from copy import deepcopy
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from leap.models.layers.attention import Attended, AttentionBlock, share_projections
from leap.models.layers.parallel_streams import side_by_side


class Integration(nn.Module):
    """Two refinements of one stream, each through a gate of its own; the gates are not normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own = nn.Linear(2 * width, width)
        self.cross = nn.Linear(2 * width, width)

    def forward(self, own: Tensor, cross: Tensor) -> Tensor:
        """Combine self-attention's and cross-attention's (B, T, d)."""
        both = torch.cat([own, cross], dim=-1)  # (B, T, 2d)
        return torch.sigmoid(self.own(both)) * own + torch.sigmoid(self.cross(both)) * cross


class TemporalBlock(nn.Module):
    """A dilated convolution of kernel 3 over the segments, with a residual connection."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilated = nn.Conv1d(width, width, kernel_size=3, padding=dilation, dilation=dilation)
        self.pointwise = nn.Conv1d(width, width, kernel_size=1)

    def forward(self, stream: Tensor) -> Tensor:
        """Refine (B, T, d)."""
        refined = _as_linear(self.pointwise, torch.relu(_as_linear(self.dilated, self._context(stream))))
        return torch.relu(refined + stream)

    def _context(self, stream: Tensor) -> Tensor:
        """Each segment between those that the convolution sees before and after it, (B, T, 3d)."""
        (reach,), segments = self.dilated.dilation, stream.shape[1]
        padded = F.pad(stream, (0, 0, reach, reach))  # (B, T + 2·reach, d)
        return torch.cat([padded[:, start : start + segments] for start in (0, reach, 2 * reach)], dim=-1)


def _as_linear(layer: nn.Conv1d, context: Tensor) -> Tensor:
    """A convolution as one matrix product over the context of every segment, faster for so few segments."""
    return F.linear(context, layer.weight.transpose(1, 2).flatten(1), layer.bias)


class PyramidLevel(nn.Module):
    """One level: attention within ``reach`` segments, then a convolution of that dilation.

    Self-attention of each modality and cross-modal attention, one layer for both directions, read the same
    input.

    Args:
        blocks: transformer layers of that reach: for audio, for visual, and for both directions across.
        width: d.
        reach: δ; segments i and j attend to one another where ``|i − j| ≤ δ``.
    """

    def __init__(self, blocks: list[AttentionBlock], width: int, reach: int) -> None:
        super().__init__()
        self.self_audio, self.self_visual, self.cross = blocks
        self.integrate_audio, self.integrate_visual = (Integration(width) for _ in range(2))
        self.temporal_audio, self.temporal_visual = (TemporalBlock(width, reach) for _ in range(2))

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Refine two (B, T, d) streams."""
        own_audio, own_visual, cross = side_by_side(
            partial(self.self_audio, audio, audio),
            partial(self.self_visual, visual, visual),
            partial(self._across, audio, visual),
        )
        cross_audio, cross_visual = cross.refined.chunk(2)
        audio, visual = side_by_side(
            partial(self._finish_audio, own_audio.refined, cross_audio),
            partial(self._finish_visual, own_visual.refined, cross_visual),
        )
        return audio, visual

    def _across(self, audio: Tensor, visual: Tensor) -> Attended:
        """Each stream refined by the other, (2B, T, d): one pass serves both, as the layer is shared."""
        return cast(Attended, self.cross(torch.cat([audio, visual]), torch.cat([visual, audio])))

    def _finish_audio(self, own: Tensor, cross: Tensor) -> Tensor:
        return self.temporal_audio(self.integrate_audio(own, cross))

    def _finish_visual(self, own: Tensor, cross: Tensor) -> Tensor:
        return self.temporal_visual(self.integrate_visual(own, cross))


class LevelFusion(nn.Module):
    """One modality's levels: attention among the levels of a segment, then a weighted sum of them.

    The weights are sigmoids and are not normalised.
    """

    def __init__(self, block: AttentionBlock, width: int) -> None:
        super().__init__()
        self.interaction = block
        self.selection = nn.Linear(width, 1)

    def forward(self, levels: Tensor) -> Tensor:
        """Fuse (B, T, levels, d) to (B, T, d)."""
        flat = levels.flatten(0, 1)  # (B·T, levels, d)
        refined = self.interaction(flat, flat).refined
        fused = (torch.sigmoid(self.selection(refined)) * refined).sum(dim=1)  # (B·T, d)
        return fused.unflatten(0, levels.shape[:2])


class MmPyramid(nn.Module):
    """MM-Pyr: chained levels of widening reach 1, 2, 4, 8 …, all of which are fused.

    Some initial values are equal, as in the release: the projections of an attention, the feed-forward layers
    of all levels, and the two fusions.

    Args:
        width: d.
        ffn: hidden width of the feed-forward layers.
        levels: number of levels; 4 in the paper.
        heads: attention heads; 8 in the paper.
        dropout: dropout on sublayers and in the feed-forward layers, half of it on attention weights.
        swapped: return the visual stream as the audio one and the reverse. The release stacks its streams for
            MMIL in one order and reads them in the other.
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

        def block(reach: int) -> AttentionBlock:
            """A layer of a level; all have the same first feed-forward layer."""
            made = share_projections(AttentionBlock(width, ffn, heads, dropout, reach))
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
        audio, visual = side_by_side(
            partial(self.fuse_audio, pyramid[0]), partial(self.fuse_visual, pyramid[1])
        )
        return (visual, audio) if self.swapped else (audio, visual)
