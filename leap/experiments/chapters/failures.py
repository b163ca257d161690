"""Where systems fail: their errors by type, and of which errors the differences between systems consist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from leap.data.store import FeatureStore
from leap.diagnosis import TYPES, Diagnosis, diagnose, video_rises
from leap.diagnosis.report import mean_rise
from leap.diagnosis.splits import Part
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import denoised_labels
from leap.experiments.compare import ALPHA, table_difference
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, with_seeds
from leap.experiments.predicted_events import PredictedEvents
from leap.experiments.tables import by_keys, format_difference
from leap.metrics import per_class_scores
from leap.metrics.arrays import Floats
from leap.metrics.titles import listed

NOTEBOOK = "18_failures"

SYSTEMS = {
    "MMIL": "MMIL, L_basic, as they are",
    "LEAP": "LEAP, L_basic, as they are",
    "MMIL (VALOR's loss)": "MMIL, VALOR's loss, as they are",
    "LEAP (VALOR's loss)": "LEAP, VALOR's loss, as they are",
    "LEAP (denoised labels)": "LEAP, L_basic, rule",
    "ours": "LEAP, VALOR's loss + L_avss, rule",
}
"""System → its name in the chapter on denoised labels. Unless the name says otherwise, a system is trained
with L_basic; the last is preset ``ours`` with the settings chosen on the data set."""

FIRST_SEED = CLAIM_SEEDS
"""Seeds that no claim uses: one device makes all runs, so the committed events have the records' scores."""

CONTRASTS = {
    "LEAP − MMIL, L_basic": ("LEAP", "MMIL"),
    "LEAP − MMIL, VALOR's loss": ("LEAP (VALOR's loss)", "MMIL (VALOR's loss)"),
    "LEAP (denoised labels) − LEAP": ("LEAP (denoised labels)", "LEAP"),
    "ours − LEAP": ("ours", "LEAP"),
}
"""Name of a contrast → a system and its baseline."""

FIGURES = {"LEAP − MMIL": tuple(CONTRASTS)[:2], "denoised labels": tuple(CONTRASTS)[2:]}
"""Title of a figure → the contrasts that it shows."""

TOTAL = "all types"
"""Row of the whole difference, of which the types are parts."""

PARTS = ("modality", "length", "simultaneous events", "class frequency")
"""Properties of events by which the errors are split; classes have a table of their own."""

PER_CLASS = ("MMIL", "LEAP", "ours")
"""The systems that the table of classes shows."""


@dataclass(frozen=True)
class RunDiagnosis:
    """The diagnosis of a run's predictions.

    Attributes:
        found: scores, errors, gains and parts.
        rises: type → rise of every video's primary measure when types are fixed in order, (N,).
        per_class: score → value of every class in 0…1, (C,), see `leap.metrics.per_class_scores`.
    """

    found: Diagnosis
    rises: dict[str, Floats]
    per_class: dict[str, Floats]


Diagnoses: TypeAlias = Mapping[str, Sequence[RunDiagnosis]]
"""Diagnoses by system, one per seed."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of cells of the chapter on denoised labels, with five seeds of their own."""
    theirs = denoised_labels.grid(profile, dataset)
    configs = {system: theirs[name][0] for system, name in SYSTEMS.items() if name in theirs}
    return {name: with_seeds(config, profile, SEEDS, FIRST_SEED) for name, config in configs.items()}


CHAPTER = Chapter(NOTEBOOK, grid)


def diagnose_runs(events: Mapping[str, Sequence[PredictedEvents]], store: FeatureStore) -> Diagnoses:
    """Diagnose the predicted events of every run.

    Args:
        events: predicted events of the test videos, by system.
        store: the data set.
    """
    true_audio, true_visual = store.videos("test").truth()

    def of_run(predicted: PredictedEvents) -> RunDiagnosis:
        """The diagnosis of one run."""
        cubes = *predicted, true_audio, true_visual
        found = diagnose(*cubes, store.classes)
        return RunDiagnosis(found, video_rises(*cubes, found.errors), per_class_scores(*cubes))

    return {system: [of_run(predicted) for predicted in seeds] for system, seeds in events.items()}


