"""The transformer block that LEAP's decoder and MM-Pyr are built of."""

from functools import partial
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor, nn

from leap.models.layers.dropout import Dropout
from leap.models.layers.parallel_streams import side_by_side
from leap.models.layers.softmax import softmax


class Attended(NamedTuple):
    """What a block returns.

    Attributes:
        refined: the queries after the block, (B, Q, d).
        scores: query-key scores over √(d/heads), before the softmax, (B, heads, Q, T).
        weights: their softmax over T, (B, heads, Q, T).
        between: the queries after attention and before the feed-forward layer, (B, Q, d).
    """

    refined: Tensor
    scores: Tensor
    weights: Tensor
    between: Tensor


class AttentionBlock(nn.Module):
    """Queries attend to a context, then a feed-forward layer; pre-norm on the queries only.

    In LEAP: ``Q = norm(query)W_Q``, ``K = context W_K``, ``V = context W_V``,
    with residual connections around attention and feed-forward layer.

    Args:
        width: d.
        ffn: hidden width of the feed-forward layer.
        heads: attention heads; must divide ``width``.
        dropout: dropout on both sublayers and in the feed-forward layer; half of it on the attention
            weights, as in the release.
        reach: attend within so many segments only; None for all.
    """

    def __init__(
        self, width: int, ffn: int, heads: int, dropout: float = 0.2, reach: int | None = None
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.heads, self.reach = heads, reach
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.norm_attention = nn.LayerNorm(width)
        self.norm_feed_forward = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, ffn), nn.ReLU(), Dropout(dropout), nn.Linear(ffn, width)
        )
        self.dropout = Dropout(dropout)
        self.attention_dropout = Dropout(dropout / 2)

    def forward(self, query: Tensor, context: Tensor) -> Attended:
        """Refine ``query`` (B or 1, Q, d) by ``context`` (B, T, d).

        A query of batch size 1 is shared by all videos; its projection is then computed once.
        """
        projected = side_by_side(
            partial(self.query, self.norm_attention(query)),
            partial(self.key, context),
            partial(self.value, context),
        )
        queries, keys, values = map(self._split, projected)
        scores = self._scores(queries, keys)
        weights = softmax(scores)  # (B, heads, Q, T)
        mixed = torch.matmul(self.attention_dropout(weights), values)  # (B, heads, Q, d/heads)
        between = query + self.dropout(self.output(mixed.transpose(1, 2).flatten(2)))  # (B, Q, d)
        refined = between + self.dropout(self.feed_forward(self.norm_feed_forward(between)))
        return Attended(refined, scores, weights, between)

    def scores(self, query: Tensor, context: Tensor) -> Tensor:
        """Scaled query-key scores before the softmax, (B, heads, Q, T)."""
        return self._scores(self._split(self.query(query)), self._split(self.key(context)))

    def _scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        scores = torch.matmul(queries, keys.transpose(-2, -1)) / sqrt(queries.shape[-1])
        return scores if self.reach is None else scores + _beyond(self.reach, scores)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, length, d/heads)


def share_projections(block: AttentionBlock) -> AttentionBlock:
    """Start key, value and output projections from the values of the query's; returns the block."""
    for layer in (block.key, block.value, block.output):
        layer.load_state_dict(block.query.state_dict())
    return block


def _beyond(reach: int, scores: Tensor) -> Tensor:
    """−∞ where segments are further apart, else 0, (T, T); adding it is faster than filling by a mask."""
    places = torch.arange(scores.shape[-1], device=scores.device)
    far = (places - places[:, None]).abs() > reach
    return torch.zeros_like(far, dtype=scores.dtype).masked_fill_(far, -torch.inf)
