"""CMPAE (Gao, Chen and Xu, CVPR 2023): evidence for the presence and for the absence of every event."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from leap.models.encoders.han import Han
from leap.models.layers.dropout import Dropout
from leap.models.output import Parsing, Uncertainty, precise

TEMPERATURE = 0.8
LARGEST_LOGIT = 10.0
SLOPE = 0.2
"""Of the leaky ReLUs."""

JOINT_DROPOUT = 0.2

CROSS_SHARE = 0.8
"""Weight of HAN with cross-modal attention; HAN without has the rest."""


class BlendedHan(Han):
    """HAN run with and without cross-modal attention by the same layers, and averaged 0.8 to 0.2 (CMPAE)."""

    def forward(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Encode two (B, T, d) streams into two (B, T, d) streams."""
        streams = zip(self.unimodal(audio, visual), super().forward(audio, visual), strict=True)
        audio, visual = (torch.lerp(own, crossed, CROSS_SHARE) for own, crossed in streams)
        return audio, visual


def concentration(logits: Tensor) -> Tensor:
    """Parameters α = exp(logit / 0.8) + 1 of the evidence's distribution; logits are cut at ±10 (CMPAE)."""
    return (precise(logits).clamp(-LARGEST_LOGIT, LARGEST_LOGIT) / TEMPERATURE).exp() + 1


def belief(presence: Tensor, absence: Tensor) -> tuple[Tensor, Tensor]:
    """Log odds of presence and the uncertainty 2 / Σα, from two logits of equal shape (CMPAE)."""
    present, absent = concentration(presence), concentration(absence)
    return present.log() - absent.log(), 2 / (present + absent)


class Evidential(nn.Module):
    """CMPAE's decoder: each modality's absence logits read both modalities, its presence logits its own.

    ``video`` is the larger of the two modalities' probabilities, unless a ``GlobalBranch`` replaces it.

    Args:
        width: d.
        classes: C.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.presence, self.absence = (nn.Linear(width, classes) for _ in range(2))
        self.time_attention = nn.Linear(width, 2 * classes)  # of presence and absence, class by class
        self.joint_audio, self.joint_visual = (nn.Linear(width, width) for _ in range(2))
        self.dropout, self.activation = Dropout(JOINT_DROPOUT), nn.LeakyReLU(SLOPE)

    def forward(self, audio: Tensor, visual: Tensor, label_embedding: Tensor | None = None) -> Parsing:
        """Decode two (B, T, d) streams; ``label_embedding`` is not used."""
        joint = audio + visual  # (B, T, d)
        segment_audio, unsure_audio, video_audio, doubt_audio = self._decode(audio, self.joint_audio(joint))
        segment_visual, unsure_visual, video_visual, doubt_visual = self._decode(
            visual, self.joint_visual(joint)
        )
        return Parsing(
            segment_audio=segment_audio,
            segment_visual=segment_visual,
            video_audio=video_audio,
            video_visual=video_visual,
            video=torch.maximum(video_audio, video_visual),
            encoded_audio=audio,
            encoded_visual=visual,
            uncertainty=Uncertainty(unsure_audio, unsure_visual, doubt_audio, doubt_visual),
        )

    def _decode(self, stream: Tensor, joint: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One modality: segment logits and uncertainties, video probabilities and uncertainties."""
        both = stream + self.activation(self.dropout(joint))  # (B, T, d)
        logits = torch.stack([self.presence(stream), self.absence(both)], dim=-1)  # (B, T, C, 2)
        attention = self.time_attention(stream).unflatten(-1, (-1, 2)).softmax(dim=1)  # (B, T, C, 2)
        pooled = (attention * logits).sum(dim=1)  # (B, C, 2); logits are pooled, not probabilities
        video, doubt = belief(*pooled.unbind(-1))
        return *belief(*logits.unbind(-1)), video.sigmoid(), doubt


class GlobalBranch(nn.Module):
    """CMPAE's judgement of the whole video from the front end's streams, before the encoder.

    Args:
        width: d.
        classes: C.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(SLOPE))
        self.event = nn.Linear(width, classes)

    def forward(self, parsing: Parsing, audio: Tensor, visual: Tensor) -> Parsing:
        """Put the branch's ``video`` into a parsing, from the front end's two (B, T, d) streams.

        With an evidential decoder also its uncertainty, C / Σα over the classes.
        """
        logits = self.event(self.embed(audio) + self.embed(visual))  # (B, T, C)
        doubt = logits.shape[-1] / concentration(logits.mean(dim=1)).sum(dim=-1)  # (B,)
        known = parsing.uncertainty
        return replace(
            parsing,
            video=precise(logits).sigmoid().mean(dim=1),
            uncertainty=None if known is None else replace(known, video=doubt),
        )
