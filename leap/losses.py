"""The losses of the paper, one function each, and a criterion that names them.

Every loss is a mean over its elements. Shapes as in ``leap.models.parsing``.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from leap.config import LossConfig
from leap.data.videos import Videos
from leap.models.parsing import Parsing

CLAMP = 1e-7  # the releases' bound on probabilities inside a logarithm


def video_bce(probability: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of video-level probabilities (B, C), clamped to [1e-7, 1 − 1e-7]."""
    return F.binary_cross_entropy(probability.clamp(CLAMP, 1 - CLAMP), target)


def segment_bce(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of segment logits (B, T, C) against segment pseudo labels (B, T, C)."""
    return F.binary_cross_entropy_with_logits(logits, target)


def eiou(audio: Tensor, visual: Tensor) -> Tensor:
    """Event intersection over union of each audio-visual segment pair (LEAP).

    Args:
        audio: events heard, (B, T, C), zeros and ones.
        visual: events seen, (B, T, C), zeros and ones.

    Returns:
        ``|A_i ∩ V_j| / |A_i ∪ V_j|`` at (i, j), (B, T, T); 0 where both sets are empty.
    """
    shared = torch.matmul(audio, visual.transpose(1, 2))  # (B, T, T)
    union = audio.sum(-1).unsqueeze(2) + visual.sum(-1).unsqueeze(1) - shared  # (B, T, T)
    return shared / union.clamp(min=1)


def eiou_release(audio: Tensor, visual: Tensor) -> Tensor:
    """The released code's target in place of EIoU, (B, T, T), in [0.01, 0.51].

    With n the shared classes of a pair and m the largest number of classes in any one segment of the
    video: x = n / m, target = x / (1 + x) + 0.01.
    """
    largest = torch.maximum(audio.sum(-1), visual.sum(-1)).amax(dim=1)  # (B,)
    shared = torch.matmul(audio, visual.transpose(1, 2))  # (B, T, T)
    x = shared / largest.clamp(min=1e-8)[:, None, None]
    return x / (1 + x) + 0.01


def cosine_similarity(audio: Tensor, visual: Tensor) -> Tensor:
    """Cosine similarity of every audio segment with every visual segment, (B, T, T)."""
    return torch.matmul(F.normalize(audio, dim=-1), F.normalize(visual, dim=-1).transpose(1, 2))


def avss(parsing: Parsing, videos: Videos) -> Tensor:
    """Audio-visual semantic similarity loss L_avss (LEAP): cosine towards EIoU."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(similarity, eiou(videos.pseudo_audio, videos.pseudo_visual))


def avss_release(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss as the released code computes it: ReLU of the cosine towards ``eiou_release``."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(F.relu(similarity), eiou_release(videos.pseudo_audio, videos.pseudo_visual))


def basic_losses(parsing: Parsing, videos: Videos) -> dict[str, Tensor]:
    """L_basic (LEAP): video and segment cross-entropies, the same for every decoder.

    A modality's video target is the union of its pseudo labels over time; the target of the whole
    video is the weak label.
    """
    return {
        "video_audio": video_bce(parsing.video_audio, videos.pseudo_audio.amax(dim=1)),
        "video_visual": video_bce(parsing.video_visual, videos.pseudo_visual.amax(dim=1)),
        "video": video_bce(parsing.video, videos.weak),
        "segment_audio": segment_bce(parsing.segment_audio, videos.pseudo_audio),
        "segment_visual": segment_bce(parsing.segment_visual, videos.pseudo_visual),
    }


def han_losses(parsing: Parsing, videos: Videos, smoothing: float = 0.9) -> dict[str, Tensor]:
    """HAN's losses (ECCV 2020): weak labels only, smoothed for the visual stream."""
    smooth = smoothing * videos.weak + (1 - smoothing) * 0.5  # (B, C)
    return {
        "video_audio": video_bce(parsing.video_audio, videos.weak),
        "video_visual": video_bce(parsing.video_visual, smooth),
        "video": video_bce(parsing.video, videos.weak),
    }


def valor_losses(parsing: Parsing, videos: Videos) -> dict[str, Tensor]:
    """VALOR's losses (NeurIPS 2023): the whole video by its weak label, segments by their pseudo labels."""
    return {
        "video": video_bce(parsing.video, videos.weak),
        "segment_audio": segment_bce(parsing.segment_audio, videos.pseudo_audio),
        "segment_visual": segment_bce(parsing.segment_visual, videos.pseudo_visual),
    }


class Criterion:
    """L_basic and, where λ > 0, L_avss, as named losses; weights are applied by ``total``."""

    def __init__(self, config: LossConfig) -> None:
        self.weights = {"avss": config.weight_avss}
        self._avss = avss if config.avss == "paper" else avss_release

    def __call__(self, parsing: Parsing, videos: Videos) -> dict[str, Tensor]:
        """The unweighted losses by name."""
        losses = basic_losses(parsing, videos)
        if self.weights["avss"] > 0:
            losses["avss"] = self._avss(parsing, videos)
        return losses

    def total(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum that is minimised."""
        return torch.stack([self.weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()
