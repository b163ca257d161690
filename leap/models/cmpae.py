"""The parsers of JoMoLD's noise estimator and of CMPAE, which extend the standard `Parser`.

JoMoLD (Cheng et al., ECCV 2022, arXiv 2204.11573; release: MCG-NJU/JoMoLD, nets/net_audiovisual.py). CMPAE
(Gao, Chen and Xu, CVPR 2023; release: MengyuanChen21/CVPR2023-CMPAE, nets/net_audiovisual.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from leap.config import PARSERS, CmpaeConfig, JomoldConfig
from leap.models.decoders.evidential import SLOPE, EvidentialParsing, concentration
from leap.models.encoders.han import Han
from leap.models.frontend import Frontend
from leap.models.layers.dropout import Dropout
from leap.models.output import CLAMP, Parsing, to_float32
from leap.models.parser import Parser, Parts, Streams, build_parts


class EluFrontend(Frontend):
    """CMPAE's front end: an ELU follows every linear layer, and frames are averaged after the ELU."""

    def project_frames(self, frames: Tensor) -> Tensor:
        """Project the k frames of each second, (B, T, k, V), and average them, (B, T, d)."""
        return self.activate(self.visual_2d(frames)).mean(dim=2)

    def activate(self, x: Tensor) -> Tensor:
        """Apply an ELU."""
        return nn.functional.elu(x)


class GlobalBranch(nn.Module):
    """CMPAE's global branch: a video-level prediction from the front end's streams, before the encoder.

    Args:
        width: d.
        classes: C.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(SLOPE))
        self.event = nn.Linear(width, classes)

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Predict video probabilities (B, C) and uncertainty C / Σα, (B,), from two (B, T, d) streams."""
        logits = self.event(self.embed(audio) + self.embed(visual))  # (B, T, C)
        uncertainty = logits.shape[-1] / concentration(logits.mean(dim=1)).sum(dim=-1)  # (B,)
        return to_float32(logits).sigmoid().mean(dim=1), uncertainty


class JomoldParser(Parser):
    """A parser that applies dropout to the encoded visual stream, as JoMoLD and CMPAE do.

    Args:
        parts: the arguments of `Parser`, in its order.
        visual_dropout: dropout rate on the encoded visual stream.
    """

    def __init__(self, *parts: *Parts, visual_dropout: float) -> None:
        super().__init__(*parts)
        self.visual_dropout = Dropout(visual_dropout)

    def parse(self, streams: Streams, label_embedding: Tensor | None) -> Parsing:
        """Encode and decode two (B, T, d) streams; the parsing holds the encoded streams before dropout."""
        return self.decode(self.encoder(*streams), label_embedding)

    def decode(self, encoded: Streams, label_embedding: Tensor | None) -> Parsing:
        """Apply dropout to the visual stream and decode two encoded streams, each (B, T, d)."""
        audio, visual = encoded
        parsing: Parsing = self.decoder(audio, self.visual_dropout(visual), label_embedding)
        return replace(parsing, encoded_visual=visual)


class CmpaeParser(JomoldParser):
    """CMPAE: a global branch predicts the video probabilities; eval mode blends two passes.

    Args:
        parts: the arguments of `Parser`, in its order; the encoder needs a method ``unimodal``, as HAN has.
        visual_dropout: dropout rate on the encoded visual stream.
        branch: the global branch.
        cross_weight: in eval mode, weight w of the encoder's regular pass; the unimodal pass has 1 − w.
    """

    def __init__(
        self, *parts: *Parts, visual_dropout: float, branch: GlobalBranch, cross_weight: float
    ) -> None:
        super().__init__(*parts, visual_dropout=visual_dropout)
        self.branch, self.cross_weight = branch, cross_weight

    def parse(self, streams: Streams, label_embedding: Tensor | None) -> Parsing:
        """Encode and decode two (B, T, d) streams; eval mode blends the result with a unimodal pass."""
        parsing = self._with_branch(super().parse(streams, label_embedding), streams)
        if self.training or self.cross_weight == 1:
            return parsing
        return blend(parsing, self._parse_unimodal(streams, label_embedding), self.cross_weight)

    def unimodal(self, audio: Tensor, visual_2d: Tensor, visual_3d: Tensor | None = None) -> Parsing:
        """Parse features without cross-modal attention, as CMPAE does to find noisy labels.

        Features have the shapes of `Parser.forward`.
        """
        with self.autocast(audio):
            streams = self.frontend(audio, visual_2d, visual_3d)
            parsing = self._parse_unimodal(streams, self.label_embedding)
        return parsing.to_float32()

    def _parse_unimodal(self, streams: Streams, label_embedding: Tensor | None) -> Parsing:
        encoded = cast(Han, self.encoder).unimodal(*streams)
        return self._with_branch(self.decode(encoded, label_embedding), streams)

    def _with_branch(self, parsing: Parsing, streams: Streams) -> Parsing:
        video, uncertainty = self.branch(*streams)
        if isinstance(parsing, EvidentialParsing) and parsing.uncertainty is not None:
            parsing = replace(parsing, uncertainty=replace(parsing.uncertainty, video=uncertainty))
        return replace(parsing, video=video)


def blend(first: Parsing, second: Parsing, weight: float) -> Parsing:
    """Average the probabilities of two parsings; all other tensors are those of the first.

    Args:
        first: a parsing.
        second: another parsing of the same videos.
        weight: weight w of the first, in [0, 1]; the second has 1 − w.
    """

    def probabilities(name: str) -> Tensor:
        """Weighted mean of the probabilities of that name."""
        return torch.lerp(getattr(second, name), getattr(first, name), weight)

    def logits(name: str) -> Tensor:
        """Logits of the weighted mean of the probabilities, clamped to about ±16."""
        other, own = (to_float32(getattr(parsing, name)).sigmoid() for parsing in (second, first))
        return torch.logit(torch.lerp(other, own, weight), eps=CLAMP)

    return replace(
        first,
        segment_audio=logits("segment_audio"),
        segment_visual=logits("segment_visual"),
        video_audio=probabilities("video_audio"),
        video_visual=probabilities("video_visual"),
        video=probabilities("video"),
    )


@PARSERS.register(JomoldConfig)
def build_jomold(config: JomoldConfig, widths: dict[str, int], label_embedding: Tensor) -> JomoldParser:
    """Build JoMoLD's noise estimator."""
    parts = build_parts(config, widths, label_embedding, Frontend)
    return JomoldParser(*parts, visual_dropout=config.visual_dropout)


@PARSERS.register(CmpaeConfig)
def build_cmpae(config: CmpaeConfig, widths: dict[str, int], label_embedding: Tensor) -> CmpaeParser:
    """Build CMPAE.

    Raises:
        ValueError: the encoder has no unimodal pass.
    """
    parts = build_parts(config, widths, label_embedding, EluFrontend)
    if not hasattr(parts[1], "unimodal"):
        raise ValueError("CMPAE needs an encoder that can run without cross-modal attention: han")
    return CmpaeParser(
        *parts,
        visual_dropout=config.visual_dropout,
        branch=GlobalBranch(config.width, len(label_embedding)),
        cross_weight=config.cross_weight,
    )
