"""The losses of the papers, one function each.

Every loss is a mean over its elements. Shapes as in ``leap.models.output``.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from leap.data.videos import Videos
from leap.errors import LeapError
from leap.models.output import CLAMP, Parsing

TEMPERATURE, SMOOTHING = 0.2, 0.1  # of the noise-contrastive estimation
LEAST_DOUBT = 0.9  # of CMPAE's global branch, as its losses see it


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
    return F.mse_loss(similarity, eiou(*videos.avss_targets()))


def avss_confident(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss, with more weight on the pairs whose pseudo labels the parser agrees with; not in the paper.

    A segment's confidence is the mean of ``1 − |probability − pseudo label|`` over the classes of the video's
    weak label, a pair's weight the product of its segments' over the mean of all products. Weights have no
    gradient.
    """
    weight = _pair_confidence(parsing, videos).detach()  # (B, T, T)
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    errors = (similarity - eiou(*videos.avss_targets())) ** 2  # (B, T, T)
    return (weight * errors).sum() / weight.sum().clamp(min=CLAMP)


def _pair_confidence(parsing: Parsing, videos: Videos) -> Tensor:
    """Product of both segments' agreement with their pseudo labels, (B, T, T)."""
    probabilities = parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()
    weak, classes = videos.weak[:, None], videos.weak.sum(-1).clamp(min=1)  # (B, 1, C), (B,)
    audio, visual = (
        ((1 - (probability - pseudo).abs()) * weak).sum(-1) / classes[:, None]  # (B, T)
        for probability, pseudo in zip(probabilities, videos.avss_targets(), strict=True)
    )
    return audio.unsqueeze(2) * visual.unsqueeze(1)


def avss_release(parsing: Parsing, videos: Videos) -> Tensor:
    """L_avss as the released code computes it: ReLU of the cosine towards ``eiou_release``."""
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual)
    return F.mse_loss(F.relu(similarity), eiou_release(*videos.avss_targets()))


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


def smooth(labels: Tensor, keep: float = 0.9) -> Tensor:
    """Labels drawn towards one half, as HAN does for the visual stream: ``0.9·y + 0.05``."""
    return keep * labels + (1 - keep) * 0.5


def han_losses(parsing: Parsing, videos: Videos, smoothing: float = 0.9) -> dict[str, Tensor]:
    """HAN's losses (ECCV 2020): weak labels only, smoothed for the visual stream."""
    return {
        "video_audio": video_bce(parsing.video_audio, videos.weak),
        "video_visual": video_bce(parsing.video_visual, smooth(videos.weak, smoothing)),
        "video": video_bce(parsing.video, videos.weak),
    }


def valor_losses(parsing: Parsing, videos: Videos) -> dict[str, Tensor]:
    """VALOR's losses (NeurIPS 2023): the whole video by its weak label, segments by their pseudo labels."""
    return {
        "video": video_bce(parsing.video, videos.weak),
        "segment_audio": segment_bce(parsing.segment_audio, videos.pseudo_audio),
        "segment_visual": segment_bce(parsing.segment_visual, videos.pseudo_visual),
    }


def nce(parsing: Parsing) -> Tensor:
    """Noise-contrastive estimation (Wu and Yang, CVPR 2021): a segment's sound belongs to its own image.

    Among the images of a video's T segments the one of the same second has to be told, with labels smoothed
    by 0.1, from cosine similarities at temperature 0.2.
    """
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual) / TEMPERATURE
    chosen = similarity.softmax(dim=-1)  # (B, T, T)
    segments = chosen.shape[-1]
    target = torch.full_like(chosen[0], SMOOTHING / max(1, segments - 1))  # (T, T)
    target.fill_diagonal_(1 - SMOOTHING)
    return -(target * chosen).sum(dim=-1).log().mean()


def jomold_losses(parsing: Parsing, videos: Videos) -> dict[str, Tensor]:
    """Losses of JoMoLD's estimator of label noise (ECCV 2022): HAN's and the noise-contrastive one."""
    return han_losses(parsing, videos) | {"nce": nce(parsing)}


def mutual(parsing: Parsing, weak: Tensor, step: int) -> Tensor:
    """Mutual learning between CMPAE's global branch and the modalities (CVPR 2023).

    On odd steps the global branch learns from the modalities, on even ones they learn from it: present
    classes by the surer modality's probability, absent ones by the mean of both. Every term is weighed by
    what its teacher is sure of.

    Raises:
        LeapError: the parsing lacks the uncertainties of CMPAE's decoder and global branch.
    """
    doubt = parsing.uncertainty
    if doubt is None or doubt.video is None:
        raise LeapError("CMPAE's losses need its decoder (model.decoder.name) and model.global_branch")
    probability = torch.stack([parsing.video_audio, parsing.video_visual], dim=-1).clamp(CLAMP, 1 - CLAMP)
    unsure = torch.stack([doubt.video_audio, doubt.video_visual], dim=-1)  # (B, C, 2)
    largest, index = probability.max(dim=-1)  # (B, C)
    present = (1 - unsure.gather(-1, index.unsqueeze(-1)).squeeze(-1), largest)
    absent = (1 - unsure.mean(dim=-1), probability.mean(dim=-1))
    whole, whole_doubt = parsing.video.clamp(CLAMP, 1 - CLAMP), doubt.video.clamp(min=LEAST_DOUBT)

    def term(sure: Tensor, modalities: Tensor) -> Tensor:
        """One direction's squared differences, (B, C)."""
        if step % 2:
            return whole_doubt[:, None] * sure * (whole - modalities.detach()) ** 2
        return (1 - whole_doubt)[:, None] * sure * (whole.detach() - modalities) ** 2

    return (term(*present) * weak + term(*absent) * (1 - weak)).mean()


def cmpae_losses(parsing: Parsing, videos: Videos, step: int = 0) -> dict[str, Tensor]:
    """CMPAE's losses (CVPR 2023), before their weights.

    Modalities learn their denoised weak labels, ``videos.weak_audio`` and ``videos.weak_visual``, where there
    are such; visual labels are smoothed, but for those that denoising removed.

    Args:
        parsing: of an evidential decoder with a global branch.
        videos: the labels.
        step: of the epoch, from 0; mutual learning alternates.

    Raises:
        LeapError: for a parsing of something else.
    """
    audio = videos.weak if videos.weak_audio is None else videos.weak_audio
    visual = smooth(videos.weak) if videos.weak_visual is None else videos.weak_visual
    return {
        "video_audio": video_bce(parsing.video_audio, audio),
        "video_visual": video_bce(parsing.video_visual, visual),
        "video": video_bce(parsing.video, videos.weak),
        "nce": nce(parsing),
        "mutual": mutual(parsing, videos.weak, step),
    }
