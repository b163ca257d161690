"""How many blocks LEAP needs, and what they cost."""

from leap.config import RunConfig
from leap.study.grid import CLAIM_SEEDS, Profile, config, with_seeds

DEPTHS = {1: "LEAP N=1", 2: "LEAP", 3: "LEAP N=3", 4: "LEAP N=4"}


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``07_blocks``, by N."""
    return {
        f"N = {depth}": with_seeds(config(system, profile, dataset), profile, CLAIM_SEEDS)
        for depth, system in DEPTHS.items()
    }
