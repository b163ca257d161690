"""The parser, composed of a front end, an encoder and a decoder; every encoder works with every decoder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from leap.config import DECODERS, ENCODERS, PARSERS, ModelConfig, Precision
from leap.errors import LeapError
from leap.models.frontend import Frontend
from leap.models.output import Parsing

if TYPE_CHECKING:
    from leap.models.checkpoint import Description

Streams = tuple[Tensor, Tensor]
"""Audio and visual streams, each (B, T, d)."""

Parts = tuple[nn.Module, nn.Module, nn.Module, Tensor | None, Precision]
"""The arguments of `Parser` in its order: front end, encoder, decoder, label embeddings and precision."""


class Parser(nn.Module):
    """An audio-visual video parser.

    Args:
        frontend: maps features to two (B, T, d) streams.
        encoder: maps two (B, T, d) streams to two (B, T, d) streams.
        decoder: maps two (B, T, d) streams and label embeddings (C, L) to a `Parsing`.
        label_embedding: default label embeddings, (C, L), or None; an `nn.Parameter` is trained.
        precision: precision of matrix products; the parsing is in float32 in any case.
    """

    label_embedding: Tensor | None
    description: Description | None = None
    """Config, classes, feature widths and protocol, set once the parser is trained, loaded or imported."""

    def __init__(
        self,
        frontend: nn.Module,
        encoder: nn.Module,
        decoder: nn.Module,
        label_embedding: Tensor | None,
        precision: Precision = "float32",
    ) -> None:
        super().__init__()
        self.frontend, self.encoder, self.decoder = frontend, encoder, decoder
        self.precision = precision
        if isinstance(label_embedding, nn.Parameter):
            self.label_embedding = label_embedding
        else:
            self.register_buffer("label_embedding", label_embedding)

    @staticmethod
    def from_pretrained(name: str | Path) -> Parser:
        """Read a parser: a shipped one, or one from a path or the Hub; see `leap.models.from_pretrained`.

        >>> Parser.from_pretrained("av-everyday/leap").description.classes[:3]
        ('speech', 'dog', 'rooster')
        """
        from leap.models.checkpoint import from_pretrained

        return from_pretrained(name)

    def forward(
        self,
        audio: Tensor,
        visual_2d: Tensor,
        visual_3d: Tensor | None = None,
        label_embedding: Tensor | None = None,
    ) -> Parsing:
        """Parse B videos.

        Args:
            audio: audio features, (B, T, A).
            visual_2d: frame features, (B, T, V), or those of k frames per second, (B, T·k, V).
            visual_3d: clip features, (B, T, S); None if the model was built without them.
            label_embedding: label embeddings, (C, L); None for the parser's own.

        Raises:
            ValueError: ``visual_3d`` is missing or unexpected, or LEAP's decoder has no label embeddings.
        """
        labels = self.label_embedding if label_embedding is None else label_embedding
        with self.autocast(audio):
            parsing = self.parse(self.frontend(audio, visual_2d, visual_3d), labels)
        return parsing.to_float32()

    def parse(self, streams: Streams, label_embedding: Tensor | None) -> Parsing:
        """Encode and decode the front end's two (B, T, d) streams; parsers of other systems override this."""
        parsing: Parsing = self.decoder(*self.encoder(*streams), label_embedding)
        return parsing

    def autocast(self, audio: Tensor) -> torch.autocast | nullcontext[None]:
        """Context manager in which matrix products on the features' device have the parser's precision."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(audio.device.type, torch.bfloat16)


def build_parser(config: ModelConfig, widths: dict[str, int], label_embedding: Tensor) -> Parser:
    """Build a parser for features of the given widths.

    >>> parser = build_parser(ModelConfig(), {"audio": 128, "visual_2d": 2048}, torch.eye(25))
    >>> parser(torch.rand(2, 10, 128), torch.rand(2, 10, 2048)).video.shape  # (B, C)
    torch.Size([2, 25])

    Args:
        config: the model.
        widths: widths of ``audio``, ``visual_2d`` and, where present, ``visual_3d``.
        label_embedding: label embeddings (C, L).

    Raises:
        LeapError: a part is unknown, or sizes do not fit together.
    """
    try:
        parser: Parser = PARSERS.build(config, widths, label_embedding)
    except (ValueError, AssertionError) as error:
        raise LeapError(f"model config: {error}; choose sizes that fit") from None
    return parser


@PARSERS.register(ModelConfig)
def build_standard(config: ModelConfig, widths: dict[str, int], label_embedding: Tensor) -> Parser:
    """Build a parser of the standard front end, an encoder and a decoder."""
    return Parser(*build_parts(config, widths, label_embedding, Frontend))


def build_parts(
    config: ModelConfig,
    widths: dict[str, int],
    label_embedding: Tensor,
    frontend: Callable[[int, int, int | None, int], nn.Module],
) -> Parts:
    """Build the arguments of `Parser`; random initial values are drawn in their order."""
    return (
        frontend(widths["audio"], widths["visual_2d"], widths.get("visual_3d"), config.width),
        ENCODERS.build(config.encoder, config),
        DECODERS.build(config.decoder, config, *label_embedding.shape),
        nn.Parameter(label_embedding) if config.labels == "learned" else label_embedding,
        config.precision,
    )
