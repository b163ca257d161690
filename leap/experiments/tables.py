"""Tables from run records: scores, paired differences, precision and recall."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.experiments.compare import paired_difference, sample_deviation
from leap.experiments.records import PRIMARY, Record
from leap.io.atomic import atomic_path
from leap.metrics import TITLES
from leap.metrics.titles import SUMMARY_SCORES as SUMMARY_SCORES
from leap.metrics.titles import spelled_out

COLUMNS = {PRIMARY: "primary", **TITLES}
"""Score, or the primary measure, → title of its column."""

NO_BREAK = "\N{NO-BREAK SPACE}"

Runs = Mapping[str, Sequence[Record]]


def score_table(runs: Runs) -> pd.DataFrame:
    """Mean and standard deviation over seeds of the ten scores.

    Returns:
        One row per system; columns ``<score>``, ``<score>_sd`` (NaN for one seed) and ``n``, the number of
        seeds.
    """
    rows = {system: _moments(records) for system, records in runs.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "system"
    return table


def difference_table(
    runs: Runs,
    baseline: str = "MMIL",
    scores: Sequence[str] = tuple(TITLES),
    videos: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Paired differences of every other system from the baseline, with 95 % intervals.

    Args:
        runs: records by system.
        baseline: the system that the others are compared with.
        scores: the scores to compare.
        videos: mask (N,) of the videos to compare on; None for all.

    Returns:
        One row per system and score; columns as in `leap.experiments.compare.Difference.row`.
    """
    pairs = {system: (system, baseline) for system in runs if system != baseline}
    return pair_table(runs, pairs, scores, videos)


