"""LEAP on MM-Pyr, operation by operation as the released code computes it: the baseline of our timings.

Like the release, it is not optimized for speed: every frame is projected before frames are averaged, label
embeddings are copied for every video, the two directions of cross-modal attention are separate passes,
segment scores come from a second attention pass, and dropout, softmax and optimizer are PyTorch's. The names
of parameters are those of our parser, so both load the same state dict.
"""

from math import sqrt

import torch
from torch import Tensor, nn

from leap.models.output import Parsing

LEVELS, FRAMES = 4, 8


class Attention(nn.Module):
    """A pre-norm transformer layer that normalizes the queries but not the context."""

    def __init__(self, width: int, ffn: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.norm_attention, self.norm_feed_forward = nn.LayerNorm(width), nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, ffn), nn.ReLU(), nn.Dropout(dropout), nn.Linear(ffn, width)
        )
        self.dropout, self.attention_dropout = nn.Dropout(dropout), nn.Dropout(dropout / 2)

    def forward(self, query: Tensor, context: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Queries (B, Q, d) after the layer, and after attention with its residual only."""
        weights = torch.softmax(self.scores(self.norm_attention(query), context, mask), dim=-1)
        mixed = torch.matmul(self.attention_dropout(weights), self.split(self.value(context)))
        mixed = mixed.transpose(1, 2).contiguous().view(query.shape)
        after_attention = query + self.dropout(self.output(mixed))
        hidden = self.feed_forward(self.norm_feed_forward(after_attention))
        return after_attention + self.dropout(hidden), after_attention

    def scores(self, query: Tensor, context: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scaled products of queries and keys, (B, heads, Q, T)."""
        query, key = self.split(self.query(query)), self.split(self.key(context))
        scores = torch.matmul(query, key.transpose(-2, -1)) / sqrt(query.shape[-1])
        return scores if mask is None else scores.masked_fill(mask == 0, -1e9)

    def split(self, x: Tensor) -> Tensor:
        """Split (B, T, d) into heads, (B, heads, T, d / heads)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Integration(nn.Module):
    """Gated sum of self-attended and cross-attended segments; each gate has its own linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own, self.cross = nn.Linear(2 * width, width), nn.Linear(2 * width, width)

    def forward(self, own: Tensor, cross: Tensor) -> Tensor:
        """Gate and add two streams, each (B, T, d)."""
        gate_own = torch.sigmoid(self.own(torch.cat([own, cross], dim=-1)))
        gate_cross = torch.sigmoid(self.cross(torch.cat([own, cross], dim=-1)))
        return gate_own * own + gate_cross * cross


class Temporal(nn.Module):
    """A dilated and a pointwise convolution over time, with a residual."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilated = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, stream: Tensor) -> Tensor:
        """Refine a stream, (B, T, d)."""
        channels = stream.permute(0, 2, 1)
        refined = torch.relu(self.pointwise(torch.relu(self.dilated(channels))) + channels)
        return refined.permute(0, 2, 1)


class Level(nn.Module):
    """One level of the pyramid."""

    def __init__(self, width: int, ffn: int, heads: int, dropout: float, window: int) -> None:
        super().__init__()
        self.window = window
        self.self_audio, self.self_visual, self.cross = (
            Attention(width, ffn, heads, dropout) for _ in range(3)
        )
        self.integrate_audio, self.integrate_visual = Integration(width), Integration(width)
        self.temporal_audio, self.temporal_visual = Temporal(width, window), Temporal(width, window)

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Refine the two streams, each (B, T, d)."""
        places = torch.arange(audio.shape[1], device=audio.device)
        mask = ((places - places[:, None]).abs() <= self.window).int()
        own_audio, own_visual = (
            self.self_audio(audio, audio, mask)[0],
            self.self_visual(visual, visual, mask)[0],
        )
        cross_audio, cross_visual = self.cross(audio, visual, mask)[0], self.cross(visual, audio, mask)[0]
        audio = self.temporal_audio(self.integrate_audio(own_audio, cross_audio))
        return audio, self.temporal_visual(self.integrate_visual(own_visual, cross_visual))


class Fusion(nn.Module):
    """Attention among the levels of every segment, and their weighted sum."""

    def __init__(self, width: int, ffn: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.interaction, self.selection = Attention(width, ffn, heads, dropout), nn.Linear(width, 1)

    def forward(self, levels: Tensor) -> Tensor:
        """Fuse (B, T, levels, d) to (B, T, d)."""
        batch, segments, count, width = levels.shape
        flat = levels.reshape(batch * segments, count, width)
        refined, _ = self.interaction(flat, flat)
        return (torch.sigmoid(self.selection(refined)) * refined).sum(dim=1).view(batch, segments, width)


class Pyramid(nn.Module):
    """MM-Pyr's encoder (arXiv 2111.12374)."""

    def __init__(self, width: int, ffn: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.levels = nn.ModuleList(Level(width, ffn, heads, dropout, 2**i) for i in range(LEVELS))
        self.fuse_audio, self.fuse_visual = (Fusion(width, ffn, heads, dropout) for _ in range(2))

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode the two streams, each (B, T, d)."""
        audios, visuals = [], []
        for level in self.levels:
            audio, visual = level(audio, visual)
            audios.append(audio)
            visuals.append(visual)
        return self.fuse_audio(torch.stack(audios, dim=2)), self.fuse_visual(torch.stack(visuals, dim=2))


class Projection(nn.Module):
    """LEAP's blocks for one modality."""

    def __init__(self, width: int, ffn: int, blocks: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Attention(width, ffn, heads, dropout) for _ in range(blocks))
        self.video_head = nn.Linear(width, 1)

    def forward(self, labels: Tensor, segments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Segment logits (B, T, C), video probabilities (B, C) and refined labels (B, C, d)."""
        for block in self.blocks:
            labels, after_attention = block(labels, segments)
        scores = block.scores(after_attention, segments).mean(dim=1).transpose(1, 2)
        return scores, torch.sigmoid(self.video_head(labels)).squeeze(-1), labels


class Decoder(nn.Module):
    """LEAP's decoder (arXiv 2407.08126)."""

    def __init__(
        self, width: int, label_width: int, ffn: int, blocks: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.label = nn.Linear(label_width, width)
        self.audio, self.visual = (Projection(width, ffn, blocks, heads, dropout) for _ in range(2))

    def forward(self, audio: Tensor, visual: Tensor, label_embedding: Tensor) -> Parsing:
        """Decode the two streams, each (B, T, d), with label embeddings (C, L)."""
        labels = self.label(label_embedding.unsqueeze(0).repeat(len(audio), 1, 1))
        segment_audio, video_audio, label_audio = self.audio(labels, audio)
        segment_visual, video_visual, label_visual = self.visual(labels, visual)
        video = ((video_audio >= 0.5) | (video_visual >= 0.5)).float()
        return Parsing(
            segment_audio,
            segment_visual,
            video_audio,
            video_visual,
            video,
            audio,
            visual,
            label_audio,
            label_visual,
        )


class Projections(nn.Module):
    """The linear projections of the features."""

    def __init__(self, audio: int, visual_2d: int, visual_3d: int, width: int) -> None:
        super().__init__()
        self.audio, self.visual_2d = nn.Linear(audio, width), nn.Linear(visual_2d, width)
        self.visual_3d, self.fusion = nn.Linear(visual_3d, width), nn.Linear(2 * width, width)

    def forward(self, audio: Tensor, frames: Tensor, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Project (B, T, A), (B, T·k, V) and (B, T, S) to an audio and a visual stream, each (B, T, d)."""
        projected = self.visual_2d(frames).permute(0, 2, 1).unsqueeze(-2)
        seconds = nn.functional.avg_pool2d(projected, (1, FRAMES)).squeeze(-2).permute(0, 2, 1)
        return self.audio(audio), self.fusion(torch.cat([seconds, self.visual_3d(clips)], dim=-1))


class Release(nn.Module):
    """LEAP on MM-Pyr, from features to a parsing."""

    def __init__(
        self,
        widths: tuple[int, int, int],
        label_embedding: Tensor,
        width: int = 512,
        ffn: int = 512,
        blocks: int = 2,
        heads: int = 8,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.frontend = Projections(*widths, width)
        self.encoder = Pyramid(width, ffn, heads, dropout)
        self.decoder = Decoder(width, label_embedding.shape[1], ffn, blocks, heads, dropout)
        self.register_buffer("label_embedding", label_embedding)

    def forward(self, audio: Tensor, frames: Tensor, clips: Tensor) -> Parsing:
        """Parse the features of B videos."""
        return self.decoder(*self.encoder(*self.frontend(audio, frames, clips)), self.label_embedding)
