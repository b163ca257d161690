"""Build AV-Everyday: learn from the teacher's material, render every video, store its features and labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from leap.data.av_digits.build import STEP, Rederived, logit_threshold
from leap.data.av_everyday.learned import Learned, Networks, fit, load_learned, save_learned
from leap.data.av_everyday.reading import RATE, Samples
from leap.data.av_everyday.rendering import Rendering, draw_layouts, load_material, render
from leap.data.av_everyday.sources import MATERIAL_SHA256, check_material, describe_roles
from leap.data.classes import AV_EVERYDAY
from leap.data.pseudo_labels import threshold_scores
from leap.data.store import FeatureStore, write_store
from leap.errors import LeapError, require
from leap.io.download import file_sha256
from leap.io.progress import with_progress
from leap.metrics.arrays import MODALITIES

SIZES = {"train": 2000, "val": 400, "test": 800}
TEACHER_VIDEOS = 400
STORE, LEARNED = "av_everyday.h5", "learned.safetensors"

Arrays = dict[str, Any]
Tensors = dict[str, Tensor]


def build_av_everyday(
    material: Path, out: Path, networks: Networks, rotation: int = 0, seed: int = 0
) -> Path:
    """Build the data set: ``av_everyday.h5`` and ``learned.safetensors`` in the folder ``out``.

    This takes about 20 minutes on one thread. The result depends only on the rotation and the seed, up to
    floating-point differences between machines.

    Args:
        material: folder of the pinned material.
        out: the folder to write to.
        networks: the pretrained networks.
        rotation: rotation of the folds, 0 to 4; the data set that ships has rotation 0.
        seed: seed of all draws and of training.

    Returns:
        Path of the store.

    Raises:
        LeapError: ``material`` does not hold the pinned material, or an extra is not installed.
        OSError: a file cannot be written.
    """
    check_material(material)
    learned = learn(material, networks, rotation, seed)
    splits = {
        split: make_split(split, n, material, networks, learned, rotation, seed) for split, n in SIZES.items()
    }
    thresholds = {modality: logit_threshold(splits["val"], modality) for modality in MODALITIES}
    for arrays in splits.values():
        finish_split(arrays, thresholds)
    provenance: dict[str, Any] = {
        "material_sha256": MATERIAL_SHA256,
        "seed": seed,
        "rotation": rotation,
        "roles": describe_roles(material, rotation),
        "logit_thresholds": thresholds,
    }
    save_learned(out / LEARNED, learned, provenance)
    provenance |= {"learned_sha256": file_sha256(out / LEARNED)}
    write_store(out / STORE, dataset="av-everyday", classes=AV_EVERYDAY, provenance=provenance, splits=splits)
    return out / STORE


def rederive(
    store: FeatureStore, material: Path, networks: Networks, split: str, indices: Iterable[int]
) -> Rederived:
    """Render videos of a built data set again, and extract their features.

    Args:
        store: the data set; what was learned for it lies beside its file.
        material: folder of the pinned material.
        networks: the pretrained networks.
        split: ``"train"``, ``"val"`` or ``"test"``.
        indices: positions of the videos in the split.

    Raises:
        LeapError: the file of what was learned is missing or is not the one that made the features, or the
            material cannot be read.
    """
    path = store.path.with_name(LEARNED)
    learned, _ = load_learned(path)
    if store.provenance["learned_sha256"] != file_sha256(path):
        raise LeapError(f"{path}: does not belong to {store.path.name} beside it; build both again")
    videos, chosen = store.videos(split), list(indices)
    renderings = rerender(store, material, split, chosen)
    found = [outputs(embed(rendering, networks), learned) for rendering in renderings]
    audio, visual = (torch.stack([video[name] for video in found]) for name in ("audio", "visual_2d"))
    return Rederived(audio, videos.audio[chosen], visual, videos.visual_2d[chosen])


def rerender(store: FeatureStore, material: Path, split: str, indices: Iterable[int]) -> Iterator[Rendering]:
    """Render videos of a built data set as they were when their features were extracted.

    Arguments are those of `rederive`.

    Raises:
        LeapError: the material cannot be read, or the split is unknown.
    """
    seed, rotation = store.provenance["seed"], store.provenance["rotation"]
    heard, seen = draw_layouts(split, len(store.ids(split)), seed)  # each (N, T, C)
    loaded = load_material(material, split, rotation)
    for index in indices:
        yield render(split, index, (heard[index], seen[index]), loaded, seed)


def learn(material: Path, networks: Networks, rotation: int, seed: int) -> Learned:
    """Fit the reductions and train the pseudo-label networks on videos of the teacher's material."""
    videos = [
        embed(rendering, networks) | _truth(rendering)
        for rendering in renderings("teacher", TEACHER_VIDEOS, material, rotation, seed)
    ]
    segments = {name: torch.cat([video[name] for video in videos]) for name in videos[0]}  # (n, …)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learned = Learned(*(segments[name].shape[-1] for name in ("audio", "visual", "teacher")))
        for modality, inputs in (("audio", "waveform"), ("visual", "teacher")):
            learned.reduction[modality].fit(segments[modality])
            fit(learned.teacher[modality], segments[inputs], segments[f"true_{modality}"].float(), seed)
    return learned


