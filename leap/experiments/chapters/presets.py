"""Every preset, trained on the embedded data."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from leap.config import EpochCosineSchedule, LeapConfig, MmPyramidConfig, RunConfig, StepSchedule
from leap.data.registry import open_dataset
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import Profile, with_seeds
from leap.experiments.tables import MEANS, TITLES
from leap.presets import PRESETS, preset, scale_width

WIDTH = 64
"""AV-Digits has 2,000 videos of 128-d features; LLP's sizes are for 10,000 of 2,048."""


def grid(profile: Profile, dataset: str) -> Grid:
    """One run of each preset, narrow, by its name."""
    with open_dataset(dataset) as store:
        features = tuple(store.widths)
    configs = {name: sized(preset(name, dataset, features), dataset) for name in PRESETS}
    return {name: with_seeds(config, profile, 1) for name, config in configs.items()}


CHAPTER = Chapter("20_presets", grid, dataset="av-digits")


def sized(config: RunConfig, dataset: str) -> RunConfig:
    """A preset at a width that suits a data set: LLP's own, else narrow."""
    return config if dataset == "llp" else scale_width(config, WIDTH)


def preset_table() -> pd.DataFrame:
    """How every preset is built and trained on LLP."""
    return pd.DataFrame.from_dict({name: _row(preset(name)) for name in PRESETS}, orient="index")


def _row(config: RunConfig) -> dict[str, str]:
    model, train, protocol = config.model, config.train, config.protocol
    encoder, decoder = model.encoder, model.decoder
    depth = encoder.levels if isinstance(encoder, MmPyramidConfig) else getattr(encoder, "layers", 1)
    clip = "" if train.clip is None else f", norm ≤ {train.clip:g}"
    variant = f" ({decoder.variant})" if isinstance(decoder, LeapConfig) else ""
    return {
        "encoder": f"{encoder.name} × {depth}, {getattr(encoder, 'heads', 1)} heads",
        "decoder": f"{decoder.name}{variant}",
        "d / FFN": f"{model.width} / {model.ffn}",
        "losses": config.loss.basic.name + " + L_avss" * (config.loss.avss is not None),
        "optimiser": f"{train.optimizer}, {train.lr:g}{clip}",
        "schedule": _schedule(config),
        "batch × epochs": f"{train.batch} × {train.epochs}",
        "selection": train.selection,
        "protocol": f"{protocol.segment:g}, {protocol.gate} gate {protocol.gate_threshold:g}",
    }


def _schedule(config: RunConfig) -> str:
    """The learning-rate schedule in words."""
    schedule = config.train.schedule
    if isinstance(schedule, EpochCosineSchedule):
        return f"rise over {schedule.warmup} epochs, cosine to {schedule.final:g}"
    if isinstance(schedule, StepSchedule):
        return f"× {schedule.factor:g} every {schedule.period} epochs"
    return schedule.name


def above_the_floor(scores: pd.DataFrame, floor: Mapping[str, float]) -> str:
    """Which systems are above what needs no model in all of Type@AV and Event@AV, in a sentence.

    Args:
        scores: one row a system, columns named as the floor's entries.
        floor: the best score without a model.
    """
    names = [TITLES[name] for name in MEANS]
    passed = {system: all(row[name] > floor[name] for name in names) for system, row in scores.iterrows()}
    below = [str(system) for system, passes in passed.items() if not passes]
    if not below:
        return f"All {len(passed)} presets are above the best of these floors in {', '.join(names)}."
    return f"Not above the best of these floors in all of {', '.join(names)}: {', '.join(below)}."


def cost_tables(path: Path) -> dict[str, pd.DataFrame]:
    """What every preset costs, as ``python -m benchmarks.cost`` measured it, by processor or GPU."""
    table = pd.read_csv(path, index_col="preset")
    table["parameters"] = (table["parameters"] / 1e6).map("{:.1f} M".format)
    parts = table.groupby("product", sort=False)
    return {str(name): rows.drop(columns=["device", "product"]).round(2) for name, rows in parts}
