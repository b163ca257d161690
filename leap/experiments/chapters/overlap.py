"""Scores by the number of simultaneous events: does LEAP gain by ranking or by the threshold?"""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.data.store import FeatureStore
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.compare import sample_deviation
from leap.experiments.grid import Profile
from leap.experiments.tables import SUMMARY_SCORES, Runs, pair_table, seed_pairs

SHOWN = ("MMIL", "MMIL + 2 blocks", "LEAP", "LEAP + L_avss", "LEAP calibrated")


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of some systems of ``02_leap_vs_mmil``."""
    return {system: runs for system, runs in leap_vs_mmil.grid(profile, dataset).items() if system in SHOWN}


CHAPTER = Chapter("06_overlap", grid, made_afresh=True)


LEVELS = {"one at a time": (0, 1), "two at once": (2, 2), "three or more": (3, np.inf)}
"""Group of videos → bounds on its largest number of simultaneous events of one modality, inclusive."""

PARTS = {"one": "_1", "two": "_2", "three or more": "_3+", "all": ""}
"""Group of segments, by number of events of a modality → its suffix in records."""

MEASURES = {"precision": "precision", "recall": "recall", "f": "F", "ap": "average precision"}


def by_overlap(store: FeatureStore) -> dict[str, NDArray[np.bool_]]:
    """Group of `LEVELS` → mask (N,) of its test videos; empty groups are omitted."""
    most = np.maximum(*(cube.sum(-1).amax(1).numpy() for cube in store.videos("test").truth()))  # (N,)
    masks = {name: (most >= low) & (most <= high) for name, (low, high) in LEVELS.items()}
    return {name: mask for name, mask in masks.items() if mask.any()}


def video_table(runs: Runs, masks: Mapping[str, NDArray[np.bool_]], score: str) -> pd.DataFrame:
    """Mean of a score × 100 over the seeds and the videos of each group.

    Returns:
        One row per system, one column per group.
    """
    rows = {
        system: {
            name: 100 * np.mean([record.scores(score)[mask] for record in records])
            for name, mask in masks.items()
        }
        for system, records in runs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("system")


def gain_table(runs: Runs, masks: Mapping[str, NDArray[np.bool_]]) -> pd.DataFrame:
    """LEAP minus MMIL in the four summary scores; index ``system`` (the group of videos) and ``score``."""
    tables = [
        pair_table(runs, {name: ("LEAP", "MMIL")}, SUMMARY_SCORES, mask) for name, mask in masks.items()
    ]
    return pd.concat(tables)


def segment_table(runs: Runs) -> pd.DataFrame:
    """Decisions and ranking of LEAP and MMIL on single segments, by modality and number of events.

    Returns:
        One row per modality, number of events and measure: ``MMIL``, ``LEAP``, ``LEAP − MMIL`` and its
        standard deviation ``sd`` over paired seeds.
    """
    rows, pairs = {}, seed_pairs(runs["MMIL"], runs["LEAP"])
    keys = product(("audio", "visual"), PARTS.items(), MEASURES.items())
    for modality, (events, part), (name, title) in keys:
        mmil, leap = (
            np.array([record.segments[f"{modality}{part}"][name] for record in records])
            for records in zip(*pairs, strict=True)
        )  # (seeds,)
        means = {"MMIL": mmil.mean(), "LEAP": leap.mean(), "LEAP − MMIL": (leap - mmil).mean()}
        rows[modality, events, title] = means | {"sd": sample_deviation(leap - mmil)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["modality", "events", "measure"])


def gains_in_words(segments: pd.DataFrame) -> str:
    """LEAP minus MMIL on segments with two events, one line per modality."""
    found = segments["LEAP − MMIL"].xs("two", level="events")
    lines = []
    for modality in ("audio", "visual"):
        values = (f"{title} {found[modality, title]:+.1f}".replace("-", "−") for title in MEASURES.values())
        lines.append(f"* {modality.capitalize()}, two events at once: {', '.join(values)}.")
    return "\n".join(lines)
