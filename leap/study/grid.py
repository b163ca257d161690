"""Which runs each notebook needs, at each profile, and how their hyper-parameters are chosen."""

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, Literal, get_args

from leap.config import DecoderConfig, LossConfig, ModelConfig, RunConfig, TrainConfig
from leap.errors import LeapError

Profile = Literal["smoke", "laptop", "full", "trial", "paper"]
PUBLISHED: tuple[Profile, ...] = ("full", "paper")
"""Profiles whose records, tables and figures are kept under ``results``."""

SHIPPED = "av-digits"
"""The data set of the committed results; those of others bear its name."""

LEAP = DecoderConfig(name="leap", blocks=2)
MMIL = DecoderConfig(name="mmil", blocks=0)
AVSS = LossConfig(weight_avss=1.0)

SYSTEMS: dict[str, tuple[DecoderConfig, LossConfig]] = {
    "MMIL": (MMIL, LossConfig()),
    "MMIL + 2 blocks": (replace(MMIL, blocks=2), LossConfig()),
    "MMIL + L_avss": (MMIL, AVSS),
    "LEAP N=1": (replace(LEAP, blocks=1), LossConfig()),
    "LEAP": (LEAP, LossConfig()),
    "LEAP N=3": (replace(LEAP, blocks=3), LossConfig()),
    "LEAP + L_avss": (LEAP, AVSS),
    "LEAP calibrated": (replace(LEAP, variant="calibrated"), LossConfig()),
}
"""The systems of ``02_leap_vs_mmil``; all train with the identical L_basic."""

SEEDS = {"MMIL": 10, "LEAP": 10}
OTHER_SEEDS = 5
SHORT: dict[str, tuple[int, dict[str, Any]]] = {
    "smoke": (2, {"epochs": 2, "videos": 128}),
    "trial": (1, {"epochs": 3}),
}
"""Number of seeds and training of the profiles that only try things out."""

TRIAL_SYSTEMS = ("MMIL", "LEAP")

PAPER_MODEL = ModelConfig(width=512, ffn=512)
PAPER_HEADS = 8
PAPER_TRAINING = TrainConfig(epochs=30, batch=32, lr=1e-4)
"""Sizes, epochs, batch and rate of LEAP's release; the schedule is ours."""

LEARNING_RATES = (1e-3, 2e-3, 4e-3)
DROPOUTS = (0.1, 0.2)
HEADS = (1, 4)
SEARCH_SEEDS = (1000, 1001)
"""Outside the seeds that are reported."""


def check_profile(profile: str) -> Profile:
    """The profile, if it is one.

    Raises:
        LeapError: for an unknown profile.
    """
    known = get_args(Profile)
    if profile not in known:
        raise LeapError(f"unknown profile {profile!r}; known are {', '.join(known)}")
    return profile  # type: ignore[return-value]


def system_config(system: str, dataset: str, settings: dict[str, Any]) -> RunConfig:
    """A system with hyper-parameters ``lr`` and ``heads`` or ``dropout``."""
    decoder, loss = SYSTEMS[system]
    model = ModelConfig(decoder=replace(decoder, heads=settings.get("heads", decoder.heads)))
    model = replace(model, dropout=settings.get("dropout", model.dropout))
    train = replace(TrainConfig(), lr=settings["lr"])
    return RunConfig(dataset=dataset, model=model, loss=loss, train=train)


def candidates(system: str) -> list[dict[str, Any]]:
    """The six settings every system is tried with: three learning rates by one choice of two.

    The choice is the number of heads where the decoder has attention blocks, else the dropout.
    """
    decoder, _ = SYSTEMS[system]
    name, values = ("heads", HEADS) if decoder.blocks else ("dropout", DROPOUTS)
    return [{"lr": lr, name: value} for lr, value in product(LEARNING_RATES, values)]


def search_configs(system: str, dataset: str) -> list[list[RunConfig]]:
    """Runs of the search, a list of seeds per candidate; they are scored on val and never see test."""
    return [
        [replace(system_config(system, dataset, c), seed=seed, split="val") for seed in SEARCH_SEEDS]
        for c in candidates(system)
    ]


@cache
def selected() -> dict[str, dict[str, dict[str, Any]]]:
    """The settings chosen on val by ``leap study search``, by data set and system."""
    return json.loads(files("leap.study").joinpath("selected.json").read_text(encoding="utf-8"))


def named(name: str, dataset: str) -> str:
    """Name under ``results`` of what was made from a data set."""
    return name if dataset == SHIPPED else f"{name}_{dataset.replace('-', '_')}"


def searched(profile: Profile) -> bool:
    """Whether the settings of a profile were chosen on val; else they are the paper's."""
    return profile not in ("trial", "paper")


def leap_vs_mmil(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``02_leap_vs_mmil`` by system; seeds are paired between systems."""
    systems = TRIAL_SYSTEMS if profile == "trial" else tuple(SYSTEMS)
    return {system: _seeds(system, profile, dataset) for system in systems}


def paper_config(system: str, dataset: str) -> RunConfig:
    """A system at the paper's size; on LLP with the GloVe vectors that are packed with it."""
    decoder, loss = SYSTEMS[system]
    heads = PAPER_HEADS if decoder.blocks else decoder.heads
    labels = "dataset" if dataset == "llp" else PAPER_MODEL.labels
    model = replace(PAPER_MODEL, decoder=replace(decoder, heads=heads), labels=labels)
    return RunConfig(dataset=dataset, model=model, loss=loss, train=PAPER_TRAINING)


def with_seeds(config: RunConfig, profile: Profile, count: int) -> list[RunConfig]:
    """A run with so many seeds, or as few and as short as the profile has them."""
    if profile in SHORT:
        fewer, training = SHORT[profile]
        count, config = min(count, fewer), replace(config, train=replace(config.train, **training))
    return [replace(config, seed=seed) for seed in range(count)]


def _seeds(system: str, profile: Profile, dataset: str) -> list[RunConfig]:
    config = _config(system, dataset) if searched(profile) else paper_config(system, dataset)
    return with_seeds(config, profile, SEEDS.get(system, OTHER_SEEDS))


def _config(system: str, dataset: str) -> RunConfig:
    if dataset not in selected():
        raise LeapError(
            f"no settings chosen for data set {dataset!r}; choose them with make search, "
            "or take the paper's with profile trial or paper"
        )
    return system_config(system, dataset, selected()[dataset][system])
