"""Every preset, trained on the embedded data."""

from leap.config import RunConfig
from leap.data.store import open_dataset
from leap.presets import PRESETS, narrow, preset
from leap.study.grid import Profile, with_seeds

WIDTH = 64
"""AV-Digits has 2,000 videos of 128-d features; LLP's sizes are for 10,000 of 2,048."""


def trained_presets(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """One run of each preset, narrow, by its name."""
    with open_dataset(dataset) as store:
        features = tuple(store.widths)
    configs = {name: narrow(preset(name, dataset, features), WIDTH) for name in PRESETS}
    return {name: with_seeds(config, profile, 1) for name, config in configs.items()}
