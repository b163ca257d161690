"""Simulate LLP-Sim block by block: layouts, features and pseudo-labels."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from leap.data.classes import GROUP, LLP, simulated_classes
from leap.data.layouts import LayoutStatistics, load_statistics, sample_layouts
from leap.data.llp_sim.features import KINDS, LEVEL, STRUCTURE_SEED, Features, simulate_features
from leap.data.llp_sim.pseudo_labels import AUDIO, VISUAL, simulate_pseudo_labels
from leap.data.registry import simulated_name
from leap.data.store import write_store
from leap.data.store.layout import ROWS
from leap.errors import LeapError
from leap.io.progress import progress_bar

SIZES = {"val": 649, "test": 1200}
"""Split → number of videos, as in LLP; the number of training videos is an argument."""

SPLIT_SEEDS = {"train": 0, "val": 1, "test": 2}
LABEL_STREAM, FEATURE_STREAM = 0, 1

Labels = NDArray[np.uint8]


class Block(NamedTuple):
    """Labels of a block of `ROWS` videos, each (64, T, C)."""

    true_audio: Labels
    true_visual: Labels
    pseudo_audio: Labels
    pseudo_visual: Labels


def simulate_llp(out: Path, videos: int, seed: int = 0, n_classes: int = len(LLP)) -> Path:
    """Write a simulated data set with LLP's shapes.

    Every block of videos has its own seed. A smaller training set is therefore a prefix of a larger one, and
    val and test do not depend on its size.

    Args:
        out: the store to write.
        videos: number of training videos.
        seed: seed of all draws; correlations, patterns and class difficulties are the same for every seed.
        n_classes: number of classes C, a multiple of five; 25 classes have LLP's names.

    Returns:
        Path of the store.

    Raises:
        LeapError: ``n_classes`` is not a positive multiple of five, ``videos`` is less than 1 or ``seed`` is
            negative.
        OSError: the store cannot be written.
    """
    if n_classes < GROUP or n_classes % GROUP:
        raise LeapError(f"{n_classes} classes: classes share parts in groups; use a multiple of {GROUP}")
    if videos < 1 or seed < 0:
        raise LeapError("the simulation needs at least one video and a seed that is not negative")
    sizes = {"train": videos, **SIZES}
    with progress_bar("simulate", sum(sizes.values()), "video") as bar:
        splits = {split: simulate_split(split, n, seed, n_classes, bar) for split, n in sizes.items()}
    write_store(
        out,
        dataset=simulated_name(n_classes),
        classes=simulated_classes(n_classes),
        provenance=_provenance(videos, seed, n_classes),
        splits=splits,
        compress=False,
    )
    return out


def background(videos: int, seed: int = 0, segments: int = 10) -> dict[str, Features]:
    """Simulate the features of videos without events: kind of features → (videos, T, width)."""
    silence = np.zeros((videos, segments, len(LLP)), np.uint8)
    return simulate_features(silence, silence, np.random.default_rng(seed))


def simulate_split(split: str, n: int, seed: int, n_classes: int, bar: tqdm | None = None) -> dict[str, Any]:
    """Simulate a split of ``n`` videos: name of the array → its values; features are float16."""
    arrays: dict[str, Any] = {"ids": [f"{split}-{index:05d}" for index in range(n)]}
    for block, start in enumerate(range(0, n, ROWS)):
        labels = simulate_labels(split, block, seed, n_classes)
        rng = np.random.default_rng([seed, SPLIT_SEEDS[split], block, FEATURE_STREAM])
        features = simulate_features(labels.true_audio, labels.true_visual, rng)
        for name, values in (labels._asdict() | features).items():
            dtype = np.float16 if name in KINDS else np.uint8
            whole = arrays.setdefault(name, np.empty((n, *values.shape[1:]), dtype))
            whole[start : start + ROWS] = values[: n - start]
        if bar is not None:
            bar.update(min(ROWS, n - start))
    return arrays | {"weak": _weak(arrays["true_audio"], arrays["true_visual"])}


def simulate_labels(split: str, block: int, seed: int, n_classes: int) -> Block:
    """Simulate the dense labels and pseudo-labels of one block of videos."""
    rng = np.random.default_rng([seed, SPLIT_SEEDS[split], block, LABEL_STREAM])
    weights = class_weights(n_classes)
    audio, visual = sample_layouts(ROWS, n_classes, _statistics(), rng, n_classes, weights)
    weak = _weak(audio, visual)
    return Block(
        audio,
        visual,
        simulate_pseudo_labels(audio, weak, AUDIO, rng),
        simulate_pseudo_labels(visual, weak, VISUAL, rng),
    )


def class_weights(n_classes: int) -> NDArray[np.float64]:
    """Relative frequencies of the classes, (C,).

    For 25 classes, they are those of LLP's training videos. For another number, LLP's sorted frequencies are
    interpolated, which preserves the shape of the curve.
    """
    counts = np.array(list(_statistics().class_counts.values()), np.float64)
    if n_classes != len(counts):
        places = np.linspace(0, len(counts) - 1, n_classes)
        counts = np.interp(places, np.arange(len(counts)), np.sort(counts)[::-1])
    return counts / counts.sum()


@cache
def _statistics() -> LayoutStatistics:
    """LLP's statistics, read once."""
    return load_statistics()


def _weak(audio: Labels, visual: Labels) -> Labels:
    return np.maximum(audio, visual).max(1)  # (N, C)


def _provenance(videos: int, seed: int, n_classes: int) -> dict[str, Any]:
    return {
        "source": "a simulation; nothing measured on it is a result on LLP",
        "videos": videos,
        "seed": seed,
        "n_classes": n_classes,
        "structure_seed": STRUCTURE_SEED,
        "level_db": LEVEL,
        "kinds": {name: asdict(kind) for name, kind in KINDS.items()},
        "pseudo_label_errors": {"audio": asdict(AUDIO), "visual": asdict(VISUAL)},
    }