def make_split(
    split: str, n: int, material: Path, networks: Networks, learned: Learned, rotation: int, seed: int
) -> Arrays:
    """Render ``n`` videos: names, labels, reduced features and teachers' logits."""
    videos = [
        outputs(embed(rendering, networks), learned) | _truth(rendering)
        for rendering in renderings(split, n, material, rotation, seed)
    ]
    arrays: Arrays = {name: torch.stack([video[name] for video in videos]) for name in videos[0]}
    arrays |= {f"true_{modality}": arrays[f"true_{modality}"].numpy() for modality in MODALITIES}
    return arrays | {
        "ids": [f"{split}-{index:04d}" for index in range(n)],
        "weak": (arrays["true_audio"] | arrays["true_visual"]).any(1).astype(np.uint8),
    }


def renderings(split: str, n: int, material: Path, rotation: int, seed: int) -> Iterator[Rendering]:
    """Render the first ``n`` videos of a split, or of the teacher's material."""
    loaded = load_material(material, split, rotation)
    layouts = zip(*draw_layouts(split, n, seed), strict=True)
    for index, layout in enumerate(with_progress(layouts, f"render {split}", n, "video")):
        yield render(split, index, layout, loaded, seed)


def embed(rendering: Rendering, networks: Networks) -> Tensors:
    """Embeddings of one video: ``audio``, ``visual``, ``teacher``, and ``waveform``, each (T, width)."""
    return {
        "audio": networks.audio(double_rate(rendering.waveform)),
        "visual": networks.visual(rendering.frames),
        "teacher": networks.teacher(rendering.frames),
        "waveform": torch.from_numpy(rendering.waveform),
    }


def double_rate(waveform: Samples) -> Samples:
    """Sound at 16 kHz, as the networks take it, (T, 8000) → (T, 16000)."""
    doubled = require("scipy.signal", "media").resample_poly(waveform.ravel(), 2, 1)
    return doubled.reshape(-1, 2 * RATE)


@torch.no_grad()
def outputs(embedded: Tensors, learned: Learned) -> Tensors:
    """Features, (T, 128), and teachers' logits, (T, C), of one video, rounded as they are stored."""
    features = {
        name: torch.round(learned.reduction[modality](embedded[modality]) / STEP) * STEP
        for modality, name in (("audio", "audio"), ("visual", "visual_2d"))
    }
    logits = {
        "teacher_audio": learned.teacher["audio"](embedded["waveform"]),
        "teacher_visual": learned.teacher["visual"](embedded["teacher"]),
    }
    return features | {name: values.half().float() for name, values in logits.items()}


def finish_split(arrays: Arrays, thresholds: dict[str, float]) -> None:
    """Add pseudo-labels, in place."""
    weak = torch.from_numpy(arrays["weak"])
    for modality, threshold in thresholds.items():
        arrays[f"pseudo_{modality}"] = threshold_scores(arrays[f"teacher_{modality}"], threshold, weak)


def _truth(rendering: Rendering) -> Tensors:
    return {"true_audio": torch.from_numpy(rendering.heard), "true_visual": torch.from_numpy(rendering.seen)}
