"""Predictions made without a model, to read scores against.

The weak label and the pseudo labels of test videos know more than a parser does: the true set of events.
"""

from __future__ import annotations

import torch
from torch import Tensor

from leap.data.videos import Videos


def trivial_baselines(videos: Videos) -> dict[str, tuple[Tensor, Tensor]]:
    """Predict without a model.

    Returns:
        for each floor its (audio, visual) predictions, each (N, T, C) of zeros and ones: ``"nothing"``;
        ``"weak label"``, every class of the video in every segment of both modalities; and
        ``"pseudo labels"`` as they are.
    """
    nothing = videos.pseudo_audio * 0
    painted = nothing + videos.weak[:, None]
    return {
        "nothing": (nothing, nothing),
        "weak label": (painted, painted),
        "pseudo labels": (videos.pseudo_audio, videos.pseudo_visual),
    }


def label_free_baselines(train: Videos, videos: Videos) -> dict[str, tuple[Tensor, Tensor]]:
    """Predict without a model and without the labels of the videos.

    Returns:
        for each k from 0 to C the k classes that are commonest in training, in every segment of both
        modalities: ``"nothing"``, ``"1 class"`` … ``"all classes"``.
    """
    common = train.weak.sum(dim=0).argsort(descending=True, stable=True)  # (C,)
    classes = len(common)
    names = ["nothing", "1 class", *(f"{k} classes" for k in range(2, classes)), "all classes"]
    painted = {}
    for k, name in enumerate(names):
        cube = torch.zeros_like(videos.pseudo_audio)
        cube[..., common[:k]] = 1
        painted[name] = (cube, cube)
    return painted
