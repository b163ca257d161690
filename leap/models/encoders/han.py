"""The hybrid attention network (HAN) of Tian, Li and Xu, ECCV 2020."""

import torch
from torch import Tensor, nn

from leap.models.layers.dropout import Dropout


class HanLayer(nn.Module):
    """Self-attention and cross-modal attention on one query, added to the residual (HAN).

    One layer serves both modalities. Post-norm, or with ``pre_norm`` as VALOR has it: then the keys and
    values of the other modality are not normalised.
    """

    def __init__(self, width: int, ffn: int, heads: int, dropout: float, pre_norm: bool = False) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.self_attention = nn.MultiheadAttention(width, heads, dropout, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(width, heads, dropout, batch_first=True)
        self.norm_attention = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, ffn), nn.ReLU(), Dropout(dropout), nn.Linear(ffn, width)
        )
        self.norm_feed_forward = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, stream: Tensor, other: Tensor | None) -> Tensor:
        """Refine one stream (B, T, d) by itself and, if given, by the other modality's (B, T, d)."""
        if self.pre_norm:
            stream = self._attend(stream, self.norm_attention(stream), other)
            return stream + self.dropout(self.feed_forward(self.norm_feed_forward(stream)))
        stream = self.norm_attention(self._attend(stream, stream, other))
        return self.norm_feed_forward(stream + self.dropout(self.feed_forward(stream)))

    def _attend(self, stream: Tensor, query: Tensor, other: Tensor | None) -> Tensor:
        """Add to a stream what its query finds in itself and in the other modality."""
        own, _ = self.self_attention(query, query, query, need_weights=False)  # (B, T, d)
        if other is None:
            return stream + self.dropout(own)
        cross, _ = self.cross_attention(query, other, other, need_weights=False)  # (B, T, d)
        return stream + self.dropout(own) + self.dropout(cross)


class Han(nn.Module):
    """Chained HAN layers; both streams of a layer read the layer before.

    With one layer, the published setting, this is the release's network.

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        layers: number of layers.
        heads: attention heads.
        dropout: dropout on attention weights, sublayers and the feed-forward layer.
    """

    def __init__(self, width: int, ffn: int, layers: int = 1, heads: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        self.layers = nn.ModuleList(HanLayer(width, ffn, heads, dropout) for _ in range(layers))

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams into two (B, T, d) streams."""
        return self._encode(audio, visual, cross=True)

    def unimodal(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode each stream by itself, without cross-modal attention (JoMoLD, CMPAE)."""
        return self._encode(audio, visual, cross=False)

    def _encode(self, audio: Tensor, visual: Tensor, cross: bool) -> tuple[Tensor, Tensor]:
        streams = torch.cat([audio, visual])  # (2B, T, d); one pass serves both, as the layer is shared
        for layer in self.layers:
            others = streams.roll(len(audio), dims=0) if cross else None  # (2B, T, d), visual first
            streams = layer(streams, others)
        audio, visual = streams.chunk(2)
        return audio, visual


class UnimodalHan(Han):
    """HAN without cross-modal attention, JoMoLD's estimator of label noise."""

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams, each by itself."""
        return self.unimodal(audio, visual)
