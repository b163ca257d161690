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


def check_profile(profile: str) -> Profile:
    """The profile, if it is one.

    Raises:
        LeapError: for an unknown profile.
    """
    known = get_args(Profile)
    if profile not in known:
        raise LeapError(f"unknown profile {profile!r}; known are {', '.join(known)}")
    return profile  # type: ignore[return-value]


def result_name(name: str, dataset: str, home: str = SHIPPED) -> str:
    """File name, without suffix, of what was made on a data set.

    Args:
        name: the name of what was made on ``home``.
        dataset: the data set; any other than ``home`` becomes a part of the name.
        home: the data set of the committed results.

    >>> result_name("02_scores", "av-digits"), result_name("02_scores", "llp-sim")
    ('02_scores', '02_scores_llp_sim')
    """
    return name if dataset == home else f"{name}_{dataset.replace('-', '_')}"


def searched(profile: Profile) -> bool:
    """Whether the settings of a profile were chosen on val; else they are the paper's."""
    return profile not in ("trial", "paper")


def system_config(system: str, profile: Profile, dataset: str) -> RunConfig:
    """A system at a profile: with the settings chosen on val, or the paper's."""
    return selected_config(system, dataset) if searched(profile) else paper_config(system, dataset)


def with_seeds(config: RunConfig, profile: Profile, count: int) -> list[RunConfig]:
    """A run with so many seeds, or as few and as short as the profile has them."""
    if profile in SHORT:
        fewer, training = SHORT[profile]
        count, config = min(count, fewer), replace(config, train=replace(config.train, **training))
    return [replace(config, seed=seed) for seed in range(count)]
