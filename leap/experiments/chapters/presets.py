"""The presets: their settings, LEAP compared with the other releases, and their cost."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from leap.config import EpochCosineSchedule, LeapConfig, MmPyramidConfig, RunConfig, StepSchedule
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.data.teacher import teacher_scores
from leap.errors import LeapError
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import SEEDS, Profile, with_seeds
from leap.experiments.records import PRIMARY, PRIMARY_PARTS
from leap.experiments.tables import SUMMARY_SCORES, Runs, format_difference, not_above, pair_table
from leap.metrics.titles import spelled_out
from leap.presets import RELEASES, preset, scale_width
from leap.training.run import parameter_count

WIDTH = 64
"""Width on small data: AV-Digits has 2,000 training videos of 128-d features, LLP 10,000 of up to 2,048-d."""


COMPARED = ("leap", "valor", "valor+", "cmpae", "han", "mm-pyr", "uwav")
"""The releases that are compared; the other presets are variants of them or parts of their training."""

COMMON = "cmpae, common protocol"
"""CMPAE trained, selected and decoded by the protocol that the other compared releases share."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of each preset, scaled to `WIDTH`: five seeds of the compared systems, one of the others.

    UWAV is left out where the logits of the pseudo-labels' teacher are unknown, as on LLP.
    """
    features, logits = _contents(dataset)
    names = [name for name in RELEASES if logits or not RELEASES[name].loss.basic.reads_soft_labels]
    configs = {name: sized(preset(name, dataset, features), dataset) for name in names}
    configs[COMMON] = _with_protocol_of("leap", configs["cmpae"])
    return {
        name: with_seeds(config, profile, SEEDS if name in (*COMPARED, COMMON) else 1)
        for name, config in configs.items()
    }


CHAPTER = Chapter("20_presets", grid, dataset="av-digits")


def _with_protocol_of(release: str, config: RunConfig) -> RunConfig:
    """A config with the model selection and the decoding protocol of a release."""
    other = RELEASES[release]
    train = replace(config.train, selection=other.train.selection)
    return replace(config, train=train, protocol=other.protocol, thresholds_on_val=other.thresholds_on_val)


def _contents(dataset: str) -> tuple[tuple[str, ...], bool]:
    """Features of a data set, for VALOR++, and whether the logits of its teacher are known, for UWAV.

    None are assumed if its store is not found by its name.
    """
    try:
        with open_dataset(dataset) as store:
            return tuple(store.widths), teacher_scores(store, "train") is not None
    except LeapError:
        return (), False


def sized(config: RunConfig, dataset: str) -> RunConfig:
    """A preset at its own width on LLP, and scaled to `WIDTH` elsewhere."""
    return config if dataset == "llp" else scale_width(config, WIDTH)


def size_in_words(dataset: str) -> str:
    """The size of `sized` in words.

    >>> size_in_words("llp"), size_in_words("av-digits")
    ("the releases' sizes", 'width 64')
    """
    return "the releases' sizes" if dataset == "llp" else f"width {WIDTH}"


def preset_table() -> pd.DataFrame:
    """The settings of every preset on LLP in words, one row per preset."""
    return pd.DataFrame.from_dict({name: _row(preset(name)) for name in RELEASES}, orient="index")


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


def difference_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus each other compared release that has runs, in the primary measure and its four parts.

    Returns:
        Index ``system`` and ``score``; columns as in `leap.experiments.tables.pair_table`.
    """
    others = [name for name in (*COMPARED, COMMON) if name != "leap" and name in runs]
    pairs = {name: ("leap", name) for name in others}
    return pair_table(runs, pairs, [PRIMARY, *PRIMARY_PARTS])


def parameter_table(runs: Runs, store: FeatureStore) -> pd.DataFrame:
    """Number of parameters of every system as it was trained on a data set; index ``system``."""
    counts = {name: parameter_count(records[0].run_config(), store) for name, records in runs.items()}
    return pd.DataFrame({"parameters": counts}).rename_axis("system")


def conclusion(differences: pd.DataFrame, dataset: str) -> str:
    """LEAP against the other releases in words, with the numbers of `difference_table`.

    Args:
        differences: the table.
        dataset: name of the data set.
    """
    rows = pd.DataFrame(differences.xs(PRIMARY, level="score"))
    said = [f"{name} {text}" for name, text in rows.apply(format_difference, axis=1).items()]
    return f"On {dataset}, LEAP as released minus the other releases, primary measure: {'; '.join(said)}."


def above_baseline(scores: pd.DataFrame, baseline: pd.Series) -> str:
    """A sentence that names the systems that do not exceed a trivial baseline in all summary scores.

    Args:
        scores: scores × 100, one row per system, columns titled.
        baseline: title → score of the baseline.
    """
    names, below = ", ".join(map(spelled_out, SUMMARY_SCORES)), not_above(scores, baseline)
    if not below:
        return f"All {len(scores)} presets are above the best of these trivial baselines in {names}."
    return f"Not above the best of these trivial baselines in all of {names}: {', '.join(below)}."


def cost_tables(path: Path) -> dict[str, pd.DataFrame]:
    """Cost of every preset as text, measured by ``python -m benchmarks.cost table``.

    Args:
        path: the table.

    Returns:
        Processor or GPU → one row per preset.
    """
    table = pd.read_csv(path, index_col="preset")
    table["parameters"] = (table["parameters"] / 1e6).map("{:.1f} M".format)
    parts = table.groupby("product", sort=False)
    return {str(name): rows.drop(columns=["device", "product"]).round(2) for name, rows in parts}
