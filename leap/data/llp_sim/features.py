"""Simulated features: correlated nuisance plus events, rectified above a threshold per channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from leap.data.llp_sim.parts import Pattern, draw_parts, make_patterns

Features = NDArray[np.float32]
Labels = NDArray[np.uint8]

STRUCTURE_SEED = 240708126
"""Seed of the structure that all simulations share: correlations, thresholds and patterns."""

DIRECTIONS = 128
"""Number of directions of correlated nuisance; the spectrum decays too fast for more to matter."""

LEVEL = 6.0
"""Largest level of an event in decibels, before drift: its power relative to the nuisance on its channels.

Levels are uniform from −LEVEL to LEVEL. The value was chosen in advance: how strongly the events of LLP
appear in its features has not been measured.
"""

DRIFT = 1.0
"""Standard deviation in decibels of an event's level over its segments."""

VARIATION = 0.5
"""Standard deviation of the logarithm of an event's strength on a channel, drawn per video."""


@dataclass(frozen=True)
class Kind:
    """One kind of features: scale · max(nuisance + events − threshold, 0)^power.

    Attributes:
        modality: ``"audio"`` or ``"visual"``.
        width: number of channels.
        threshold: mean threshold of the channels, in standard deviations of the nuisance.
        spread: standard deviation of the thresholds over channels.
        scale: scale of the values.
        power: exponent; above 1 for a longer tail.
        decay: exponent of the decay of the nuisance's spectrum.
        video_share: fraction of the correlated nuisance's variance that is constant over a video.
        lag_one: correlation of the remaining correlated nuisance between adjacent segments.
        independent_share: fraction of the nuisance's variance that is independent over channels and segments.
    """

    modality: str
    width: int
    threshold: float
    spread: float
    scale: float
    power: float
    decay: float
    video_share: float
    lag_one: float
    independent_share: float


KINDS = {
    # fitted to the statistics of real VGGish features without events (leap.data.llp_sim.feature_statistics)
    "audio": Kind("audio", 128, 0.63, 1.21, 0.297, 1.28, 1.29, 0.6, 0.36, 0.17),
    # assumed: rarely zero, like averages of rectified values over frames and positions, and steadier in time
    "visual_2d": Kind("visual", 2048, -1.0, 0.7, 0.35, 1.0, 1.0, 0.75, 0.5, 0.2),
    "visual_3d": Kind("visual", 512, -1.0, 0.7, 0.5, 1.0, 1.0, 0.65, 0.5, 0.2),
}


@dataclass(frozen=True)
class SharedStructure:
    """Structure that all videos share in one kind of features.

    Attributes:
        loadings: loadings of the channels on the nuisance directions, (directions, width), unit variance.
        thresholds: thresholds of the channels, (width,).
        patterns: pattern of every part.
    """

    loadings: Features
    thresholds: Features
    patterns: list[Pattern]


def simulate_features(audio: Labels, visual: Labels, rng: np.random.Generator) -> dict[str, Features]:
    """Simulate the features of videos with given labels.

    Args:
        audio: dense audio labels, (n, T, C).
        visual: dense visual labels, (n, T, C).
        rng: random generator.

    Returns:
        ``audio`` (n, T, 128), ``visual_2d`` (n, T, 2048) and ``visual_3d`` (n, T, 512).
    """
    labels = {"audio": audio, "visual": visual}
    shared = {name: shared_structure(name, audio.shape[2]) for name in KINDS}
    videos, segments, _ = audio.shape
    before = {name: _nuisance(KINDS[name], shared[name], videos, segments, rng) for name in KINDS}
    for modality, cube in labels.items():
        names = [name for name, kind in KINDS.items() if kind.modality == modality]
        for video, label in np.argwhere(cube.any(1)):
            active = np.flatnonzero(cube[video, :, label])
            level = rng.uniform(-LEVEL, LEVEL) + DRIFT * rng.standard_normal(len(active))  # (active,)
            for part in draw_parts(label, rng):
                for name in names:
                    channels, strengths = shared[name].patterns[part]
                    strengths = strengths * rng.lognormal(-(VARIATION**2), VARIATION, len(channels))
                    before[name][video, active[:, None], channels] += np.outer(10 ** (level / 20), strengths)
    return {name: _respond(KINDS[name], shared[name], x) for name, x in before.items()}


def _nuisance(
    kind: Kind, shared: SharedStructure, videos: int, segments: int, rng: np.random.Generator
) -> Features:
    """Nuisance of unit variance in every channel, (videos, segments, width)."""
    directions = len(shared.loadings)
    constant = rng.standard_normal((videos, 1, directions), np.float32)
    moving = rng.standard_normal((videos, segments, directions), np.float32)
    for t in range(1, segments):
        moving[:, t] = kind.lag_one * moving[:, t - 1] + np.sqrt(1 - kind.lag_one**2) * moving[:, t]
    common = (
        np.sqrt(kind.video_share) * constant + np.sqrt(1 - kind.video_share) * moving
    )  # (n, T, directions)
    x = (np.sqrt(1 - kind.independent_share) * common).astype(np.float32) @ shared.loadings  # (n, T, width)
    x += np.float32(np.sqrt(kind.independent_share)) * rng.standard_normal(x.shape, np.float32)
    return x


@cache
def shared_structure(name: str, n_classes: int) -> SharedStructure:
    """Draw the structure that all videos of ``n_classes`` classes share in one kind of features."""
    kind = KINDS[name]
    rng = np.random.default_rng([STRUCTURE_SEED, kind.width])
    directions = min(kind.width, DIRECTIONS)
    axes, _ = np.linalg.qr(rng.standard_normal((kind.width, directions)))  # (width, directions)
    loadings = axes * np.arange(1, directions + 1) ** (-kind.decay / 2)
    loadings /= np.linalg.norm(loadings, axis=1, keepdims=True)
    quantiles = rng.permutation((np.arange(kind.width) + 0.5) / kind.width)
    normal = np.array([NormalDist().inv_cdf(quantile) for quantile in quantiles])  # (width,)
    thresholds = kind.threshold + kind.spread * normal
    patterns = make_patterns(n_classes, kind.width, rng)
    return SharedStructure(loadings.T.astype(np.float32), thresholds.astype(np.float32), patterns)


def _respond(kind: Kind, shared: SharedStructure, before: Features) -> Features:
    above = np.maximum(before - shared.thresholds, 0)
    return kind.scale * (above if kind.power == 1 else above**kind.power)
