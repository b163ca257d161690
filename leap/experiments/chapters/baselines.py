"""MMIL and LEAP between trivial baselines, the teacher as a system, and training on dense labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from leap.data.pseudo_labels import choose_threshold
from leap.data.registry import dataset_title, is_simulated
from leap.data.store import FeatureStore
from leap.data.teacher import teacher_labels, teacher_scores
from leap.data.trivial_baselines import label_free_baselines, trivial_baselines
from leap.experiments.cells import Cell, is_available, profile_config
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.compare import paired_difference, sample_deviation
from leap.experiments.grid import CLAIM_SEEDS, EMBEDDED, SEEDS, Profile, with_seeds
from leap.experiments.records import PRIMARY, PRIMARY_PARTS, Record
from leap.experiments.tables import NO_BREAK, SUMMARY_SCORES, TITLES, Runs, format_difference, paired
from leap.experiments.verdicts import WORDS, verdict
from leap.inference.readings import TEACHER_READING
from leap.metrics import parsing_scores

SYSTEMS = {"MMIL": Cell("MMIL", "pooled", "L_basic"), "LEAP": Cell("LEAP", "separate", "L_basic")}
"""The compared systems, each with the video probabilities that it was published with, on HAN."""

FIRST_SEED = CLAIM_SEEDS
"""No other chapter uses these seeds, so one device makes all runs, and all have the teacher's reading."""

TABLE = "17_baselines"
NOTHING, WEAK = "no label", "the weak label"
"""Labels of the test videos that a prediction reads."""

READINGS = {
    "tags expanded": ("{}, own tags in all segments", NOTHING),
    "gaps closed": ("{}, gaps closed", NOTHING),
    "true tags": ("{}, weak label as the gate", WEAK),
    TEACHER_READING: ("teacher, tags of {} as the gate", NOTHING),
}
"""Reading of a system's records → name of its row, and the labels that it reads."""

Scores = dict[str, float]
"""The ten scores × 100."""

Pair = tuple[Tensor, Tensor]
"""Audio and visual predictions, each (N, T, C)."""


class ScoredPrediction(NamedTuple):
    """A prediction of the test videos.

    Attributes:
        reads: the labels of the test videos that it reads.
        scores: the ten scores × 100, once for predictions without training, else once per seed.
        seeds: number of seeds; 0 without training.
    """

    reads: str
    scores: list[Scores]
    seeds: int = 0


def dense(system: str) -> str:
    """Name of a system that is trained on dense labels."""
    return f"{system} (dense labels)"


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of MMIL and LEAP, and of both trained on dense labels where the training videos have them.

    Systems have the settings that were chosen for them with pseudo-labels; without such settings they have
    no runs.
    """
    cells = {name: cell for name, cell in SYSTEMS.items() if is_available(cell, profile, dataset)}
    configs = {name: profile_config(cell, profile, dataset) for name, cell in cells.items()}
    if dataset in EMBEDDED or is_simulated(dataset):
        configs |= {dense(name): replace(configs[name], supervision="dense") for name in cells}
    return {name: with_seeds(config, profile, SEEDS, FIRST_SEED) for name, config in configs.items()}


CHAPTER = Chapter("17_baselines", grid)


def baseline_table(store: FeatureStore, runs: Runs) -> pd.DataFrame:
    """Scores of every prediction on test: trivial baselines, the teacher, systems and their upper bound.

    Args:
        store: the data set.
        runs: records of the systems of `grid`.

    Returns:
        One row per prediction: ``reads``, the labels of the test videos that it reads; the ten scores and
        ``primary``, means over seeds; ``primary_sd`` (NaN for one value); ``n``, the number of seeds (0
        without training).
    """
    rows = trivial_rows(store) | teacher_rows(store) | system_rows(runs)
    table = pd.DataFrame.from_dict({name: _moments(row) for name, row in rows.items()}, orient="index")
    return table.rename_axis("prediction")


def trivial_rows(store: FeatureStore) -> dict[str, ScoredPrediction]:
    """Predictions without a model: the most frequent training classes, and the weak label."""
    train, val, videos = (store.videos(split) for split in ("train", "val", "test"))
    frequent = {
        name: parsing_scores(*events, *val.truth())
        for name, events in label_free_baselines(train, val).items()
    }
    best = max(frequent, key=lambda name: _primary(frequent[name]))
    masked = trivial_baselines(videos)
    predictions = {
        "nothing": (NOTHING, masked["nothing"]),
        "most frequent classes": (NOTHING, label_free_baselines(train, videos)[best]),
        "weak label in all segments": (WEAK, masked["weak label"]),
        "pseudo-labels": (WEAK, masked["pseudo-labels"]),
    }
    return {
        name: ScoredPrediction(reads, [parsing_scores(*events, *videos.truth())])
        for name, (reads, events) in predictions.items()
    }


def teacher_rows(store: FeatureStore) -> dict[str, ScoredPrediction]:
    """The teacher without the weak label; no rows if its scores are unknown.

    Its thresholds are those of the pseudo-labels, which were chosen within the weak label, or new ones, which
    are chosen on val by the same measure without it.
    """
    labels, scores, val = teacher_labels(store, "test"), teacher_scores(store, "test"), _own_thresholds(store)
    if labels is None or scores is None or val is None:
        return {}
    tuned = scores[0] > val[0], scores[1] > val[1]
    truth = store.videos("test").truth()
    return {
        "teacher": ScoredPrediction(NOTHING, [parsing_scores(*labels, *truth)]),
        "teacher, own thresholds": ScoredPrediction(NOTHING, [parsing_scores(*tuned, *truth)]),
    }


def system_rows(runs: Runs) -> dict[str, ScoredPrediction]:
    """Systems as decoded and under `READINGS`, and the same systems trained on dense labels.

    A reading that a record lacks has no row.
    """
    rows = {}
    for system in [name for name in SYSTEMS if name in runs]:
        rows[system] = ScoredPrediction(
            NOTHING, [record.metrics for record in runs[system]], len(runs[system])
        )
        for reading, (name, reads) in READINGS.items():
            found = [record.readings[reading] for record in runs[system] if reading in record.readings]
            if len(found) == len(runs[system]):
                rows[name.format(system)] = ScoredPrediction(reads, found, len(found))
        if dense(system) in runs:
            records = runs[dense(system)]
            rows[dense(system)] = ScoredPrediction(
                NOTHING, [record.metrics for record in records], len(records)
            )
    return rows


def missing(store: FeatureStore, runs: Runs) -> list[str]:
    """Sentences about the rows that a table of this data set and these records cannot have."""
    known = teacher_labels(store, "test") is not None
    systems = [name for name in SYSTEMS if name in runs]
    read = all(TEACHER_READING in record.readings for name in systems for record in runs[name])
    return [
        sentence
        for lacking, sentence in (
            (not systems, "No settings were chosen for these systems, so they have no rows."),
            (not known, "The teacher's scores outside the weak label are unknown, so it has no rows."),
            (known and not read, "The records do not read the teacher under predicted tags."),
            (
                systems and not any(dense(name) in runs for name in systems),
                "The training videos have no dense labels, so there is no upper bound.",
            ),
        )
        if lacking
    ]


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`baseline_table` as text: labels read, the four summary scores, the primary measure, and seeds."""
    text = pd.DataFrame({"reads": table["reads"]})
    for score in SUMMARY_SCORES:
        text[TITLES[score]] = table[score].map("{:.1f}".format)
    return text.assign(
        primary=_primary_in_words(table), seeds=[str(n) if n else "–" for n in table["n"].astype(int)]
    )


