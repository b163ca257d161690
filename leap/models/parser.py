"""Front end, encoder and decoder composed; every encoder works with every decoder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from leap.config import ModelConfig, Precision
from leap.errors import LeapError
from leap.models.cmpae import BlendedHan, Evidential, GlobalBranch
from leap.models.decoders.leap import Leap
from leap.models.decoders.mmil import Mmil
from leap.models.description import Description
from leap.models.encoders.han import Han, UnimodalHan
from leap.models.encoders.mm_pyramid import MmPyramid
from leap.models.encoders.valor import Valor
from leap.models.frontend import Frontend
from leap.models.layers.dropout import Dropout
from leap.models.output import Parsing, blend

Streams = tuple[Tensor, Tensor]
"""Audio and visual, each (B, T, d)."""


class Parser(nn.Module):
    """An audio-visual video parser.

    Args:
        frontend: features → two (B, T, d) streams.
        encoder: two streams → two streams.
        decoder: two streams and label embeddings → ``Parsing``.
        label_embedding: the label embeddings (C, L) used unless others are given; a `nn.Parameter` is
            trained with the rest.
        branch: judges the whole video from the front end's streams (CMPAE); None where the decoder does.
        visual_dropout: dropout on the encoded visual stream (JoMoLD, CMPAE).
        cross_share: in eval mode, weight of the encoder's own pass; the rest is a pass without cross-modal
            attention (CMPAE), which only HAN has.
        precision: of matrix products; a parsing is in float32 either way.
    """

    label_embedding: Tensor | None
    description: Description | None = None
    """What the parser was made for, where it is read from disk or from a release, or was saved."""

    def __init__(
        self,
        frontend: nn.Module,
        encoder: nn.Module,
        decoder: nn.Module,
        label_embedding: Tensor | None,
        *,
        branch: nn.Module | None = None,
        visual_dropout: float = 0.0,
        cross_share: float = 1.0,
        precision: Precision = "float32",
    ) -> None:
        super().__init__()
        if cross_share < 1 and not isinstance(encoder, Han):
            raise ValueError("only HAN can be run without cross-modal attention")
        self.frontend = frontend
        self.encoder = encoder
        self.decoder = decoder
        self.branch = branch
        self.visual_dropout = Dropout(visual_dropout)
        self.cross_share = cross_share
        self.precision = precision
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
        rounded = self.precision == "bfloat16"
        with torch.autocast(audio.device.type, torch.bfloat16) if rounded else nullcontext():
            streams = self.frontend(audio, visual_2d, visual_3d)
            parsing = self._decode(self.encoder, streams, labels)
            if not self.training and self.cross_share < 1:
                parsing = blend(parsing, self._decode(self._unimodal, streams, labels), self.cross_share)
        return parsing.precise()

    def save_pretrained(self, folder: str | Path) -> Path:
        """Write ``model.safetensors`` and ``config.json`` in a folder; returns the path of the weights.

        Raises:
            LeapError: the parser has no ``description``.
        """
        from leap.models.checkpoint import save_parser

        if self.description is None:
            raise LeapError("this parser has no description of what it is for; set parser.description")
        return save_parser(self, self.description, folder)

    @classmethod
    def from_pretrained(cls, name: str | Path) -> Parser:
        """Read a parser, in eval mode, from a folder, a ``.safetensors`` file or the Hugging Face Hub.

        Args:
            name: a path, or a repository on the Hub, such as ``"owner/name"``, if there is no such path.

        Raises:
            LeapError: there is none, it is not one of ours, or huggingface_hub is not installed.
        """
        from leap.models.checkpoint import load_parser
        from leap.models.hub import snapshot

        return load_parser(name if Path(name).exists() else snapshot(str(name)))[0]

    def unimodal(self, audio: Tensor, visual_2d: Tensor, visual_3d: Tensor | None = None) -> Parsing:
        """Parse without cross-modal attention, as CMPAE does to find noisy labels; HAN only.

        Raises:
            LeapError: for another encoder.
        """
        streams = self.frontend(audio, visual_2d, visual_3d)
        return self._decode(self._unimodal, streams, self.label_embedding)

    def _unimodal(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        if not isinstance(self.encoder, Han):
            raise LeapError("only HAN can be run without cross-modal attention; take encoder han or cmpae")
        return self.encoder.unimodal(audio, visual)

    def _decode(
        self, encoder: Callable[..., Streams], streams: Streams, label_embedding: Tensor | None
    ) -> Parsing:
        """From the front end's streams to a parsing, whose encoded streams are those before dropout."""
        audio, visual = encoder(*streams)
        parsing = self.decoder(audio, self.visual_dropout(visual), label_embedding)
        parsing = replace(parsing, encoded_visual=visual)
        return parsing if self.branch is None else self.branch(parsing, *streams)


def _han(config: ModelConfig, kind: type[Han] = Han) -> nn.Module:
    encoder = config.encoder
    return kind(config.width, config.ffn, encoder.layers, encoder.heads, config.dropout)


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


def _evidential(config: ModelConfig, classes: int, label_width: int) -> nn.Module:
    if config.decoder.variant != "paper":
        raise ValueError(f"CMPAE's decoder has no variant {config.decoder.variant!r}")
    return Evidential(config.width, classes)


def _leap(config: ModelConfig, classes: int, label_width: int) -> nn.Module:
    decoder = config.decoder
    return Leap(
        config.width, label_width, config.ffn, decoder.blocks, decoder.heads, config.dropout, decoder.variant
    )


ENCODERS: dict[str, Callable[[ModelConfig], nn.Module]] = {
    "han": _han,
    "han-unimodal": partial(_han, kind=UnimodalHan),
    "cmpae": partial(_han, kind=BlendedHan),
    "valor": _valor,
    "valor-pre-norm": partial(_valor, pre_norm=True),
    "mm-pyramid": _mm_pyramid,
    "mm-pyramid-swapped": partial(_mm_pyramid, swapped=True),
}
DECODERS: dict[str, Callable[[ModelConfig, int, int], nn.Module]] = {
    "mmil": _mmil,
    "cmpae": _evidential,
    "leap": _leap,
}


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
        return _compose(config, widths, label_embedding)
    except (ValueError, AssertionError) as error:
        raise LeapError(f"model config: {error}; choose sizes that fit") from None


def _compose(config: ModelConfig, widths: dict[str, int], label_embedding: Tensor) -> Parser:
    features = widths["audio"], widths["visual_2d"], widths.get("visual_3d")
    return Parser(
        Frontend(*features, config.width, config.elu),
        ENCODERS[config.encoder.name](config),
        DECODERS[config.decoder.name](config, *label_embedding.shape),
        nn.Parameter(label_embedding) if config.labels == "learned" else label_embedding,
        branch=GlobalBranch(config.width, len(label_embedding)) if config.global_branch else None,
        visual_dropout=config.visual_dropout,
        cross_share=config.cross_share,
        precision=config.precision,
    )
