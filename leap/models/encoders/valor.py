"""The encoder of VALOR (Lai, Chen and Wang, NeurIPS 2023, arXiv 2305.17343).

Release: Franklin905/VALOR, main_network.py.
"""

from copy import deepcopy

from torch import Tensor, nn

from leap.config import ENCODERS, ModelConfig, ValorConfig
from leap.models.encoders.han import HanLayer


class Valor(nn.Module):
    """Chained HAN layers, in each of which the visual stream attends to the layer's updated audio stream.

    All layers start from equal values, as in the release.

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        layers: number of layers; 1 in VALOR, 4 in VALOR+ and VALOR++.
        heads: attention heads.
        dropout: dropout rate on attention weights, on sublayers and in the feed-forward layer.
        pre_norm: normalize before the sublayers and once at the end, instead of after the sublayers; an
            option of the release.
    """

    def __init__(
        self,
        width: int,
        ffn: int,
        layers: int = 1,
        heads: int = 8,
        dropout: float = 0.1,
        pre_norm: bool = False,
    ) -> None:
        super().__init__()
        layer = HanLayer(width, ffn, heads, dropout, pre_norm)
        self.layers = nn.ModuleList(deepcopy(layer) for _ in range(layers))
        self.norm_audio, self.norm_visual = (
            nn.LayerNorm(width) if pre_norm else nn.Identity() for _ in range(2)
        )

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams into two (B, T, d) streams."""
        for layer in self.layers:
            audio = layer(audio, visual)
            visual = layer(visual, audio)
        return self.norm_audio(audio), self.norm_visual(visual)


@ENCODERS.register(ValorConfig)
def build_valor(config: ValorConfig, model: ModelConfig) -> Valor:
    """Build VALOR's encoder at the width, feed-forward width and dropout of a model."""
    return Valor(model.width, model.ffn, config.layers, config.heads, model.dropout, config.pre_norm)
