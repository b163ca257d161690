"""LEAP against MMIL on several encoders: the paper's main comparison, and 'plug and play'."""

from leap.config import RunConfig
from leap.study.grid import CLAIM_SEEDS, SEEDS, Profile, config, with_seeds

PAIRS = {
    "HAN": ("MMIL", "LEAP"),
    "VALOR": ("VALOR, MMIL", "VALOR, LEAP"),
    "MM-Pyr": ("MM-Pyr, MMIL", "MM-Pyr, LEAP"),
}
"""By encoder, the systems that decode it by MMIL and by LEAP."""


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``04_encoders``: every encoder with MMIL and with LEAP."""
    return {
        system: with_seeds(
            config(system, profile, dataset), profile, CLAIM_SEEDS if encoder == "HAN" else SEEDS
        )
        for encoder, pair in PAIRS.items()
        for system in pair
    }