def error_table(diagnoses: Diagnoses) -> pd.DataFrame:
    """Wrong events by type, and what fixing a type would gain, means over seeds.

    Returns:
        Index ``system`` and ``type``; columns ``predicted`` and ``true``, numbers of wrong events; and
        ``first``, ``in_order`` and ``last``, the rise of the primary measure, see
        `leap.diagnosis.fixing.Gain`.
    """
    rows = {
        (system, type_): _mean([_error_row(run.found, type_) for run in seeds])
        for system, seeds in diagnoses.items()
        for type_ in TYPES
    }
    return by_keys(rows, "system", "type")


def _error_row(found: Diagnosis, type_: str) -> dict[str, float]:
    counts = {side: found.count(type_, side == "predicted") for side in ("predicted", "true")}
    gain = found.gains.get(type_)
    names = ("first", "in_order", "last")
    return counts | {name: mean_rise(getattr(gain, name)) if gain else 0.0 for name in names}


def contrast_table(diagnoses: Diagnoses) -> pd.DataFrame:
    """Of which types of error the differences between systems consist.

    A type's part of a difference is what the baseline loses by it minus what the system loses, in the
    primary measure, when types are fixed in order; the parts add up to the difference.

    Returns:
        Index ``contrast`` and ``type``, the last of which is `TOTAL`; columns as in
        `leap.experiments.compare.Difference.row`, and the parts if a type is fixed ``first`` and ``last``.
    """
    errors = error_table(diagnoses)
    rows = {
        (contrast, type_): table_difference(part).row | _other_orders(errors, system, baseline, type_)
        for contrast, (system, baseline) in CONTRASTS.items()
        if system in diagnoses and baseline in diagnoses
        for type_, part in _parts(diagnoses[system], diagnoses[baseline]).items()
    }
    return by_keys(rows, "contrast", "type")


def _parts(system: Sequence[RunDiagnosis], baseline: Sequence[RunDiagnosis]) -> dict[str, Floats]:
    """Type → its part of a difference by seed and video, (S, N); and the whole difference."""
    pairs = list(zip(system, baseline, strict=True))
    parts = {
        type_: np.stack([theirs.rises[type_] - ours.rises[type_] for ours, theirs in pairs])
        for type_ in TYPES
    }
    return parts | {TOTAL: np.sum(list(parts.values()), axis=0)}


def _other_orders(errors: pd.DataFrame, system: str, baseline: str, type_: str) -> dict[str, float]:
    """A type's part of a difference if it is fixed first and last, from `error_table`."""
    if type_ == TOTAL:
        return {}
    lost = {order: errors[order].to_dict() for order in ("first", "last")}
    return {order: by_type[baseline, type_] - by_type[system, type_] for order, by_type in lost.items()}


def part_table(diagnoses: Diagnoses) -> pd.DataFrame:
    """Percentage of events that are wrong by properties of the events, means over seeds.

    Returns:
        Index ``property`` and ``part``; columns ``events``, the number of true events, and by system the
        percentage of true events that are not predicted exactly.
    """
    first = next(iter(diagnoses.values()))[0].found
    rows = {
        (part.split, part.part): {"events": part.true} | _wrong(diagnoses, part)
        for part in first.parts
        if part.split in PARTS and part.true
    }
    return by_keys(rows, "property", "part")


def _wrong(diagnoses: Diagnoses, part: Part) -> dict[str, float]:
    """System → percentage of a part's true events that are wrong, mean over seeds."""
    return {
        system: float(np.mean([100 * _wrong_events(run.found, part) / part.true for run in seeds]))
        for system, seeds in diagnoses.items()
    }


def _wrong_events(found: Diagnosis, part: Part) -> int:
    """Number of wrong true events of a part, in another run."""
    return next(other.wrong_true.total() for other in found.parts if other[:2] == part[:2])


