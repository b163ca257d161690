"""Scores and cost by number of videos and classes, on LLP-Sim.

Systems are compared at a size only if all of them are above the trivial baselines there. Differences between
systems that a prediction without a model beats say little about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from leap.config import RunConfig
from leap.data.registry import simulated_name
from leap.errors import LeapError
from leap.experiments.chapter import Chapter, Grid, Simulation
from leap.experiments.compare import sample_deviation
from leap.experiments.data_tables import best_label_free_baseline
from leap.experiments.grid import SHIPPED, SLOW_SEEDS, Profile, with_seeds
from leap.experiments.records import Record
from leap.experiments.systems import selected_config
from leap.experiments.tables import (
    SUMMARY_SCORES,
    TITLES,
    Runs,
    format_difference,
    not_above,
    pair_table,
    paired,
    segment_mean,
)
from leap.experiments.verdicts import WORDS, verdict
from leap.metrics.titles import listed

if TYPE_CHECKING:
    from leap.experiments.study import Study

COMPARED = ("MMIL", "LEAP", "LEAP calibrated")
STEPS = 1_875
"""Training steps of every run, for any number of videos; equal to six epochs of 10,000 videos."""

BASELINE = "best trivial baseline"
"""The line of a figure that shows the baseline; figures know its colour."""

Size = Simulation
"""Number of training videos and of classes of a comparison."""

SIZES = (*(Size(n, 25) for n in (500, 2_000, 10_000)), *(Size(2_000, c) for c in (50, 100, 200)))
SMOKE_SIZES = (Size(64, 25), Size(128, 25), Size(64, 50))

RunsBySize = Mapping[Size, Runs]


def sizes(profile: Profile) -> tuple[Size, ...]:
    """The sizes of a profile."""
    return SMOKE_SIZES if profile == "smoke" else SIZES


def simulations(profile: Profile) -> dict[str, Simulation]:
    """One data set per number of classes, with the largest number of videos that is compared for it."""
    largest: dict[str, Simulation] = {}
    for size in sorted(sizes(profile)):
        largest[simulated_name(size.classes)] = size
    return largest


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every system at every size, with the settings chosen on AV-Digits."""
    return {
        system_name(system, size): _seeds(system, size, profile)
        for size in sizes(profile)
        for system in COMPARED
    }


CHAPTER = Chapter("12_scale", grid, dataset="llp-sim", only=("llp-sim",), simulations=simulations)


def system_name(system: str, size: Size) -> str:
    """The system's name in the chapter's grid."""
    return f"{system}, {size_name(size)}"


def size_name(size: Size) -> str:
    """A size in words.

    >>> size_name(Size(2_000, 25))
    '2,000 videos, 25 classes'
    """
    return f"{size.videos:,} videos, {size.classes} classes"


def _seeds(system: str, size: Size, profile: Profile) -> list[RunConfig]:
    config = replace(selected_config(system, SHIPPED), dataset=simulated_name(size.classes))
    config = replace(config, train=replace(config.train, epochs=round(STEPS * 32 / size.videos)))
    seeds = with_seeds(config, profile, SLOW_SEEDS)
    return [replace(run, train=replace(run.train, videos=size.videos)) for run in seeds]


def by_size(runs: Runs, profile: Profile) -> RunsBySize:
    """Regroup records, given by the names of `grid`, by size and system."""
    return {size: {system: runs[system_name(system, size)] for system in COMPARED} for size in sizes(profile)}


def score_table(found: RunsBySize) -> pd.DataFrame:
    """Scores, average precision, calibration and cost of every system at every size, means over seeds.

    Returns:
        One row per number of videos, number of classes and system.
    """
    rows = {
        (*size, system): _row(records) for size, runs in found.items() for system, records in runs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["videos", "classes", "system"])


def _row(records: Sequence[Record]) -> dict[str, float]:
    row = {
        TITLES[name]: float(np.mean([record.metrics[name] for record in records])) for name in SUMMARY_SCORES
    }
    for modality in ("audio", "visual"):
        row[f"{modality} AP"] = segment_mean(records, modality, "ap")
        calibration = [record.diagnostics[f"calibration_{modality}"] for record in records]
        row[f"{modality} calibration error"] = float(np.mean(calibration))
    return row | {"seconds": float(np.median([record.seconds for record in records]))}


def gain_table(found: RunsBySize, system: str) -> pd.DataFrame:
    """A system minus MMIL in the four summary scores; index ``system`` (the size) and ``score``."""
    return pd.concat(
        pair_table(runs, {size_name(size): (system, "MMIL")}, SUMMARY_SCORES) for size, runs in found.items()
    )


def baseline_table(study: Study) -> pd.DataFrame:
    """The best trivial baseline by number of classes, for every score by itself.

    The baselines read no label of the test videos, see `leap.data.trivial_baselines`. Where the chapter shows
    committed records, its data sets are not simulated, and the committed table is read.

    Returns:
        One row per number of classes; columns are the titles of the ten scores.
    """
    if study.from_records:
        return study.committed_table("12_baselines")
    rows = {}
    for classes in sorted({size.classes for size in sizes(study.made_at)}):
        with study.make_store(simulated_name(classes)) as store:
            rows[classes] = best_label_free_baseline(store)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("classes")


