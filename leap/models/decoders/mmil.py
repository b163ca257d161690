"""Attentive pooling for multimodal multiple-instance learning (MMIL), the decoder of HAN (arXiv 2007.10558).

Release: YapengTian/AVVP-ECCV20, nets/net_audiovisual.py.
"""

import torch
from torch import Tensor, nn

from leap.config import DECODERS, Coupling, MmilConfig, ModelConfig
from leap.models.layers.attention import AttentionBlock
from leap.models.output import Parsing, to_float32


class Mmil(nn.Module):
    """A linear classifier of segments, whose probabilities are pooled by attention over time and modality.

    Both streams share the three linear layers.

    >>> parsing = Mmil(width=8, classes=5)(torch.rand(3, 10, 8), torch.rand(3, 10, 8))
    >>> parsing.segment_audio.shape, parsing.video.shape  # (B, T, C), (B, C)
    (torch.Size([3, 10, 5]), torch.Size([3, 5]))

    Args:
        width: d.
        classes: C.
        blocks: self-attention blocks per modality before the classifier; 0 is MMIL as published, and 2 give
            it about as many parameters as LEAP with N = 2 (the capacity control).
        heads: attention heads of those blocks.
        ffn: hidden width of those blocks' feed-forward layers.
        dropout: dropout rate of those blocks.
        video: ``"pooled"``, as published: a video probability is a weighted mean of segment probabilities, so
            its loss trains the segments. ``"separate"``, a control: it is the sigmoid of a second linear
            layer on the stream pooled with the same weights, so its loss does not reach the segment logits.
    """

    def __init__(
        self,
        width: int,
        classes: int,
        blocks: int = 0,
        heads: int = 1,
        ffn: int = 128,
        dropout: float = 0.2,
        video: Coupling = "pooled",
    ) -> None:
        super().__init__()
        self.blocks_audio, self.blocks_visual = (
            nn.ModuleList(AttentionBlock(width, ffn, heads, dropout) for _ in range(blocks)) for _ in range(2)
        )
        self.event = nn.Linear(width, classes)
        self.time_attention = nn.Linear(width, classes)
        self.modality_attention = nn.Linear(width, classes)
        self.video_head = nn.Linear(width, classes) if video == "separate" else None

    def forward(self, audio: Tensor, visual: Tensor, label_embedding: Tensor | None = None) -> Parsing:
        """Decode two (B, T, d) streams; ``label_embedding`` is not used.

        Pooled, ``video`` is the sum over segments and modalities of time weight × modality weight ×
        probability. It can exceed 1, as in the release; losses clamp it.
        """
        encoded_audio, encoded_visual = audio, visual
        for block_audio, block_visual in zip(self.blocks_audio, self.blocks_visual, strict=True):
            audio = block_audio(audio, audio).refined
            visual = block_visual(visual, visual).refined
        streams = torch.stack([audio, visual], dim=2)  # (B, T, 2, d)
        logits = to_float32(self.event(streams))  # (B, T, 2, C)
        time = torch.softmax(self.time_attention(streams), dim=1)  # (B, T, 2, C)
        video_audio, video_visual, video = self._video(streams, logits, time)
        weights = time.permute(2, 0, 3, 1)[:, :, None, None]  # (2, B, 1, 1, C, T)
        return Parsing(
            segment_audio=logits[:, :, 0],
            segment_visual=logits[:, :, 1],
            video_audio=video_audio,
            video_visual=video_visual,
            video=video,
            encoded_audio=encoded_audio,
            encoded_visual=encoded_visual,
            attention_audio=weights[0],
            attention_visual=weights[1],
        )

    def _video(self, streams: Tensor, logits: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Audio, visual and joint video probabilities, each (B, C)."""
        if self.video_head is None:  # the order of operations is that of the committed records
            pooled = time * torch.sigmoid(logits)  # (B, T, 2, C)
            modality = self._modality(streams)
            return pooled[:, :, 0].sum(dim=1), pooled[:, :, 1].sum(dim=1), (pooled * modality).sum(dim=(1, 2))
        modality = self._modality(streams)
        pooled = time * to_float32(self.video_head(streams))  # logits, (B, T, 2, C): the head is linear
        audio, visual = torch.sigmoid(pooled.sum(dim=1)).unbind(dim=1)  # (B, C)
        return audio, visual, torch.sigmoid((pooled * modality).sum(dim=(1, 2)))

    def _modality(self, streams: Tensor) -> Tensor:
        """Weights of the modalities, (B, T, 2, C)."""
        return torch.softmax(self.modality_attention(streams), dim=2)


@DECODERS.register(MmilConfig)
def build_mmil(config: MmilConfig, model: ModelConfig, classes: int, label_width: int) -> Mmil:
    """Build MMIL for C classes; label embeddings are not used."""
    return Mmil(model.width, classes, config.blocks, config.heads, model.ffn, model.dropout, config.video)