def side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Primary measure of every prediction on several data sets.

    Args:
        tables: data set → `baseline_table`.

    Returns:
        One row per prediction; ``reads``, and one column per data set, empty where it lacks the row.
    """
    reads = {name: row for table in tables.values() for name, row in table["reads"].items()}
    columns = {dataset_title(dataset): _primary_in_words(table) for dataset, table in tables.items()}
    return pd.DataFrame({"reads": reads, **columns}, index=list(reads)).fillna("")


def conclusion(table: pd.DataFrame, runs: Runs, dataset: str) -> str:
    """Where the systems stand between their own tags and training on dense labels, with the table's numbers.

    Args:
        table: the `baseline_table`.
        runs: the records that it is made from.
        dataset: name of the data set.
    """
    value = table["primary"]
    said = [
        f"{system} has {value[system]:.1f}: " + " and ".join(_comparisons(system, runs))
        for system in SYSTEMS
        if system in runs
    ]
    if "teacher" in value:
        of_teacher = value[value.index.str.startswith("teacher")]
        best = f"{of_teacher.max():.1f} ({of_teacher.idxmax()})"
        said.append(f"The best row of the teacher without the weak label has {best}")
    said.append(f"The weak label in all segments has {value['weak label in all segments']:.1f}")
    return f"Primary measure on {dataset}. {'. '.join(said)}."


def _comparisons(system: str, runs: Runs) -> list[str]:
    """A system against its own tags in all segments and against its training on dense labels, in words."""
    records, found = runs[system], []
    if all("tags expanded" in record.readings for record in records):
        difference = _over_reading(records, "tags expanded")
        found.append(_in_words(difference, "its own tags in all segments"))
    if dense(system) in runs:
        difference = paired(records, runs[dense(system)], PRIMARY)
        found.append(_in_words(difference, "the same system trained on dense labels"))
    return found


def _in_words(difference: Mapping[str, float], baseline: str) -> str:
    word = WORDS[verdict(difference["difference"], difference["p"])]
    return f"{word} {baseline} ({format_difference(difference)})"


def _over_reading(records: Sequence[Record], reading: str) -> dict[str, float]:
    """A system minus its own reading in the primary measure, with the interval of seeds only."""
    ours, theirs = (
        np.array([[value / 100] for value in values])
        for values in ([r.primary for r in records], [r.primary_under(reading) for r in records])
    )
    return paired_difference(ours, theirs).row


def _own_thresholds(store: FeatureStore) -> tuple[float, float] | None:
    """Thresholds of the teacher's audio and visual logits that are best on val without the weak label."""
    scores, val = teacher_scores(store, "val"), store.videos("val")
    if scores is None:
        return None
    unmasked = torch.ones_like(val.weak)
    audio, visual = (
        choose_threshold(logits, unmasked, true) for logits, true in zip(scores, val.truth(), strict=True)
    )
    return audio, visual


def _moments(row: ScoredPrediction) -> dict[str, str | float]:
    values = [_primary(scores) for scores in row.scores]
    means = {name: float(np.mean([scores[name] for scores in row.scores])) for name in TITLES}
    primary = {PRIMARY: float(np.mean(values)), f"{PRIMARY}_sd": sample_deviation(values)}
    return {"reads": row.reads, **means, **primary, "n": row.seeds}


def _primary(scores: Scores) -> float:
    return float(np.mean([scores[part] for part in PRIMARY_PARTS]))


def _primary_in_words(table: pd.DataFrame) -> pd.Series:
    deviations = table[f"{PRIMARY}_sd"].map(lambda sd: f"{NO_BREAK}±{NO_BREAK}{sd:.1f}" if sd == sd else "")
    return table[PRIMARY].map("{:.1f}".format) + deviations
