"""The transformer block of LEAP's decoder and of MM-Pyr."""

from functools import partial
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor, nn

from leap.models.layers.dropout import Dropout
from leap.models.layers.parallel_streams import parallel_streams
from leap.models.layers.softmax import softmax


class AttentionOutput(NamedTuple):
    """Output of an attention block for Q queries and T segments.

    Attributes:
        refined: queries after the block, (B, Q, d).
        scores: query-key scores divided by √(d/heads), before the softmax, (B, heads, Q, T).
        weights: softmax of the scores over T, (B, heads, Q, T).
        after_attention: queries after attention and its residual, before the feed-forward layer, (B, Q, d).
    """

    refined: Tensor
    scores: Tensor
    weights: Tensor
    after_attention: Tensor


class AttentionBlock(nn.Module):
    """Attention from queries to a context, then a feed-forward layer, with a residual around each.

    A LayerNorm precedes each sublayer (pre-norm). It applies to the queries only:
    ``Q = norm(query) W_Q``, ``K = context W_K``, ``V = context W_V``.

    >>> labels, segments = torch.rand(1, 5, 8), torch.rand(3, 10, 8)
    >>> AttentionBlock(width=8, ffn=16, heads=2)(labels, segments).weights.shape  # (B, heads, Q, T)
    torch.Size([3, 2, 5, 10])

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        heads: attention heads; must divide ``width``.
        dropout: dropout rate on both sublayers and in the feed-forward layer; attention weights have half of
            it, as in the release.
        window: δ; a query at segment i attends to segments j with ``|i − j| ≤ δ``; None for all segments.

    Raises:
        ValueError: ``heads`` does not divide ``width``.
    """

    def __init__(
        self, width: int, ffn: int, heads: int, dropout: float = 0.2, window: int | None = None
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.heads, self.window = heads, window
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.norm_attention = nn.LayerNorm(width)
        self.norm_feed_forward = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, ffn), nn.ReLU(), Dropout(dropout), nn.Linear(ffn, width)
        )
        self.dropout = Dropout(dropout)
        self.attention_dropout = Dropout(dropout / 2)

    def forward(self, query: Tensor, context: Tensor) -> AttentionOutput:
        """Refine ``query`` (B or 1, Q, d) by ``context`` (B, T, d).

        A query of batch size 1 is shared by all videos; its projection is then computed once.
        """
        projected = parallel_streams(
            partial(self.query, self.norm_attention(query)),
            partial(self.key, context),
            partial(self.value, context),
        )
        queries, keys, values = map(self._split, projected)
        scores = self._scores(queries, keys)
        weights = softmax(scores)  # (B, heads, Q, T)
        mixed = torch.matmul(self.attention_dropout(weights), values)  # (B, heads, Q, d/heads)
        after_attention = query + self.dropout(self.output(mixed.transpose(1, 2).flatten(2)))  # (B, Q, d)
        refined = after_attention + self.dropout(self.feed_forward(self.norm_feed_forward(after_attention)))
        return AttentionOutput(refined, scores, weights, after_attention)

    def query_key_scores(self, query: Tensor, context: Tensor) -> Tensor:
        """Scaled scores of queries without LayerNorm, before the softmax, (B, heads, Q, T)."""
        return self._scores(self._split(self.query(query)), self._split(self.key(context)))

    def _scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        scores = torch.matmul(queries, keys.transpose(-2, -1)) / sqrt(queries.shape[-1])
        return scores if self.window is None else scores + _outside(self.window, scores)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, length, d/heads)


def share_projections(block: AttentionBlock) -> AttentionBlock:
    """Initialize key, value and output projections as copies of the query projection; return the block."""
    for layer in (block.key, block.value, block.output):
        layer.load_state_dict(block.query.state_dict())
    return block


def _outside(window: int, scores: Tensor) -> Tensor:
    """Additive mask, (T, T): −∞ outside the window, 0 inside; adding it is faster than masked filling."""
    places = torch.arange(scores.shape[-1], device=scores.device)
    outside = (places - places[:, None]).abs() > window
    return torch.zeros_like(outside, dtype=scores.dtype).masked_fill_(outside, -torch.inf)
