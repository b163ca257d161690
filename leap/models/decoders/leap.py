"""LEAP: label-anticipated event disentanglement, the decoder of arXiv 2407.08126.

Release: jasongief/LEAP, main_network_temporal_add_label.py and nets/Transformer.py.
"""

from copy import deepcopy
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from leap.config import DECODERS, Coupling, LeapConfig, ModelConfig, Variant
from leap.models.layers.attention import AttentionBlock, AttentionOutput, share_projections
from leap.models.layers.parallel_streams import parallel_streams
from leap.models.output import Parsing, to_float32


class LabelProjection(nn.Module):
    """The N cross-attention blocks of one modality, in which label embeddings query the segments.

    Args:
        blocks: the N cross-attention blocks.
        width: d.
        variant: variant of the decoder, see `Leap`.
        video: ``"separate"`` or ``"pooled"``, see `Leap`.
    """

    def __init__(
        self, blocks: nn.ModuleList, width: int, variant: Variant, video: Coupling = "separate"
    ) -> None:
        super().__init__()
        self.blocks = blocks
        self.video_head = nn.Linear(width, 1) if video == "separate" else None
        self.second_pass = variant in ("release", "release-scores")
        self.calibrated = variant == "calibrated"
        if self.calibrated:
            self.scale = nn.Parameter(torch.tensor(4.0))
            self.bias = nn.Parameter(torch.tensor(-3.0))
        if self.calibrated and self.video_head is not None:
            nn.init.constant_(self.video_head.bias, -3.0)  # events are sparse: start from "absent"

    def forward(self, labels: Tensor, segments: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Let labels (1, C, d) attend to segments (B, T, d).

        Returns:
            Segment logits (B, T, C), video probabilities (B, C), refined label embeddings (B, C, d) and
            attention weights (B, N, heads, C, T).
        """
        weights = []
        for block in self.blocks:
            attended = block(labels, segments)
            labels = attended.refined  # (B, C, d)
            weights.append(attended.weights)
        logits = self._segment_scores(attended, segments).mean(dim=1).transpose(1, 2)  # (B, T, C)
        if self.calibrated:
            logits = self.scale * logits + self.bias
        return logits, self._video(logits, attended, labels), labels, torch.stack(weights, dim=1)

    def _video(self, logits: Tensor, attended: AttentionOutput, labels: Tensor) -> Tensor:
        """Video probabilities, (B, C), from the refined label embeddings or from the segments."""
        if self.video_head is not None:
            return torch.sigmoid(to_float32(self.video_head(labels))).squeeze(-1)
        attention = attended.weights.mean(dim=1).transpose(1, 2)  # (B, T, C)
        return (attention * torch.sigmoid(to_float32(logits))).sum(dim=1)

    def _segment_scores(self, attended: AttentionOutput, segments: Tensor) -> Tensor:
        if not self.second_pass:
            return attended.scores  # (B, heads, C, T)
        last = cast(AttentionBlock, self.blocks[-1])
        return last.query_key_scores(attended.after_attention, segments)  # second pass, no LayerNorm


class Leap(nn.Module):
    """LEAP's decoder: label embeddings query the segments, and the attention scores are segment logits.

    Variants:
        * ``"paper"``: the segment logit is the last block's scaled query-key score, averaged over heads;
          ``video = 1 − (1 − p_a)(1 − p_v)`` for the modalities' video probabilities p_a and p_v.
        * ``"release"``: the released code. Segment logits come from a second attention pass, whose query is
          the label embedding after attention and before the feed-forward layer, without LayerNorm; ``video``
          is the union of the two decisions p ≥ 0.5 and has no gradient.
        * ``"release-scores"``: segment logits as in the release, ``video`` as in the paper.
        * ``"release-union"``: segment logits as in the paper, ``video`` as in the release.
        * ``"calibrated"``: not in the paper. It extends ``"paper"`` by a learnable scale and bias of each
          modality's segment logits, and initializes the biases of the video heads for absent events.

    All 2N blocks start from equal values, and so do the query, key, value and output projections of a block,
    as in the release.

    >>> leap = Leap(width=8, label_width=4, ffn=16, heads=2)
    >>> leap(torch.rand(3, 10, 8), torch.rand(3, 10, 8), torch.rand(5, 4)).segment_audio.shape  # (B, T, C)
    torch.Size([3, 10, 5])

    Args:
        width: d.
        label_width: L, width of the label embeddings.
        ffn: hidden width of the feed-forward layers.
        blocks: N, number of cross-attention blocks per modality.
        heads: attention heads; must divide ``width``.
        dropout: dropout rate on sublayers and in the feed-forward layers; attention weights have half of it.
        variant: one of the above.
        video: ``"separate"``, as in the paper: a linear layer on the refined label embeddings gives the video
            probabilities, so their loss reaches the segment logits through the attention weights only.
            ``"pooled"``, a control: they are means of the segment probabilities, weighted by the last block's
            attention.

    Raises:
        ValueError: ``blocks`` is below 1, or ``heads`` does not divide ``width``.
    """

    def __init__(
        self,
        width: int,
        label_width: int,
        ffn: int,
        blocks: int = 2,
        heads: int = 8,
        dropout: float = 0.2,
        variant: Variant = "paper",
        video: Coupling = "separate",
    ) -> None:
        super().__init__()
        if blocks < 1:
            raise ValueError("LEAP needs at least one block")
        self.hard_union = variant in ("release", "release-union")
        self.label = nn.Linear(label_width, width)
        block = share_projections(AttentionBlock(width, ffn, heads, dropout))
        self.audio, self.visual = (
            LabelProjection(nn.ModuleList(deepcopy(block) for _ in range(blocks)), width, variant, video)
            for _ in range(2)
        )

    def forward(self, audio: Tensor, visual: Tensor, label_embedding: Tensor | None = None) -> Parsing:
        """Decode two (B, T, d) streams with label embeddings (C, L).

        Raises:
            ValueError: label embeddings are missing.
        """
        if label_embedding is None:
            raise ValueError("LEAP decodes by label embeddings; give label_embedding (C, L)")
        labels = self.label(label_embedding).unsqueeze(0)  # (1, C, d): the same queries for all videos
        heard, seen = parallel_streams(
            partial(self.audio, labels, audio), partial(self.visual, labels, visual)
        )
        segment_audio, video_audio, label_audio, attention_audio = heard
        segment_visual, video_visual, label_visual, attention_visual = seen
        return Parsing(
            segment_audio=segment_audio,
            segment_visual=segment_visual,
            video_audio=video_audio,
            video_visual=video_visual,
            video=self._union(video_audio, video_visual),
            encoded_audio=audio,
            encoded_visual=visual,
            label_audio=label_audio,
            label_visual=label_visual,
            attention_audio=attention_audio,
            attention_visual=attention_visual,
        )

    def _union(self, audio: Tensor, visual: Tensor) -> Tensor:
        if self.hard_union:
            audio, visual = (audio >= 0.5).to(audio), (visual >= 0.5).to(visual)
        return 1 - (1 - audio) * (1 - visual)  # (B, C)


class LeapTagger(nn.Module):
    """LEAP's decoder for a single stream of features, such as image patches: it tags a whole and its parts.

    Args:
        width: d.
        label_width: L, width of the label embeddings.
        ffn: hidden width of the feed-forward layers.
        blocks: N, number of cross-attention blocks.
        heads: attention heads; must divide ``width``.
        dropout: dropout rate on sublayers and in the feed-forward layers; attention weights have half of it.
    """

    def __init__(
        self, width: int, label_width: int, ffn: int, blocks: int = 2, heads: int = 4, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.label = nn.Linear(label_width, width)
        made = (share_projections(AttentionBlock(width, ffn, heads, dropout)) for _ in range(blocks))
        self.projection = LabelProjection(nn.ModuleList(made), width, "paper")

    def forward(self, parts: Tensor, label_embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Tag features (B, T, d) of T parts with labels (C, L).

        Returns:
            Logits of the parts (B, T, C) and probabilities of the whole (B, C).
        """
        logits, whole, _, _ = self.projection(self.label(label_embedding).unsqueeze(0), parts)
        return logits, whole


@DECODERS.register(LeapConfig)
def build_leap(config: LeapConfig, model: ModelConfig, classes: int, label_width: int) -> Leap:
    """Build LEAP's decoder for label embeddings of width L."""
    return Leap(
        model.width,
        label_width,
        model.ffn,
        config.blocks,
        config.heads,
        model.dropout,
        config.variant,
        config.video,
    )
