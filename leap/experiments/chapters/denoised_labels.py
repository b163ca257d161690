"""Temporal smoothing of pseudo-labels: what it gains by loss, by decoder and under added errors."""

from collections.abc import Iterable
from dataclasses import replace

from leap.config import AvssConfig, NoiseConfig, RunConfig, Smoother, SmoothingConfig
from leap.experiments.cells import LOSSES, Cell, is_available, profile_config
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SLOW_SEEDS, Profile, with_seeds

COUPLINGS = {"MMIL": "pooled", "LEAP": "separate"}
"""Decoder → source of its video probabilities in its publication."""

RULE = "rule"
SMOOTHERS: dict[str, Smoother] = {
    "as they are": "none",
    "median filter": "median",
    "HMM": "hmm",
    RULE: "auto",
}
"""Title → how the pseudo-labels of both modalities are denoised; the rule decides for each modality whether
the HMM is applied, see `leap.data.pseudo_labels.smooth`."""

FIXED = tuple(title for title in SMOOTHERS if title != RULE)
"""What is tried with added errors."""

NOISES = {
    "20 % misses": NoiseConfig(misses=0.2),
    "40 % misses": NoiseConfig(misses=0.4),
    "20 % false alarms": NoiseConfig(false_alarms=0.2),
    "40 % false alarms": NoiseConfig(false_alarms=0.4),
    "40 % bursty misses": NoiseConfig(misses=0.4, bursts=True),
    "40 % bursty false alarms": NoiseConfig(false_alarms=0.4, bursts=True),
}
"""Title → errors that are added to the pseudo-labels before they are denoised."""

SMOKE_NOISES = ("40 % misses",)
"""The added errors at profile ``smoke``."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs by decoder, loss, denoising and added errors.

    All use the settings that were chosen for their decoder and loss with the labels as they are. Without
    added errors, every entry of `SMOOTHERS` is tried, and L_avss with the labels denoised by the rule; the
    runs with the labels as they are belong to ``14_decoder_or_loss``, too. With added errors, the rule is not
    tried.
    """
    systems = _systems(profile, dataset)
    natural = _denoised(systems, SMOOTHERS) | _with_avss(systems)
    noises = SMOKE_NOISES if profile == "smoke" else NOISES
    noisy = {
        f"{name}, {errors}": replace(config, noise=NOISES[errors])
        for errors in noises
        for name, config in _denoised(systems, FIXED).items()
    }
    return {
        name: with_seeds(config, profile, seeds)
        for configs, seeds in ((natural, CLAIM_SEEDS), (noisy, SLOW_SEEDS))
        for name, config in configs.items()
    }


NOTEBOOK = "15_denoised_labels"
CHAPTER = Chapter(NOTEBOOK, grid)


def _systems(profile: Profile, dataset: str) -> dict[str, RunConfig]:
    """MMIL and LEAP as published on HAN, with both losses; only those for which settings were chosen."""
    cells = [Cell(decoder, video, loss) for decoder, video in COUPLINGS.items() for loss in LOSSES]
    return {
        f"{cell.decoder}, {cell.loss}": profile_config(cell, profile, dataset)
        for cell in cells
        if is_available(cell, profile, dataset)
    }


def _denoised(systems: dict[str, RunConfig], titles: Iterable[str]) -> dict[str, RunConfig]:
    """Every system with every denoising; ``titles`` are keys of `SMOOTHERS`."""
    return {
        f"{name}, {title}": replace(config, smoothing=_both(SMOOTHERS[title]))
        for name, config in systems.items()
        for title in titles
    }


def _with_avss(systems: dict[str, RunConfig]) -> dict[str, RunConfig]:
    """VALOR's loss with L_avss, both from labels denoised by the rule."""
    return {
        f"{name} + L_avss, {RULE}": replace(
            config, loss=replace(config.loss, avss=AvssConfig()), smoothing=_both(SMOOTHERS[RULE])
        )
        for name, config in systems.items()
        if config.loss == LOSSES["VALOR's loss"]
    }


def _both(smoother: Smoother) -> SmoothingConfig:
    """The same denoising of both modalities."""
    return SmoothingConfig(audio=smoother, visual=smoother)
