"""L_avss, LEAP's audio-visual semantic similarity loss (arXiv 2407.08126), and its variants.

Release: jasongief/LEAP, main_leap.py.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from leap.data.videos import Videos
from leap.models.output import CLAMP, Parsing


def eiou(audio: Tensor, visual: Tensor) -> Tensor:
    """Event intersection over union of each audio-visual segment pair.

    >>> heard, seen = torch.tensor([[[1.0, 1.0]]]), torch.tensor([[[1.0, 0.0]]])  # (B, T, C) = (1, 1, 2)
    >>> eiou(heard, seen).item()
    0.5

    Args:
        audio: audio events, (B, T, C), zeros and ones.
        visual: visual events, (B, T, C), zeros and ones.

    Returns:
        ``|A_i ∩ V_j| / |A_i ∪ V_j|`` at (i, j), (B, T, T); 0 where both sets are empty.
    """
    shared = torch.matmul(audio, visual.transpose(1, 2))  # (B, T, T)
    union = audio.sum(-1).unsqueeze(2) + visual.sum(-1).unsqueeze(1) - shared  # (B, T, T)
    return shared / union.clamp(min=1)


def eiou_release(audio: Tensor, visual: Tensor) -> Tensor:
    """The target that the released code uses instead of EIoU.

    The target is x / (1 + x) + 0.01 with x = n / m, where n is the number of classes that the two segments
    have in common and m the largest number of classes in any segment of the video, over both modalities.

    Args:
        audio: audio events, (B, T, C), zeros and ones.
        visual: visual events, (B, T, C), zeros and ones.

    Returns:
        Targets at (i, j), (B, T, T), in [0.01, 0.51].
    """
    largest = torch.maximum(audio.sum(-1), visual.sum(-1)).amax(dim=1)  # (B,)
    shared = torch.matmul(audio, visual.transpose(1, 2))  # (B, T, T)
    x = shared / largest.clamp(min=1e-8)[:, None, None]
    return x / (1 + x) + 0.01


def cosine_similarity(audio: Tensor, visual: Tensor) -> Tensor:
    """Cosine similarity of each audio segment to each visual segment, (B, T, T), from (B, T, d) streams."""
    return torch.matmul(F.normalize(audio, dim=-1), F.normalize(visual, dim=-1).transpose(1, 2))


def avss(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss of the paper: mean squared difference between cosine similarity and EIoU over all segment pairs.

    The EIoU comes from the pseudo-labels that `Videos.avss_targets` returns.
    """
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(similarity, eiou(*videos.avss_targets()))


def avss_release(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss of the released code: mean squared difference between ReLU(cosine) and `eiou_release`."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(F.relu(similarity), eiou_release(*videos.avss_targets()))


def avss_confident(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss weighted by the parser's agreement with the pseudo-labels of a segment pair; not in the paper.

    The confidence of a segment is the mean of ``1 − |probability − pseudo-label|`` over the classes of the
    weak label. The weight of a pair is the product of its two confidences, normalized over the batch. Weights
    carry no gradient.
    """
    weight = _pair_confidence(parsing, videos).detach()  # (B, T, T)
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    errors = (similarity - eiou(*videos.avss_targets())) ** 2  # (B, T, T)
    return (weight * errors).sum() / weight.sum().clamp(min=CLAMP)


def _pair_confidence(parsing: Parsing, videos: Videos) -> Tensor:
    """Product of the confidences of an audio and a visual segment, (B, T, T)."""
    probabilities = parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()
    weak, classes = videos.weak[:, None], videos.weak.sum(-1).clamp(min=1)  # (B, 1, C), (B,)
    audio, visual = (
        ((1 - (probability - pseudo).abs()) * weak).sum(-1) / classes[:, None]  # (B, T)
        for probability, pseudo in zip(probabilities, videos.avss_targets(), strict=True)
    )
    return audio.unsqueeze(2) * visual.unsqueeze(1)


AVSS = {"paper": avss, "release": avss_release, "confident": avss_confident}
"""L_avss by the ``variant`` of `leap.config.AvssConfig`."""
