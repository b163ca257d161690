"""Build AV-Digits: train the networks, render every video, store its features and labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.data.av_digits.networks import (
    MODALITIES,
    Networks,
    inputs,
    load_networks,
    pretrain,
    save_networks,
    untrained,
)
from leap.data.av_digits.rendering import SPLIT_SEEDS, Rendering, load_material, render
from leap.data.av_digits.sources import RECORDINGS_SHA256, REVISION, check_recordings, describe_roles
from leap.data.classes import AV_DIGITS
from leap.data.layouts import load_statistics, sample_layouts
from leap.data.pseudo_labels import choose_threshold, threshold_scores
from leap.data.store import FeatureStore, write_store
from leap.data.teacher import TEACHER, Pair, save_teacher_scores
from leap.errors import LeapError
from leap.io.download import file_sha256
from leap.io.progress import with_progress

SIZES = {"train": 2000, "val": 400, "test": 800}
MAX_CLASSES = 3
STEP = 1 / 64
"""Rounding unit of features of unit standard deviation; rounding halves the size of the file."""

STORE, NETWORKS = "av_digits.h5", "networks.safetensors"
SOURCES = {
    "recordings": f"Free Spoken Digit Dataset, revision {REVISION}, CC BY-SA 4.0",
    "recordings_sha256": RECORDINGS_SHA256,
    "handwriting": "scikit-learn load_digits (UCI optical recognition of handwritten digits), CC BY 4.0",
}

Arrays = dict[str, Any]


class Rederived(NamedTuple):
    """Features of n videos, each (n, T, width): extracted again from new renderings, and as stored."""

    audio: Tensor
    stored_audio: Tensor
    visual: Tensor
    stored_visual: Tensor


def build_av_digits(recordings: Path, out: Path, seed: int = 0) -> Path:
    """Build the data set in the folder ``out``: ``av_digits.h5``, and the files that belong to it.

    ``networks.safetensors`` are the networks, ``teacher.safetensors`` the teachers' logits.

    This takes a few minutes on one thread. The result depends only on the seed, up to floating-point
    differences between machines.

    Args:
        recordings: folder of the pinned recordings.
        out: the folder to write to.
        seed: seed of all draws and of training.

    Returns:
        Path of the store.

    Raises:
        LeapError: ``recordings`` does not hold the pinned recordings, or an extra is not installed.
        OSError: a file cannot be written.
    """
    check_recordings(recordings)
    networks = train_networks(recordings, seed)
    splits = {split: make_split(split, n, recordings, networks, seed) for split, n in SIZES.items()}
    scales = {m: feature_scale(splits["train"][f"student_{m}"]) for m in MODALITIES}
    thresholds = {m: logit_threshold(splits["val"], m) for m in MODALITIES}
    teacher = {s: (splits[s]["teacher_audio"], splits[s]["teacher_visual"]) for s in SIZES}
    for arrays in splits.values():
        finish_split(arrays, scales, thresholds)
    provenance = SOURCES | {"seed": seed, "roles": describe_roles(), "logit_thresholds": thresholds}
    save_networks(out / NETWORKS, networks, scales, provenance)
    provenance |= {"networks_sha256": file_sha256(out / NETWORKS)}
    write_store(out / STORE, dataset="av-digits", classes=AV_DIGITS, provenance=provenance, splits=splits)
    with FeatureStore(out / STORE) as store:
        save_teacher_scores(out / TEACHER, teacher, store.checksum)
    return out / STORE


def rederive(store: FeatureStore, recordings: Path, split: str, indices: Iterable[int]) -> Rederived:
    """Render videos of a built data set again, and extract their features with its networks.

    Args:
        store: the data set; its networks lie beside its file.
        recordings: folder of the pinned recordings.
        split: ``"train"``, ``"val"`` or ``"test"``.
        indices: positions of the videos in the split.

    Raises:
        LeapError: the networks are missing or are not those that made the features, or a recording cannot be
            read.
    """
    networks, scales = _own_networks(store)
    videos, chosen = store.videos(split), list(indices)
    audio, visual = [], []
    for rendering in rerender(store, recordings, split, chosen):
        features = student_features(rendering, networks)
        audio.append(features["audio"] / scales["audio"])
        visual.append(features["visual"] / scales["visual"])
    return Rederived(torch.stack(audio), videos.audio[chosen], torch.stack(visual), videos.visual_2d[chosen])


def rederive_teacher(store: FeatureStore, recordings: Path, split: str, indices: Iterable[int]) -> Pair:
    """Render videos of a built data set again, and compute the logits of its teachers.

    Arguments and errors are those of `rederive`.

    Returns:
        Audio and visual logits, each (n, T, C).
    """
    networks, _ = _own_networks(store)
    logits = [
        teacher_logits(rendering, networks) for rendering in rerender(store, recordings, split, indices)
    ]
    audio, visual = (torch.stack([video[modality] for video in logits]) for modality in MODALITIES)
    return audio, visual


def rerender(
    store: FeatureStore, recordings: Path, split: str, indices: Iterable[int]
) -> Iterator[Rendering]:
    """Render videos of a built data set as they were when their features were extracted.

    Arguments are those of `rederive`.

    Raises:
        LeapError: recordings are missing, or the split is unknown.
    """
    truth, material = store.videos(split).truth(), load_material(recordings, split)
    for index in indices:
        heard, seen = (labels[index].numpy().astype(np.uint8) for labels in truth)  # each (T, C)
        yield render(split, index, heard, seen, material, store.provenance["seed"])


def train_networks(recordings: Path, seed: int) -> Networks:
    """Train students and teachers, each on the recordings and handwriting of its role."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = untrained()
    for role, pair in networks.items():
        material = load_material(recordings, role)
        for modality, network in pair.items():
            pretrain(network, modality, role, material, seed)
    return networks