def pair_table(
    runs: Runs,
    pairs: Mapping[str, tuple[str, str]],
    scores: Sequence[str] = tuple(TITLES),
    videos: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Paired differences of given pairs of systems, with 95 % intervals.

    Args:
        runs: records by system.
        pairs: name → a system and its baseline.
        scores: the scores to compare.
        videos: mask (N,) of the videos to compare on; None for all.

    Returns:
        One row per pair (index ``system``) and score; columns as in `difference_table`.
    """
    rows = [
        {"system": name, "score": score} | paired(runs[system], runs[baseline], score, videos)
        for name, (system, baseline) in pairs.items()
        for score in scores
    ]
    return pd.DataFrame(rows).set_index(["system", "score"])


def diagnostic_table(runs: Runs, names: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds of measures of `leap.experiments.diagnostics`; NaN for measures that a system lacks."""
    rows = {
        system: {
            name: np.mean([record.diagnostics.get(name, np.nan) for record in records]) for name in names
        }
        for system, records in runs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("system")


def paired(
    records: Sequence[Record],
    baseline: Sequence[Record],
    score: str,
    videos: NDArray[np.bool_] | None = None,
) -> dict[str, float]:
    """Difference × 100 of two systems over their common seeds.

    Args:
        records: records of a system.
        baseline: records of its baseline.
        score: the score to compare.
        videos: mask (N,) of the videos to compare on; None for all.

    Returns:
        See `leap.experiments.compare.Difference.row`.

    Raises:
        LeapError: the two systems have no seed in common.
    """
    mask, pairs = slice(None) if videos is None else videos, seed_pairs(records, baseline)
    a, b = (np.stack([record.scores(score)[mask] for record in side]) for side in zip(*pairs, strict=True))
    return paired_difference(a, b).row


def seed_pairs(records: Sequence[Record], baseline: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Pair the records of two systems by seed, in the order of the seeds.

    Args:
        records: records of a system.
        baseline: records of its baseline.

    Raises:
        LeapError: the two systems have no seed in common.
    """
    ours, theirs = common_seeds({"the system": records, "its baseline": baseline}).values()
    return list(zip(ours, theirs, strict=True))


def common_seeds(runs: Mapping[str, Sequence[Record]]) -> dict[str, list[Record]]:
    """Records of the seeds that all cells have, in the order of the seeds.

    Args:
        runs: cell → records.

    Raises:
        LeapError: the cells have no seed in common.
    """
    by_seed = {cell: {record.seed: record for record in records} for cell, records in runs.items()}
    seeds = sorted(set.intersection(*(set(found) for found in by_seed.values())))
    if not seeds:
        raise LeapError(f"no seed is shared by {', '.join(runs)}; make runs of the same seeds")
    return {cell: [found[seed] for seed in seeds] for cell, found in by_seed.items()}


def not_above(scores: pd.DataFrame, baseline: pd.Series) -> list[str]:
    """Names of the systems that do not exceed a baseline in all four summary scores.

    Args:
        scores: scores × 100, one row per system, columns titled.
        baseline: title → score of the baseline.
    """
    names = [TITLES[name] for name in SUMMARY_SCORES]
    above = (scores[names] > baseline[names]).all(axis="columns")
    return [str(system) for system in scores.index[~above]]


def precision_recall_table(runs: Runs) -> pd.DataFrame:
    """Precision, recall, F and average precision of segments, means over seeds.

    Returns:
        One row per system; columns by part (modality, all segments or those with overlap) and measure.
    """
    rows = {
        system: {
            (f"{modality}{part}", name): segment_mean(records, f"{modality}{part}", name)
            for modality in ("audio", "visual")
            for part in ("", "_overlap")
            for name in ("precision", "recall", "f", "ap")
        }
        for system, records in runs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def precision_recall_in_words(table: pd.DataFrame) -> list[pd.DataFrame]:
    """`precision_recall_table` with titles in words, one table per modality."""
    parts = {"": "all segments", "_overlap": "segments with overlap"}
    measures = {"f": "F", "ap": "average precision"}
    return [
        table[[f"{modality}{part}" for part in parts]]
        .rename(columns={f"{modality}{part}": f"{modality}, {title}" for part, title in parts.items()})
        .rename(columns=measures, level=1)
        for modality in ("audio", "visual")
    ]


def outside_intervals(fresh: pd.DataFrame, committed: pd.DataFrame) -> list[str]:
    """Names of the differences outside their committed intervals, as 'system, name of the score'.

    Args:
        fresh: a table of differences.
        committed: the committed table, with intervals.
    """
    known = committed.reindex(fresh.index)
    left = (fresh["difference"] < known["low"]) | (fresh["difference"] > known["high"])
    return [f"{system}, {spelled_out(score)}" for system, score in fresh.index[left]]


def by_keys(rows: Mapping[Any, Mapping[str, float]], *names: str) -> pd.DataFrame:
    """A table of rows whose keys are its index.

    Args:
        rows: key → the row.
        names: names of the levels of the index.
    """
    return pd.DataFrame(list(rows.values()), pd.MultiIndex.from_tuples(rows, names=names))


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV with four decimals, atomically."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, float_format="%.4f")


def segment_mean(records: Sequence[Record], part: str, name: str) -> float:
    """Mean over seeds of a measure of segments, such as ``"ap"`` of ``"audio_overlap"``."""
    return float(np.mean([record.segments[part][name] for record in records]))


def format_scores(table: pd.DataFrame) -> pd.DataFrame:
    """`score_table` as text: 'mean ± sd' with one decimal, under the titles of the scores."""
    text = {
        title: [
            _mean_and_deviation(mean, deviation)
            for mean, deviation in zip(table[name], table[f"{name}_sd"], strict=True)
        ]
        for name, title in TITLES.items()
    }
    return pd.DataFrame(text, index=table.index).assign(seeds=table["n"].map("{:.0f}".format))


def format_differences(table: pd.DataFrame) -> pd.DataFrame:
    """`difference_table` as text: one row per system, one column per score, and the paired seeds."""
    text = table.apply(format_difference, axis=1)
    systems, names = (table.index.get_level_values(level).unique() for level in ("system", "score"))
    cells = {COLUMNS[name]: text.xs(name, level="score") for name in names}
    return pd.DataFrame(cells, index=systems).assign(
        seeds=table["n"].groupby("system").first().map("{:.0f}".format)
    )


def by_level(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Split a table of titled scores by level, segments then events; both parts keep all other columns."""
    other = [name for name in table.columns if name not in TITLES.values()]
    levels = ([t for n, t in TITLES.items() if n.startswith(level)] for level in ("seg", "evt"))
    return [table[[t for t in titles if t in table.columns] + other] for titles in levels]


def format_difference(row: Mapping[str, float]) -> str:
    """A difference and its interval, such as '+0.7 [+0.3, +1.1]'; it breaks only before the interval."""
    known = np.isfinite(row["low"])
    interval = f"[{row['low']:+.1f},{NO_BREAK}{row['high']:+.1f}]" if known else "(no interval)"
    return f"{row['difference']:+.1f} {interval}".replace("-", "−")


def format_p(p: float) -> str:
    """A p value, such as 'p = .013' or 'p < .001'."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")


def detectable_in_words(table: pd.DataFrame) -> str:
    """The minimal detectable differences of a table of differences in a sentence."""
    ends = [f"{end:.1f}" for end in (table["detectable"].min(), table["detectable"].max())]
    return f"Minimal detectable difference (80 % power): {' to '.join(dict.fromkeys(ends))}."


def _mean_and_deviation(mean: float, deviation: float) -> str:
    """Text such as '60.7 ± 0.4'; '60.7' for one seed."""
    return f"{mean:.1f}" if np.isnan(deviation) else f"{mean:.1f}{NO_BREAK}±{NO_BREAK}{deviation:.1f}"


def _moments(records: Sequence[Record]) -> dict[str, float]:
    row: dict[str, float] = {}
    for name in TITLES:
        values = [record.metrics[name] for record in records]
        row[name] = float(np.mean(values))
        row[f"{name}_sd"] = sample_deviation(values)
    return row | {"n": len(records)}
