"""How large a study is: profiles, seeds, and the runs that the chapters need."""

from dataclasses import replace
from typing import Any, Literal, get_args

from leap.config import RunConfig
from leap.errors import LeapError
from leap.experiments.systems import paper_config, selected_config

Profile = Literal["smoke", "laptop", "full", "trial", "paper"]
PUBLISHED: tuple[Profile, ...] = ("full", "paper")
"""Profiles whose records, tables and figures are kept under ``results``."""

SHIPPED = "av-digits"
"""The data set of the committed results; those of others bear its name."""

CLAIM_SEEDS, SEEDS, SLOW_SEEDS = 10, 5, 3
"""Paired seeds of comparisons that a claim rests on, of others, and of those on MM-Pyr and LLP-Sim."""

SHORT: dict[str, tuple[int, dict[str, Any]]] = {
    "smoke": (1, {"epochs": 2, "videos": 128}),
    "trial": (1, {"epochs": 3}),
}
"""Number of seeds and training of the profiles that only try things out."""

COMPARED = (
    "MMIL",
    "MMIL + 2 blocks",
    "MMIL + L_avss",
    "LEAP N=1",
    "LEAP",
    "LEAP N=3",
    "LEAP + L_avss",
    "LEAP calibrated",
)
"""The systems of ``02_leap_vs_mmil``."""

MAIN = ("MMIL", "LEAP")
"""Its question, and all that profile ``trial`` runs."""

CLAIMED = (*MAIN, "MMIL + 2 blocks")
"""Those that claims rest on."""


def check_profile(profile: str) -> Profile:
    """The profile, if it is one.

    Raises:
        LeapError: for an unknown profile.
    """
    known = get_args(Profile)
    if profile not in known:
        raise LeapError(f"unknown profile {profile!r}; known are {', '.join(known)}")
    return profile  # type: ignore[return-value]


def named(name: str, dataset: str) -> str:
    """Name under ``results`` of what was made from a data set."""
    return name if dataset == SHIPPED else f"{name}_{dataset.replace('-', '_')}"


def searched(profile: Profile) -> bool:
    """Whether the settings of a profile were chosen on val; else they are the paper's."""
    return profile not in ("trial", "paper")


def leap_vs_mmil(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``02_leap_vs_mmil`` by system; seeds are paired between systems."""
    systems = MAIN if profile == "trial" else COMPARED
    return {s: with_seeds(config(s, profile, dataset), profile, seeds(s)) for s in systems}


def seeds(system: str) -> int:
    """How many seeds a system of ``02_leap_vs_mmil`` has."""
    return CLAIM_SEEDS if system in CLAIMED else SEEDS


def config(system: str, profile: Profile, dataset: str) -> RunConfig:
    """A system at a profile: with the settings chosen on val, or the paper's."""
    return selected_config(system, dataset) if searched(profile) else paper_config(system, dataset)


def with_seeds(config: RunConfig, profile: Profile, count: int) -> list[RunConfig]:
    """A run with so many seeds, or as few and as short as the profile has them."""
    if profile in SHORT:
        fewer, training = SHORT[profile]
        count, config = min(count, fewer), replace(config, train=replace(config.train, **training))
    return [replace(config, seed=seed) for seed in range(count)]
