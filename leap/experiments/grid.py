"""Size of a study: profiles, numbers of seeds, and the config of a system at a profile."""

from dataclasses import replace
from typing import Any, Literal, get_args

from leap.config import RunConfig
from leap.errors import LeapError
from leap.experiments.systems import paper_config, selected_config, was_searched

Profile = Literal["smoke", "laptop", "full", "trial", "paper"]
PUBLISHED: tuple[Profile, ...] = ("full", "paper")
"""Profiles whose records, tables and figures are published."""

SHIPPED = "av-digits"
"""The data set that ships with the package; most committed results were made on it."""

EVERYDAY = "av-everyday"
"""The data set of everyday sounds and photographs, which also ships; claims are confirmed on it."""

EMBEDDED = (SHIPPED, EVERYDAY)
"""The data sets that are part of the package; their training videos have dense labels."""

CLAIM_SEEDS, SEEDS, SLOW_SEEDS = 10, 5, 3
"""Numbers of paired seeds: for most claims of the ledger, for other comparisons, and for slow runs."""

SHORT: dict[str, tuple[int, dict[str, Any]]] = {
    "smoke": (1, {"epochs": 2, "videos": 128}),
    "trial": (1, {"epochs": 3}),
}
"""Profile that only checks that everything runs → its number of seeds and its changes to the training."""


def check_profile(profile: str) -> Profile:
    """Validate the name of a profile.

    Raises:
        LeapError: the profile is unknown.
    """
    known = get_args(Profile)
    if profile not in known:
        raise LeapError(f"unknown profile {profile!r}; known are {', '.join(known)}")
    return profile  # type: ignore[return-value]


def result_name(name: str, dataset: str, home: str = SHIPPED) -> str:
    """File name, without suffix, of a result made on a data set.

    Args:
        name: the name of the same result made on ``home``.
        dataset: the data set; it is appended to the name unless it is ``home``.
        home: the data set of the committed results.

    >>> result_name("02_scores", "av-digits"), result_name("02_scores", "llp-sim")
    ('02_scores', '02_scores_llp_sim')
    """
    return name if dataset == home else f"{name}_{dataset.replace('-', '_')}"


def searched(profile: Profile) -> bool:
    """Whether a profile uses the settings chosen on val; the others use the paper's."""
    return profile not in ("trial", "paper")


def system_config(system: str, profile: Profile, dataset: str) -> RunConfig:
    """The run config of a system at a profile.

    Raises:
        LeapError: the profile uses settings chosen on val, and none were chosen on this data set; profile
            ``smoke``, whose scores mean nothing, then takes those of `SHIPPED`.
    """
    if not searched(profile):
        return paper_config(system, dataset)
    if profile == "smoke" and not was_searched(dataset):
        return replace(selected_config(system, SHIPPED), dataset=dataset)
    return selected_config(system, dataset)


def with_seeds(config: RunConfig, profile: Profile, count: int, first: int = 0) -> list[RunConfig]:
    """A run with ``count`` seeds from ``first`` on; profiles in `SHORT` use fewer and a shorter training."""
    if profile in SHORT:
        fewer, training = SHORT[profile]
        count, config = min(count, fewer), replace(config, train=replace(config.train, **training))
    return [replace(config, seed=seed) for seed in range(first, first + count)]
