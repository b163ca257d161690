"""Simulated features: correlated nuisance, events added to it, a threshold for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from leap.data.llp_sim.parts import Pattern, draw_parts, make_patterns

Features = NDArray[np.float32]
Labels = NDArray[np.uint8]

WORLD_SEED = 240708126
"""Of what the features of all simulations share: correlations, thresholds and patterns."""

DIRECTIONS = 128
"""Directions of correlated nuisance; the spectrum falls so fast that more would not matter."""

LEVEL = 6.0
"""Decibels by which the power of an event may be above or below that of the nuisance on its channels. Around
0 dB, a choice made beforehand: how audible the events of LLP are in its features is not measured."""

DRIFT = 1.0
"""Standard deviation in decibels of an event's level from segment to segment."""

VARIATION = 0.5
"""Standard deviation of the logarithm of how strongly an event acts on a channel, drawn for each video."""


@dataclass(frozen=True)
class Kind:
    """One kind of features: scale · max(nuisance + events − threshold, 0)^power.

    Attributes:
        modality: ``"audio"`` or ``"visual"``.
        width: number of channels.
        threshold: mean threshold of a channel, in standard deviations of the nuisance.
        spread: standard deviation of the thresholds over channels.
        scale: of the values.
        power: above 1 for a longer tail.
        decay: exponent by which the spectrum of the nuisance falls.
        still: share of the correlated nuisance's variance that stays over a video.
        memory: correlation of the rest from segment to segment.
        own: share of the nuisance's variance that is each channel's own, without memory.
    """

    modality: str
    width: int
    threshold: float
    spread: float
    scale: float
    power: float
    decay: float
    still: float
    memory: float
    own: float


KINDS = {
    # fitted to what `leap.data.llp_sim.feature_statistics` measures on real VGGish features without events
    "audio": Kind("audio", 128, 0.63, 1.21, 0.297, 1.28, 1.29, 0.6, 0.36, 0.17),
    # not measured: rarely zero, as averages over frames of a rectified average over places are, and steadier
    "visual_2d": Kind("visual", 2048, -1.0, 0.7, 0.35, 1.0, 1.0, 0.75, 0.5, 0.2),
    "visual_3d": Kind("visual", 512, -1.0, 0.7, 0.5, 1.0, 1.0, 0.65, 0.5, 0.2),
}


@dataclass(frozen=True)
class World:
    """What all videos of a kind of features share.

    Attributes:
        loadings: how nuisance directions act on channels of unit variance, (directions, width).
        thresholds: of the channels, (width,).
        patterns: of the parts.
    """

    loadings: Features
    thresholds: Features
    patterns: list[Pattern]


def simulate_features(audio: Labels, visual: Labels, rng: np.random.Generator) -> dict[str, Features]:
    """Features of videos with given dense labels, each (n, T, C).

    Returns:
        ``audio`` (n, T, 128), ``visual_2d`` (n, T, 2048) and ``visual_3d`` (n, T, 512).
    """
    labels = {"audio": audio, "visual": visual}
    worlds = {name: world(name, audio.shape[2]) for name in KINDS}
    videos, segments, _ = audio.shape
    before = {name: _nuisance(KINDS[name], worlds[name], videos, segments, rng) for name in KINDS}
    for modality, cube in labels.items():
        names = [name for name, kind in KINDS.items() if kind.modality == modality]
        for video, label in np.argwhere(cube.any(1)):
            active = np.flatnonzero(cube[video, :, label])
            level = rng.uniform(-LEVEL, LEVEL) + DRIFT * rng.standard_normal(len(active))  # (active,)
            for part in draw_parts(label, rng):
                for name in names:
                    channels, strengths = worlds[name].patterns[part]
                    strengths = strengths * rng.lognormal(-(VARIATION**2), VARIATION, len(channels))
                    before[name][video, active[:, None], channels] += np.outer(10 ** (level / 20), strengths)
    return {name: _respond(KINDS[name], worlds[name], x) for name, x in before.items()}


def _nuisance(kind: Kind, shared: World, videos: int, segments: int, rng: np.random.Generator) -> Features:
    """What is there without events, of unit variance in every channel, (videos, segments, width)."""
    directions = len(shared.loadings)
    still = rng.standard_normal((videos, 1, directions), np.float32)
    moving = rng.standard_normal((videos, segments, directions), np.float32)
    for t in range(1, segments):
        moving[:, t] = kind.memory * moving[:, t - 1] + np.sqrt(1 - kind.memory**2) * moving[:, t]
    common = np.sqrt(kind.still) * still + np.sqrt(1 - kind.still) * moving  # (n, T, directions)
    x = (np.sqrt(1 - kind.own) * common).astype(np.float32) @ shared.loadings  # (n, T, width)
    x += np.float32(np.sqrt(kind.own)) * rng.standard_normal(x.shape, np.float32)
    return x


@cache
def world(name: str, n_classes: int) -> World:
    """What all videos of ``n_classes`` classes share in one kind of features."""
    kind = KINDS[name]
    rng = np.random.default_rng([WORLD_SEED, kind.width])
    directions = min(kind.width, DIRECTIONS)
    axes, _ = np.linalg.qr(rng.standard_normal((kind.width, directions)))  # (width, directions)
    loadings = axes * np.arange(1, directions + 1) ** (-kind.decay / 2)
    loadings /= np.linalg.norm(loadings, axis=1, keepdims=True)
    quantiles = rng.permutation((np.arange(kind.width) + 0.5) / kind.width)
    thresholds = kind.threshold + kind.spread * ndtri(quantiles)
    patterns = make_patterns(n_classes, kind.width, rng)
    return World(loadings.T.astype(np.float32), thresholds.astype(np.float32), patterns)


def _respond(kind: Kind, shared: World, before: Features) -> Features:
    above = np.maximum(before - shared.thresholds, 0)
    return kind.scale * (above if kind.power == 1 else above**kind.power)
