"""Front end, encoder and decoder composed; every encoder works with every decoder."""

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from leap.config import ModelConfig
from leap.errors import LeapError
from leap.models.frontend import Frontend
from leap.models.han import Han
from leap.models.leap import Leap
from leap.models.mm_pyramid import MmPyramid
from leap.models.mmil import Mmil
from leap.models.parsing import Parsing
from leap.models.valor import Valor


class Parser(nn.Module):
    """An audio-visual video parser.

    Args:
        frontend: features → two (B, T, d) streams.
        encoder: two streams → two streams.
        decoder: two streams and label embeddings → ``Parsing``.
        label_embedding: the label embeddings (C, L) used unless others are given; a `nn.Parameter` is
            trained with the rest.
    """

    label_embedding: Tensor | None

    def __init__(
        self, frontend: nn.Module, encoder: nn.Module, decoder: nn.Module, label_embedding: Tensor | None
    ) -> None:
        super().__init__()
        self.frontend = frontend
        self.encoder = encoder
        self.decoder = decoder
        if isinstance(label_embedding, nn.Parameter):
            self.label_embedding = label_embedding
        else:
            self.register_buffer("label_embedding", label_embedding)

    def forward(
        self,
        audio: Tensor,
        visual_2d: Tensor,
        visual_3d: Tensor | None = None,
        label_embedding: Tensor | None = None,
    ) -> Parsing:
        """Parse (B, T, A), (B, T, V) and, where the model has them, (B, T, S) features."""
        labels = self.label_embedding if label_embedding is None else label_embedding
        return self.decoder(*self.encoder(*self.frontend(audio, visual_2d, visual_3d)), labels)


def _han(config: ModelConfig) -> nn.Module:
    encoder = config.encoder
    return Han(config.width, config.ffn, encoder.layers, encoder.heads, config.dropout)


def _mm_pyramid(config: ModelConfig, swapped: bool = False) -> nn.Module:
    encoder = config.encoder
    return MmPyramid(config.width, config.ffn, encoder.layers, encoder.heads, config.dropout, swapped)


def _valor(config: ModelConfig, pre_norm: bool = False) -> nn.Module:
    encoder = config.encoder
    return Valor(config.width, config.ffn, encoder.layers, encoder.heads, config.dropout, pre_norm)


def _mmil(config: ModelConfig, classes: int, label_width: int) -> nn.Module:
    decoder = config.decoder
    if decoder.variant != "paper":
        raise ValueError(f"MMIL has no variant {decoder.variant!r}")
    return Mmil(config.width, classes, decoder.blocks, decoder.heads, config.ffn, config.dropout)


def _leap(config: ModelConfig, classes: int, label_width: int) -> nn.Module:
    decoder = config.decoder
    return Leap(
        config.width, label_width, config.ffn, decoder.blocks, decoder.heads, config.dropout, decoder.variant
    )


ENCODERS: dict[str, Callable[[ModelConfig], nn.Module]] = {
    "han": _han,
    "valor": _valor,
    "valor-pre-norm": partial(_valor, pre_norm=True),
    "mm-pyramid": _mm_pyramid,
    "mm-pyramid-swapped": partial(_mm_pyramid, swapped=True),
}
DECODERS: dict[str, Callable[[ModelConfig, int, int], nn.Module]] = {"mmil": _mmil, "leap": _leap}


def build_parser(config: ModelConfig, widths: dict[str, int], label_embedding: Tensor) -> Parser:
    """Make a parser for features of the given widths.

    Args:
        config: the model.
        widths: widths of ``audio``, ``visual_2d`` and, where present, ``visual_3d``.
        label_embedding: label embeddings (C, L).

    Raises:
        LeapError: for an unknown encoder or decoder, or sizes that do not fit.
    """
    for name, known in ((config.encoder.name, ENCODERS), (config.decoder.name, DECODERS)):
        if name not in known:
            raise LeapError(f"unknown model part {name!r}; known are {', '.join(known)}")
    try:
        frontend = Frontend(widths["audio"], widths["visual_2d"], widths.get("visual_3d"), config.width)
        encoder = ENCODERS[config.encoder.name](config)
        decoder = DECODERS[config.decoder.name](config, *label_embedding.shape)
    except (ValueError, AssertionError) as error:
        raise LeapError(f"model config: {error}; choose sizes that fit") from None
    trained = config.labels == "learned"
    return Parser(frontend, encoder, decoder, nn.Parameter(label_embedding) if trained else label_embedding)
