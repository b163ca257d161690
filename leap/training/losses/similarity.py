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
    """The released code's target in place of EIoU, (B, T, T), in [0.01, 0.51].

    With n the shared classes of a pair and m the largest number of classes in any segment of the video:
    x = n / m, target = x / (1 + x) + 0.01.
    """
    largest = torch.maximum(audio.sum(-1), visual.sum(-1)).amax(dim=1)  # (B,)
    shared = torch.matmul(audio, visual.transpose(1, 2))  # (B, T, T)
    x = shared / largest.clamp(min=1e-8)[:, None, None]
    return x / (1 + x) + 0.01


def cosine_similarity(audio: Tensor, visual: Tensor) -> Tensor:
    """Cosine similarity of every audio segment with every visual segment, (B, T, d) twice → (B, T, T)."""
    return torch.matmul(F.normalize(audio, dim=-1), F.normalize(visual, dim=-1).transpose(1, 2))


def avss(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss: mean squared difference of cosine similarity and EIoU over all segment pairs."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(similarity, eiou(*videos.avss_targets()))


def avss_release(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss as the released code computes it: ReLU of the cosine towards `eiou_release`."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(F.relu(similarity), eiou_release(*videos.avss_targets()))


def avss_confident(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss weighted towards segment pairs whose pseudo-labels the parser confirms; not in the paper.

    The confidence of a segment is the mean of ``1 − |probability − pseudo-label|`` over the classes of the
    weak label. The weight of a pair is the product of its segments' confidences, normalised over the batch;
    weights carry no gradient.
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
"""By variant of `leap.config.AvssConfig`."""
