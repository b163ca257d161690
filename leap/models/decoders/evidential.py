"""CMPAE's decoder (Gao, Chen and Xu, CVPR 2023): evidence for the presence and the absence of every event.

Release: MengyuanChen21/CVPR2023-CMPAE, nets/net_audiovisual.py.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from leap.config import DECODERS, EvidentialConfig, ModelConfig
from leap.models.layers.dropout import Dropout
from leap.models.output import Parsing, to_float32

TEMPERATURE = 0.8
LARGEST_LOGIT = 10.0
SLOPE = 0.2
"""Negative slope of the leaky ReLUs."""

JOINT_DROPOUT = 0.2


@dataclass(frozen=True)
class Uncertainty:
    """Uncertainty of evidential predictions, in (0, 1).

    Attributes:
        segment_audio: uncertainty of the audio segment probabilities, (B, T, C).
        segment_visual: uncertainty of the visual segment probabilities, (B, T, C).
        video_audio: uncertainty of the audio video probabilities, (B, C).
        video_visual: uncertainty of the visual video probabilities, (B, C).
        video: uncertainty of the global branch, one value per video, (B,); None without a global branch.
    """

    segment_audio: Tensor
    segment_visual: Tensor
    video_audio: Tensor
    video_visual: Tensor
    video: Tensor | None = None


@dataclass(frozen=True)
class EvidentialParsing(Parsing):
    """The parsing of an evidential decoder.

    Attributes:
        uncertainty: uncertainty of the predictions, in float32.
    """

    uncertainty: Uncertainty | None = None


def concentration(logits: Tensor) -> Tensor:
    """Dirichlet concentration parameters α = exp(logit / 0.8) + 1; logits are clamped to ±10."""
    return (to_float32(logits).clamp(-LARGEST_LOGIT, LARGEST_LOGIT) / TEMPERATURE).exp() + 1


def belief(presence: Tensor, absence: Tensor) -> tuple[Tensor, Tensor]:
    """Log-odds log(α_present / α_absent) and uncertainty 2 / Σα, from two logits of equal shape."""
    present, absent = concentration(presence), concentration(absence)
    return present.log() - absent.log(), 2 / (present + absent)


class Evidential(nn.Module):
    """CMPAE's decoder: presence logits come from one modality, absence logits from both.

    ``video`` is the larger of the two modalities' video probabilities, unless a global branch replaces it.

    Args:
        width: d.
        classes: C.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.presence, self.absence = (nn.Linear(width, classes) for _ in range(2))
        self.time_attention = nn.Linear(width, 2 * classes)  # per class: presence, absence
        self.joint_audio, self.joint_visual = (nn.Linear(width, width) for _ in range(2))
        self.dropout, self.activation = Dropout(JOINT_DROPOUT), nn.LeakyReLU(SLOPE)

    def forward(
        self, audio: Tensor, visual: Tensor, label_embedding: Tensor | None = None
    ) -> EvidentialParsing:
        """Decode two (B, T, d) streams; ``label_embedding`` is not used."""
        joint = audio + visual  # (B, T, d)
        heard = self._decode(audio, self.joint_audio(joint))
        seen = self._decode(visual, self.joint_visual(joint))
        return EvidentialParsing(
            segment_audio=heard[0],
            segment_visual=seen[0],
            video_audio=heard[2],
            video_visual=seen[2],
            video=torch.maximum(heard[2], seen[2]),
            encoded_audio=audio,
            encoded_visual=visual,
            uncertainty=Uncertainty(heard[1], seen[1], heard[3], seen[3]),
        )

    def _decode(self, stream: Tensor, joint: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Decode one modality: segment logits, their uncertainty, video probabilities, their uncertainty."""
        both = stream + self.activation(self.dropout(joint))  # (B, T, d)
        logits = torch.stack([self.presence(stream), self.absence(both)], dim=-1)  # (B, T, C, 2)
        attention = self.time_attention(stream).unflatten(-1, (-1, 2)).softmax(dim=1)  # (B, T, C, 2)
        pooled = (attention * logits).sum(dim=1)  # (B, C, 2): logits are pooled, not probabilities
        video, uncertainty = belief(*pooled.unbind(-1))
        return *belief(*logits.unbind(-1)), video.sigmoid(), uncertainty


@DECODERS.register(EvidentialConfig)
def build_evidential(
    config: EvidentialConfig, model: ModelConfig, classes: int, label_width: int
) -> Evidential:
    """Build CMPAE's decoder for C classes; label embeddings are not used."""
    return Evidential(model.width, classes)
