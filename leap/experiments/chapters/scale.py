"""Scores and cost by number of videos and classes, on LLP-Sim."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from leap.config import RunConfig
from leap.data.registry import simulated_name
from leap.experiments.chapter import Chapter, Grid, Simulation
from leap.experiments.compare import sample_deviation
from leap.experiments.grid import SHIPPED, SLOW_SEEDS, Profile, with_seeds
from leap.experiments.records import Record
from leap.experiments.systems import selected_config
from leap.experiments.tables import (
    SUMMARY_SCORES,
    TITLES,
    Runs,
    format_difference,
    pair_table,
    paired,
    segment_mean,
)
from leap.experiments.verdicts import WORDS, verdict

COMPARED = ("MMIL", "LEAP", "LEAP calibrated")
STEPS = 1_875
"""Training steps of every run, for any number of videos; equal to six epochs of 10,000 videos."""

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


def panels(found: RunsBySize, score: str) -> dict[str, dict[str, pd.DataFrame]]:
    """A score by number of videos and by number of classes, for `leap.visualization.figures.curves`."""
    fewest = min(size.classes for size in found)
    videos = next(size.videos for size in found if size.classes != fewest)
    by_videos = {size.videos: runs for size, runs in found.items() if size.classes == fewest}
    by_classes = {size.classes: runs for size, runs in found.items() if size.videos == videos}
    return {
        f"training videos ({fewest} classes)": {s: _line(by_videos, s, score) for s in COMPARED},
        f"classes ({videos:,} training videos)": {s: _line(by_classes, s, score) for s in COMPARED},
    }


def _line(runs: Mapping[int, Runs], system: str, score: str) -> pd.DataFrame:
    values = {place: [record.metrics[score] for record in found[system]] for place, found in runs.items()}
    rows = {place: {"mean": np.mean(seeds), "sd": sample_deviation(seeds)} for place, seeds in values.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def comparison_in_words(found: RunsBySize) -> str:
    """Sentences that compare LEAP and calibrated LEAP with MMIL in score and ranking, one line per size."""
    return "\n".join(
        f"- {size_name(size)}: {_against_mmil(runs, system)}; {_ranking(runs, system)}."
        for system in COMPARED[1:]
        for size, runs in found.items()
    )


def _against_mmil(runs: Runs, system: str) -> str:
    difference = paired(runs[system], runs["MMIL"], "evt_event")
    word = WORDS[verdict(difference["difference"], difference["p"])]
    return f"{system} is {word} MMIL in evt Event@AV ({format_difference(difference)})"


def _ranking(runs: Runs, system: str) -> str:
    ap = {
        modality: [segment_mean(runs[name], modality, "ap") for name in (system, "MMIL")]
        for modality in ("audio", "visual")
    }
    gains = ", ".join(f"{modality} {ours - mmil:+.1f}" for modality, (ours, mmil) in ap.items())
    return f"average precision {gains}".replace("-", "−")
