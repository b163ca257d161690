"""Segment-level pseudo-labels of a clip by CLIP and CLAP with prompts, as in VALOR (arXiv 2305.17343).

VALOR defines prompts and thresholds for LLP's classes; prompts for any other set of classes work as well.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.names import spelled
from leap.data.pseudo_labels import threshold_scores
from leap.errors import LeapError
from leap.features.clap_features import clap_embeddings
from leap.features.media import Clip
from leap.features.networks.loading import load_network_once
from leap.features.prompts import PromptSet
from leap.features.text_embeddings import text_embeddings
from leap.features.visual_features import clip_features

TEACHERS = {"pseudo_visual": "clip", "pseudo_audio": "clap"}
"""Kind of pseudo-labels → network whose scores are thresholded."""

Labels = NDArray[np.int64]
WeakLabel = NDArray[np.uint8]


def pseudo_labels(
    kind: str, clip: Clip, prompts: PromptSet, weights: Path, weak: WeakLabel | None = None
) -> Labels:
    """Pseudo-labels of a clip in one modality; all zeros if the clip lacks the stream.

    Args:
        kind: ``"pseudo_audio"`` or ``"pseudo_visual"``.
        clip: the video.
        prompts: prompts and thresholds of the C classes.
        weights: folder of the networks' weights.
        weak: weak label of the video, (C,), to which pseudo-labels are restricted; None for no restriction.

    Returns:
        Zeros and ones, (T, C) int64.

    Raises:
        LeapError: weights are missing, or the clip is damaged.
    """
    if not (clip.has_video if kind == "pseudo_visual" else clip.has_audio):
        return np.zeros((clip.segments, len(prompts.classes)), np.int64)
    scores = torch.from_numpy(teacher_scores(kind, clip, prompts, weights))[None]  # (1, T, C)
    thresholds = torch.tensor([prompt.threshold for prompt in prompts.of(kind)])  # (C,)
    allowed = np.ones(scores.shape[2]) if weak is None else weak
    return threshold_scores(scores, thresholds, torch.from_numpy(allowed).long()[None])[0].numpy()


def teacher_scores(kind: str, clip: Clip, prompts: PromptSet, weights: Path) -> NDArray[np.float32]:
    """CLIP's or CLAP's scores of every second and class, (T, C): logits or softmax, see ``prompts.scores``.

    Args:
        kind: ``"pseudo_audio"`` (CLAP) or ``"pseudo_visual"`` (CLIP).
        clip: a video with the stream.
        prompts: prompts of the C classes.
        weights: folder of the networks' weights.

    Raises:
        LeapError: weights are missing, or the clip is damaged.
    """
    name = TEACHERS[kind]
    network: Any = load_network_once(name, weights)
    segments = clip_features(network, clip) if name == "clip" else clap_embeddings(network, clip)
    texts = text_embeddings(name, tuple(prompt.text for prompt in prompts.of(kind)), weights)
    scale = (network.logit_scale if name == "clip" else network.logit_scale_a).exp()
    logits = scale.detach() * torch.from_numpy(segments @ texts.T)  # (T, C)
    return (logits.softmax(1) if prompts.scores == "softmax" else logits).numpy()


def find_weak_label(name: str, weak: Mapping[str, WeakLabel]) -> WeakLabel:
    """Weak label of a video, (C,).

    Args:
        name: name of the video.
        weak: name, as read from a table, → weak label.

    Raises:
        LeapError: ``weak`` lacks the video.
    """
    if spelled(name) not in weak:
        raise LeapError(f"{name}: not in the tables given by --weak; add it to one of them, or omit --weak")
    return weak[spelled(name)]
