"""What the audio-visual similarity loss L_avss is worth: its weight, its target, its decoder."""

from dataclasses import replace

from leap.config import LossConfig, RunConfig
from leap.study.grid import CLAIM_SEEDS, SEEDS, Profile, config, with_seeds

DECODERS = ("MMIL", "LEAP")
WEIGHTS = (0.25, 1.0, 4.0)


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``09_losses``: L_basic, and L_avss of several weights and of the release's target.

    Without L_avss and with it each decoder has the settings chosen for it; λ and target are then changed
    alone.
    """
    runs = {}
    for decoder in DECODERS:
        runs[decoder] = with_seeds(config(decoder, profile, dataset), profile, CLAIM_SEEDS)
        similar = config(f"{decoder} + L_avss", profile, dataset)
        for name, loss in _variants().items():
            count = CLAIM_SEEDS if loss == similar.loss else SEEDS
            runs[f"{decoder}, {name}"] = with_seeds(replace(similar, loss=loss), profile, count)
    return runs


def _variants() -> dict[str, LossConfig]:
    paper = {f"λ = {weight:g}": LossConfig(weight_avss=weight) for weight in WEIGHTS}
    return paper | {"λ = 1, release": LossConfig(weight_avss=1.0, avss="release")}
