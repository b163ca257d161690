"""The hybrid attention network, HAN (Tian, Li and Xu, ECCV 2020, arXiv 2007.10558).

Release: YapengTian/AVVP-ECCV20, nets/net_audiovisual.py.
"""

import torch
from torch import Tensor, nn

from leap.config import ENCODERS, HanConfig, ModelConfig
from leap.models.layers.dropout import Dropout


class HanLayer(nn.Module):
    """Self-attention and cross-modal attention from the same query, then a feed-forward layer (HAN).

    Both attention outputs are added to the residual. The same layer serves both modalities.

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        heads: attention heads.
        dropout: dropout rate on attention weights, on sublayers and in the feed-forward layer.
        pre_norm: normalize before the sublayers instead of after them, an option of VALOR's release; keys and
            values of the other modality are then not normalized.
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
        """Refine a stream (B, T, d) by itself and, unless None, by the other modality's stream (B, T, d)."""
        if self.pre_norm:
            stream = self._attend(stream, self.norm_attention(stream), other)
            return stream + self.dropout(self.feed_forward(self.norm_feed_forward(stream)))
        stream = self.norm_attention(self._attend(stream, stream, other))
        return self.norm_feed_forward(stream + self.dropout(self.feed_forward(stream)))

    def _attend(self, stream: Tensor, query: Tensor, other: Tensor | None) -> Tensor:
        """Add self-attention and cross-modal attention to a stream, (B, T, d)."""
        own, _ = self.self_attention(query, query, query, need_weights=False)  # (B, T, d)
        if other is None:
            return stream + self.dropout(own)
        cross, _ = self.cross_attention(query, other, other, need_weights=False)  # (B, T, d)
        return stream + self.dropout(own) + self.dropout(cross)


class Han(nn.Module):
    """HAN: chained layers, each of which reads both output streams of the previous layer.

    One layer, the published setting, equals the released network.

    >>> audio, visual = Han(width=8, ffn=16)(torch.rand(3, 10, 8), torch.rand(3, 10, 8))
    >>> audio.shape  # (B, T, d)
    torch.Size([3, 10, 8])

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        layers: number of layers.
        heads: attention heads.
        dropout: dropout rate on attention weights, on sublayers and in the feed-forward layer.
        cross_weight: weight w in ``w · cross + (1 − w) · unimodal``, the blend of a pass with and a pass
            without cross-modal attention through the same layers; 0 and 1 need only one pass.
    """

    def __init__(
        self,
        width: int,
        ffn: int,
        layers: int = 1,
        heads: int = 1,
        dropout: float = 0.1,
        cross_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(HanLayer(width, ffn, heads, dropout) for _ in range(layers))
        self.cross_weight = cross_weight

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams into two (B, T, d) streams."""
        if self.cross_weight == 1:
            return self.cross_modal(audio, visual)
        unimodal = self.unimodal(audio, visual)
        if self.cross_weight == 0:
            return unimodal
        pairs = zip(unimodal, self.cross_modal(audio, visual), strict=True)
        audio, visual = (torch.lerp(own, cross, self.cross_weight) for own, cross in pairs)
        return audio, visual

    def cross_modal(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams, each attending to itself and to the other (HAN)."""
        return self._encode(audio, visual, cross=True)

    def unimodal(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams without cross-modal attention (JoMoLD, CMPAE)."""
        return self._encode(audio, visual, cross=False)

    def _encode(self, audio: Tensor, visual: Tensor, cross: bool) -> tuple[Tensor, Tensor]:
        streams = torch.cat([audio, visual])  # (2B, T, d): the layer is shared, so one pass serves both
        for layer in self.layers:
            others = streams.roll(len(audio), dims=0) if cross else None  # (2B, T, d), visual first
            streams = layer(streams, others)
        audio, visual = streams.chunk(2)
        return audio, visual


@ENCODERS.register(HanConfig)
def build_han(config: HanConfig, model: ModelConfig) -> Han:
    """Build HAN at the width, feed-forward width and dropout of a model."""
    return Han(model.width, model.ffn, config.layers, config.heads, model.dropout, config.cross_weight)