def class_table(diagnoses: Diagnoses, classes: Sequence[str]) -> pd.DataFrame:
    """Event-level F × 100 by class and modality, means over seeds, of the systems in `PER_CLASS`.

    Returns:
        One row per class; columns by modality and system. NaN stands for a class that is neither true nor
        predicted in a modality.
    """
    columns = {
        (modality, system): 100 * np.mean([run.per_class[score] for run in diagnoses[system]], axis=0)
        for modality, score in (("audio", "evt_a"), ("visual", "evt_v"))
        for system in PER_CLASS
        if system in diagnoses
    }
    return pd.DataFrame(columns, index=list(classes)).rename_axis("class")


def errors_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`error_table` as text: points lost by type and system, with their range in other orders."""
    return _by_type(table.apply(_loss_in_words, axis=1))


def _loss_in_words(row: pd.Series) -> str:
    low, high = row[["first", "in_order", "last"]].min(), row[["first", "in_order", "last"]].max()
    return f"{row['in_order']:.1f} ({low:.1f} to {high:.1f})".replace("-", "−")


def counts_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`error_table` as text: wrong predicted and true events by type and system."""
    return _by_type(table.apply(lambda row: f"{row['predicted']:.0f} / {row['true']:.0f}", axis=1))


def contrasts_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`contrast_table` as text: the part of every type in every difference."""
    return _by_type(table.apply(format_difference, axis=1))


def loss_panels(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """`error_table` for `leap.visualization.figures.dot_plot`: points lost by type, a marker per system."""
    return {"types in the order in which they are fixed": _by_type(table["in_order"])}


def costliest_in_words(table: pd.DataFrame) -> str:
    """The type of error that costs every system of `error_table` most."""
    costs = _by_type(table["in_order"]).idxmax()
    if len(set(costs)) == 1:
        return f"Errors of the type “{costs.iloc[0]}” cost every system most."
    found = [f"“{type_}” for {listed(systems)}" for type_, systems in costs.groupby(costs).groups.items()]
    return f"The costliest type is {listed(found)}."


def contrast_panels(table: pd.DataFrame, title: str) -> dict[str, dict[str, pd.DataFrame]]:
    """An entry of `FIGURES`, from `contrast_table`, for `leap.visualization.effects.effect_plot`.

    The types of error have one panel, and their sum another.
    """
    found = {name: _rows(table, name) for name in FIGURES[title] if name in table.index}
    return {
        f"{title}, by type of error": {name: rows.drop(index=TOTAL) for name, rows in found.items()},
        f"{title}, {TOTAL}": {name: rows.loc[[TOTAL]] for name, rows in found.items()},
    }


def answer(contrasts: pd.DataFrame, dataset: str) -> str:
    """Of which types of error each difference consists, as a list with a line per contrast.

    Args:
        contrasts: `contrast_table`.
        dataset: name of the data set.
    """
    names = contrasts.index.unique("contrast")
    lines = [f"- **{name}**: {_contrast_in_words(_rows(contrasts, name))}" for name in names]
    return "\n".join([f"On {dataset}, in points of the primary measure:", "", *lines])


def _contrast_in_words(parts: pd.DataFrame) -> str:
    text, value = parts.apply(format_difference, axis=1), parts["difference"]
    clear = value[(parts["p"] < ALPHA) & (parts.index != TOTAL)].sort_values(key=abs, ascending=False)
    said = f"{text[TOTAL]} in all"
    if clear.empty:
        return f"{said}; no type of error differs clearly."
    named = ", ".join(f"{text[type_]} {type_}" for type_ in clear.index)
    rest = f"{value[TOTAL] - clear.sum():+.1f}".replace("-", "−")
    return f"{said}; of these {named}, and {rest} all other types together."


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _rows(table: pd.DataFrame, contrast: str) -> pd.DataFrame:
    """The rows of a contrast, by type."""
    return pd.DataFrame(table.xs(contrast, level="contrast"))


def _by_type(values: pd.Series) -> pd.DataFrame:
    """Values with an index of two levels, system or contrast and type: a row per type, a column per other."""
    columns = values.index.unique(0)
    return pd.DataFrame({name: values.loc[name] for name in columns}, index=values.index.unique("type"))
