"""How scores and cost grow with videos and classes, on LLP-Sim: where LEAP overtakes MMIL, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from leap.config import RunConfig
from leap.data.llp_sim import simulate_llp
from leap.data.registry import simulated_name
from leap.data.store import FeatureStore
from leap.experiments.chapters import from_records
from leap.experiments.grid import SHIPPED, SLOW_SEEDS, Profile, check_profile, with_seeds
from leap.experiments.provenance import flagged
from leap.experiments.records import Record, read_records, write_records
from leap.experiments.runs import make_runs
from leap.experiments.study import committed, describe
from leap.experiments.systems import selected_config
from leap.experiments.tables import (
    MEANS,
    TITLES,
    Runs,
    format_difference,
    pair_table,
    paired,
    segment_mean,
    write_table,
)
from leap.experiments.verdicts import WORDS, verdict
from leap.training.run import REVISION

NOTEBOOK = "12_scale"
COMPARED = ("MMIL", "LEAP", "LEAP calibrated")
STEPS = 1_875
"""Of every training, whatever the number of videos: six epochs of ten thousand."""


class Size(NamedTuple):
    """Number of training videos and of classes."""

    videos: int
    classes: int


SIZES = (*(Size(n, 25) for n in (500, 2_000, 10_000)), *(Size(2_000, c) for c in (50, 100, 200)))
SMOKE_SIZES = (Size(64, 25), Size(128, 25), Size(64, 50))
STORES = "stores"
"""Folder of the simulated data below that of results."""

Found = Mapping[Size, dict[str, list[Record]]]


def sizes(profile: Profile) -> tuple[Size, ...]:
    """The sizes of a profile."""
    return SMOKE_SIZES if profile == "smoke" else SIZES


def make_stores(profile: Profile, folder: Path) -> dict[int, Path]:
    """Simulate the data that are missing; their paths by number of classes."""
    paths = {}
    for classes in dict.fromkeys(size.classes for size in sizes(profile)):
        videos = max(size.videos for size in sizes(profile) if size.classes == classes)
        paths[classes] = folder / f"llp_sim_{videos}x{classes}.h5"
        if not paths[classes].exists():
            simulate_llp(paths[classes], videos, n_classes=classes)
    return paths


def grid(profile: Profile, size: Size) -> dict[str, list[RunConfig]]:
    """Runs of ``12_scale`` at a size, by system, with the settings chosen on AV-Digits."""
    runs = {}
    for system in COMPARED:
        config = replace(selected_config(system, SHIPPED), dataset=simulated_name(size.classes))
        config = replace(config, train=replace(config.train, epochs=round(STEPS * 32 / size.videos)))
        seeds = with_seeds(config, profile, SLOW_SEEDS)
        runs[system] = [replace(run, train=replace(run.train, videos=size.videos)) for run in seeds]
    return runs


@dataclass(frozen=True)
class Scale:
    """What the chapter opens: it has a data set for every number of classes.

    Attributes:
        profile: how large.
        results: folder of results.
    """

    profile: Profile
    results: Path

    @property
    def made_at(self) -> Profile:
        """The profile that the runs are of: committed records are those of ``full``."""
        return "full" if from_records(NOTEBOOK, self.profile) else self.profile

    def runs(self) -> Found:
        """Records by size and system; runs that are missing are made, or taken from the committed records.

        Profile ``full`` also writes these.
        """
        grids = {size: grid(self.made_at, size) for size in sizes(self.made_at)}
        path = self.results / "records" / f"{NOTEBOOK}.jsonl.gz"
        if from_records(NOTEBOOK, self.profile):
            made = {record.run_config(): record for record in read_records(path)}
        else:
            made = _make(grids, make_stores(self.profile, self.results / STORES), self.results)
        if self.profile == "full":
            write_records(made.values(), path)
        return {
            size: {system: [made[config] for config in configs] for system, configs in runs.items()}
            for size, runs in grids.items()
        }

    def caption(self, found: Found) -> str:
        """The line under every table and figure, as that of `leap.experiments.study.Study`."""
        seeds = next(iter(next(iter(found.values())).values()))
        made = ", from committed records" if from_records(NOTEBOOK, self.profile) else ""
        protocol = describe(seeds[0].run_config().protocol)
        count = f"{len(seeds)} seed{'s' * (len(seeds) > 1)}"
        data = f"Data set llp-sim (test), profile {self.made_at}{made}"
        records = (record for runs in found.values() for seeds in runs.values() for record in seeds)
        return flagged(f"{data}, {count}, revision {REVISION}, {protocol}.", records)

    def publish(self, name: str, table: pd.DataFrame) -> None:
        """Write a table to the committed ``results/tables``; only at profile ``full``."""
        if self.profile == "full":
            write_table(table, self.results / "tables" / f"{name}.csv")


def open_scale(profile: str, results: str = "") -> Scale:
    """The chapter at a profile.

    Raises:
        LeapError: for an unknown profile.
    """
    return Scale(check_profile(profile), Path(results) if results else committed())


def _make(
    grids: Mapping[Size, dict[str, list[RunConfig]]], stores: Mapping[int, Path], results: Path
) -> dict[RunConfig, Record]:
    made: dict[RunConfig, Record] = {}
    for size, runs in grids.items():
        configs = [config for seeds in runs.values() for config in seeds]
        with FeatureStore(stores[size.classes]) as store:
            made |= dict(zip(configs, make_runs(configs, store, results), strict=True))
    return made


def score_table(found: Found) -> pd.DataFrame:
    """Scores, ranking, calibration and cost of every system at every size: means over seeds.

    Returns:
        One row per number of videos, of classes, and system.
    """
    rows = {}
    for size, runs in found.items():
        for system, seeds in runs.items():
            row = {TITLES[name]: float(np.mean([record.metrics[name] for record in seeds])) for name in MEANS}
            for modality in ("audio", "visual"):
                row[f"{modality} AP"] = segment_mean(seeds, modality, "ap")
                calibration = [record.probes[f"calibration_{modality}"] for record in seeds]
                row[f"{modality} calibration error"] = float(np.mean(calibration))
            rows[(*size, system)] = row | {"seconds": np.median([record.seconds for record in seeds])}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["videos", "classes", "system"])


def gain_table(found: Found, system: str) -> pd.DataFrame:
    """A system minus MMIL at every size, in the four means; index ``system`` (the size) and ``score``."""
    tables = [
        pair_table(runs, {f"{size.videos:,} videos, {size.classes} classes": (system, "MMIL")}, MEANS)
        for size, runs in found.items()
    ]
    return pd.concat(tables)


def panels(found: Found, score: str) -> dict[str, dict[str, pd.DataFrame]]:
    """A score by number of videos and by number of classes, for `leap.visualization.figures.curves`."""
    fewest = min(size.classes for size in found)
    videos = next(size.videos for size in found if size.classes != fewest)
    by_videos = {size.videos: runs for size, runs in found.items() if size.classes == fewest}
    by_classes = {size.classes: runs for size, runs in found.items() if size.videos == videos}
    return {
        f"training videos ({fewest} classes)": {s: _line(by_videos, s, score) for s in COMPARED},
        f"classes ({videos:,} training videos)": {s: _line(by_classes, s, score) for s in COMPARED},
    }


def _line(runs: Mapping[int, dict[str, list[Record]]], system: str, score: str) -> pd.DataFrame:
    values = {place: [record.metrics[score] for record in found[system]] for place, found in runs.items()}
    rows = {
        place: {"mean": np.mean(seeds), "sd": np.std(seeds, ddof=1) if len(seeds) > 1 else np.nan}
        for place, seeds in values.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def crossing(found: Found) -> str:
    """How LEAP, published and calibrated, stands to MMIL at every size in score and ranking, a line each."""
    lines = []
    for system in COMPARED[1:]:
        for size, runs in found.items():
            difference = paired(runs[system], runs["MMIL"], "evt_event")
            word = WORDS[verdict(difference["low"], difference["high"])]
            where = f"{size.videos:,} videos, {size.classes} classes"
            score = f"{word} MMIL in evt Event@AV ({format_difference(difference)})"
            lines.append(f"- {where}: {system} is {score}; {_ranking(runs, system)}.")
    return "\n".join(lines)


def _ranking(runs: Runs, system: str) -> str:
    ap = {
        modality: [segment_mean(runs[name], modality, "ap") for name in (system, "MMIL")]
        for modality in ("audio", "visual")
    }
    gains = ", ".join(f"{modality} {ours - mmil:+.1f}" for modality, (ours, mmil) in ap.items())
    return f"average precision {gains}".replace("-", "−")