def below_baseline(scores: pd.DataFrame, baselines: pd.DataFrame) -> dict[Size, list[str]]:
    """Size → systems that are not above the best trivial baseline in all four summary scores.

    Args:
        scores: as returned by `score_table`.
        baselines: as returned by `baseline_table`.
    """
    found = dict.fromkeys(Size(videos, classes) for videos, classes, _ in scores.index)
    best = baselines.T  # one column per number of classes
    return {size: not_above(_of_size(scores, size), best[size.classes]) for size in found}


def unconcluded_sizes(scores: pd.DataFrame, baselines: pd.DataFrame) -> int:
    """Number of sizes, for prose that says that nothing is concluded at any of them.

    Args:
        scores: as returned by `score_table`.
        baselines: as returned by `baseline_table`.

    Raises:
        LeapError: at some size all systems are above the best trivial baseline.
    """
    below = below_baseline(scores, baselines)
    above = [size_name(size) for size, systems in below.items() if not systems]
    if above:
        said = "a conclusion says that nothing is concluded at any size"
        raise LeapError(f"{said}, but at {', '.join(above)} all systems are above; rewrite the conclusion")
    return len(below)


def _of_size(scores: pd.DataFrame, size: Size) -> pd.DataFrame:
    """The rows of a size, by system."""
    of_videos = pd.DataFrame(scores.xs(size.videos, level="videos"))
    return pd.DataFrame(of_videos.xs(size.classes, level="classes"))


def panels(found: RunsBySize, baselines: pd.DataFrame, score: str) -> dict[str, dict[str, pd.DataFrame]]:
    """A score by number of videos and by number of classes, for `leap.visualization.figures.curves`."""
    fewest = min(size.classes for size in found)
    videos = next(size.videos for size in found if size.classes != fewest)
    by_videos = {size: size.videos for size in found if size.classes == fewest}
    by_classes = {size: size.classes for size in found if size.videos == videos}
    return {
        f"{fewest} classes": _lines(found, by_videos, baselines, score, "training videos (log)"),
        f"{videos:,} training videos": _lines(found, by_classes, baselines, score, "classes (log)"),
    }


def _lines(
    found: RunsBySize, places: Mapping[Size, int], baselines: pd.DataFrame, score: str, title: str
) -> dict[str, pd.DataFrame]:
    """The lines of a panel with a titled axis: one per system, and one of the best trivial baseline."""
    trivial = {place: baselines.loc[size.classes, TITLES[score]] for size, place in places.items()}
    systems = {system: _line(found, places, system, score) for system in COMPARED}
    lines = systems | {BASELINE: pd.DataFrame({"mean": trivial, "sd": np.nan})}
    return {name: line.rename_axis(title) for name, line in lines.items()}


def _line(found: RunsBySize, places: Mapping[Size, int], system: str, score: str) -> pd.DataFrame:
    rows = {}
    for size, place in places.items():
        values = [record.metrics[score] for record in found[size][system]]
        rows[place] = {"mean": np.mean(values), "sd": sample_deviation(values)}
    return pd.DataFrame.from_dict(rows, orient="index")


def comparison_in_words(found: RunsBySize, below: Mapping[Size, Sequence[str]]) -> str:
    """Sentences that compare LEAP and calibrated LEAP with MMIL in score and ranking, one line per size.

    Args:
        found: the runs by size.
        below: as returned by `below_baseline`; nothing is concluded at a size with such systems.
    """
    return "\n".join(
        f"- {size_name(size)}: {_not_concluded(below[size]) if below[size] else _compared(runs)}"
        for size, runs in found.items()
    )


def _not_concluded(below: Sequence[str]) -> str:
    """Why nothing is concluded at a size."""
    verb = "is" if len(below) == 1 else "are"
    return f"nothing is concluded, because {listed(below)} {verb} not above the trivial baselines."


def _compared(runs: Runs) -> str:
    return " ".join(f"{_against_mmil(runs, name)}; {_ranking(runs, name)}." for name in COMPARED[1:])


def _against_mmil(runs: Runs, system: str) -> str:
    difference = paired(runs[system], runs["MMIL"], "evt_event")
    word = WORDS[verdict(difference["difference"], difference["p"])]
    return f"{system} is {word} MMIL in event-level Event@AV ({format_difference(difference)})"


def _ranking(runs: Runs, system: str) -> str:
    ap = {
        modality: [segment_mean(runs[name], modality, "ap") for name in (system, "MMIL")]
        for modality in ("audio", "visual")
    }
    gains = ", ".join(f"{modality} {ours - mmil:+.1f}" for modality, (ours, mmil) in ap.items())
    return f"average precision {gains}".replace("-", "−")
