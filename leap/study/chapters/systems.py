"""HAN, VALOR, CMPAE and LEAP side by side: as their releases train them, and all in one way."""

from leap.config import RunConfig
from leap.presets import preset
from leap.study.chapters.presets import sized
from leap.study.grid import SEEDS, SLOW_SEEDS, Profile, config, with_seeds

OWN = {"HAN": "han", "VALOR": "valor", "CMPAE": "cmpae", "LEAP": "leap"}
"""Presets by the names of the published table; LEAP's encoder is MM-Pyr."""

ALIKE = {"HAN": "MMIL", "VALOR": "VALOR, MMIL", "CMPAE": "CMPAE", "LEAP": "MM-Pyr, LEAP"}
"""Their encoders and decoders, trained alike."""


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``05_systems``: each as its release has it, then all with one L_basic and protocol."""
    own = {
        f"{name}, own": with_seeds(
            sized(preset(release, dataset, ()), dataset), profile, SLOW_SEEDS if name == "LEAP" else SEEDS
        )
        for name, release in OWN.items()
    }
    alike = {
        f"{name}, alike": with_seeds(config(system, profile, dataset), profile, SEEDS)
        for name, system in ALIKE.items()
    }
    return own | alike
