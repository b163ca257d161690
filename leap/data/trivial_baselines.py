"""Trivial baselines: predictions made without a model, as reference points for scores.

Some baselines use labels of the predicted videos, which a parser does not have: the weak label is the true
set of events of a test video, and its pseudo-labels are masked by the weak label.
"""

from __future__ import annotations

import torch
from torch import Tensor

from leap.data.videos import Videos


def trivial_baselines(videos: Videos) -> dict[str, tuple[Tensor, Tensor]]:
    """Predict without a model, partly from labels of the videos themselves.

    Returns:
        Name of the baseline → (audio, visual) predictions, each (N, T, C), zeros and ones. ``"nothing"``
        predicts no event; ``"weak label"`` predicts every class of the weak label in every segment of both
        modalities; ``"pseudo-labels"`` predicts the pseudo-labels.
    """
    nothing = videos.pseudo_audio * 0
    expanded = nothing + videos.weak[:, None]
    return {
        "nothing": (nothing, nothing),
        "weak label": (expanded, expanded),
        "pseudo-labels": (videos.pseudo_audio, videos.pseudo_visual),
    }


def label_free_baselines(train: Videos, videos: Videos) -> dict[str, tuple[Tensor, Tensor]]:
    """Predict without a model and without any label of the videos: the most frequent training classes.

    Args:
        train: the training videos, for the frequencies of the classes.
        videos: the videos to predict.

    Returns:
        Name of the baseline → (audio, visual) predictions, each (N, T, C), zeros and ones: for every k from
        0 to C, the k classes that most training videos carry, in every segment of both modalities.
        The names are ``"nothing"``, ``"1 class"``, ``"2 classes"``, …, ``"all classes"``.
    """
    common = train.weak.sum(dim=0).argsort(descending=True, stable=True)  # (C,)
    classes = len(common)
    names = ["nothing", "1 class", *(f"{k} classes" for k in range(2, classes)), "all classes"]
    predictions = {}
    for k, name in enumerate(names):
        marked = torch.zeros_like(videos.pseudo_audio)  # (N, T, C)
        marked[..., common[:k]] = 1
        predictions[name] = (marked, marked)
    return predictions