def make_split(split: str, n: int, recordings: Path, networks: Networks, seed: int) -> Arrays:
    """Draw layouts and render ``n`` videos: names, labels, students' features and teachers' logits."""
    rng = np.random.default_rng([seed, SPLIT_SEEDS[split]])
    audio, visual = sample_layouts(n, len(AV_DIGITS), load_statistics(), rng, MAX_CLASSES)
    material = load_material(recordings, split)
    outputs = []
    for index in with_progress(range(n), f"render {split}", unit="video"):
        rendering = render(split, index, audio[index], visual[index], material, seed)
        outputs.append(_network_outputs(rendering, networks))
    arrays: Arrays = {name: torch.stack([output[name] for output in outputs]) for name in outputs[0]}
    return arrays | {
        "ids": [f"{split}-{index:04d}" for index in range(n)],
        "weak": (audio | visual).any(1).astype(np.uint8),
        "true_audio": audio,
        "true_visual": visual,
    }


@torch.no_grad()
def student_features(rendering: Rendering, networks: Networks) -> dict[str, Tensor]:
    """Modality → unscaled features of one video, (T, 128)."""
    signals = zip(MODALITIES, rendering, strict=True)
    return {m: networks["student"][m].features(inputs(m, signal)) for m, signal in signals}


@torch.no_grad()
def teacher_logits(rendering: Rendering, networks: Networks) -> dict[str, Tensor]:
    """Modality → teacher's logits of one video, (T, 10)."""
    signals = zip(MODALITIES, rendering, strict=True)
    return {m: networks["teacher"][m](inputs(m, signal)) for m, signal in signals}


def feature_scale(features: Tensor) -> Tensor:
    """Standard deviation of each channel, (width,), of features, (N, T, width); 1 for a constant channel.

    Features are divided by it without centering, so zeros stay zeros.
    """
    deviation = features.flatten(0, 1).std(0)
    return torch.where(deviation > 0, deviation, 1.0)


def logit_threshold(val: Arrays, modality: str) -> float:
    """The threshold of the teacher's logits that is best on val, within the weak label."""
    weak, true = (torch.from_numpy(val[name]) for name in ("weak", f"true_{modality}"))
    return choose_threshold(val[f"teacher_{modality}"], weak, true)


def finish_split(arrays: Arrays, scales: dict[str, Tensor], thresholds: dict[str, float]) -> None:
    """Replace the networks' outputs by scaled features and pseudo-labels, in place."""
    weak = torch.from_numpy(arrays["weak"])
    for modality, name in (("audio", "audio"), ("visual", "visual_2d")):
        features = arrays.pop(f"student_{modality}") / scales[modality]
        arrays[name] = _numpy(torch.round(features / STEP) * STEP)
        logits = arrays.pop(f"teacher_{modality}")
        arrays[f"pseudo_{modality}"] = _numpy(threshold_scores(logits, thresholds[modality], weak))


def _own_networks(store: FeatureStore) -> tuple[Networks, dict[str, Tensor]]:
    """The networks that lie beside a store, and the scales of its features."""
    path = store.path.with_name(NETWORKS)
    networks, scales, _ = load_networks(path)
    if store.provenance["networks_sha256"] != file_sha256(path):
        raise LeapError(f"{path}: not the networks of {store.path.name} beside it; build both again")
    return networks, scales


def _network_outputs(rendering: Rendering, networks: Networks) -> dict[str, Tensor]:
    students = {f"student_{m}": value for m, value in student_features(rendering, networks).items()}
    return students | {f"teacher_{m}": value for m, value in teacher_logits(rendering, networks).items()}


def _numpy(tensor: Tensor) -> NDArray[Any]:
    return tensor.numpy()
