"""What a notebook opens: its data set, its profile and its runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.config import Protocol, RunConfig
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.chapters import NOTEBOOKS, all_runs, from_records, own_runs
from leap.experiments.grid import (
    PUBLISHED,
    SHORT,
    Profile,
    check_profile,
    named,
    searched,
)
from leap.experiments.provenance import flagged
from leap.experiments.records import Record, pick, read_records, write_records
from leap.experiments.runs import make_runs, run_folder
from leap.experiments.search import search_records, search_table
from leap.experiments.systems import LEARNING_RATES, SEARCH_SEEDS, SYSTEMS
from leap.experiments.tables import outside, write_table
from leap.inference.parsed_video import ParsedVideo, parse_video
from leap.metrics import overlapping_videos
from leap.models.checkpoint import load_parser
from leap.models.parser import Parser
from leap.training.run import REVISION
from leap.visualization.figures import save_figure


@dataclass(frozen=True)
class Study:
    """One notebook at one profile on one data set.

    Attributes:
        notebook: the notebook's name, without suffix.
        profile: how large.
        store: the data set.
        results: folder of run records and tables.
    """

    notebook: str
    profile: Profile
    store: FeatureStore
    results: Path

    @property
    def made_at(self) -> Profile:
        """The profile that the runs are of: committed records are those of ``full``."""
        return "full" if from_records(self.notebook, self.profile) else self.profile

    def grid(self) -> dict[str, list[RunConfig]]:
        """The notebook's runs by system."""
        return NOTEBOOKS[self.notebook](self.made_at, self.store.dataset)

    def runs(self) -> dict[str, list[Record]]:
        """The notebook's records by system; runs that are missing are made.

        At profiles ``full`` and ``paper`` those that no notebook before has are also written to the committed
        ``results/records``, from where the notebooks that `from_records` names take them.
        """
        configs = all_runs(self.notebook, self.made_at, self.store.dataset)
        if from_records(self.notebook, self.profile):
            records = pick(self._committed_records(), configs, self.store.checksum)
        else:
            records = make_runs(configs, self.store, self.results)
        found = dict(zip(configs, records, strict=True))
        if self.profile in PUBLISHED:
            own = [found[config] for config in own_runs(self.notebook, self.profile, self.store.dataset)]
            write_records(own, self._path("records", self.notebook, ".jsonl.gz"))
        return {system: [found[config] for config in seeds] for system, seeds in self.grid().items()}

    def _committed_records(self) -> list[Record]:
        """Those of all notebooks, as some share runs."""
        paths = [self._path("records", name, ".jsonl.gz") for name in NOTEBOOKS]
        return [record for path in paths if path.exists() for record in read_records(path)]

    def publish(self, name: str, table: pd.DataFrame) -> None:
        """Write a table to the committed ``results/tables``; only at profiles ``full`` and ``paper``."""
        if self.profile in PUBLISHED:
            write_table(table, self._path("tables", name, ".csv"))

    def publish_figure(self, name: str, figure: Figure) -> None:
        """Write a figure to the committed ``results/figures``; only at profiles ``full`` and ``paper``."""
        if self.profile in PUBLISHED:
            save_figure(figure, self._path("figures", name, ".png"))

    def elsewhere(self, name: str, dataset: str) -> pd.DataFrame:
        """A committed table that the same notebook made on another data set.

        Raises:
            LeapError: there is none.
        """
        path = committed() / "tables" / f"{named(name, dataset)}.csv"
        if not path.exists():
            raise LeapError(f"{path}: no such table; make it with dataset={dataset} and profile=full")
        table = pd.read_csv(path)
        return table.set_index([name for name in ("system", "score") if name in table])

    def against_committed(self, name: str, table: pd.DataFrame) -> str:
        """Which differences that were made afresh leave their committed intervals, in a sentence."""
        path = self._path("tables", name, ".csv")
        if self.profile in SHORT or not path.exists():
            return "Nothing of this size is committed to compare these differences with."
        left = outside(table, pd.read_csv(path).set_index(["system", "score"]))
        if left:
            return f"**Outside their committed 95 % intervals**: {'; '.join(left)}."
        return f"All {len(table)} differences lie within their committed 95 % intervals."

    def settings(self) -> tuple[pd.DataFrame, str]:
        """How each system is set, and where that comes from: the search on val, or the paper."""
        if not searched(self.made_at):
            sizes = "Sizes, batch and rate of LEAP's release; encoder and schedule are ours."
            return self._paper_settings(), f"{sizes} Nothing was searched."
        records = read_records(committed() / "records" / search_records(self.store.dataset))
        budget = f"{len(LEARNING_RATES) * 2} settings a system, seeds {SEARCH_SEEDS[0]} and {SEARCH_SEEDS[1]}"
        systems = [system for system in self.grid() if system in SYSTEMS]
        table = search_table(records, systems, self.store.dataset, self.store.checksum).round(1)
        line = f"Data set {self.store.dataset} (val), {budget}, revision {records[0].revision}."
        return table, flagged(line, records)

    def overlapping_videos(self) -> NDArray[np.bool_]:
        """Which test videos have overlapping events in some modality, (N,)."""
        return overlapping_videos(*self.store.videos("test").truth())

    def parsed(self, record: Record, index: int) -> ParsedVideo:
        """The test video at ``index`` as the record's model parses it."""
        config, video = record.run_config(), self.store.ids("test")[index]
        parser, described = load_parser(run_folder(config, self.store, self.results))
        inputs = described.model.inputs
        return parse_video(parser, self.store, described.protocol, "test", video, inputs)

    def parser(self, record: Record) -> Parser:
        """The trained parser of a record."""
        return load_parser(run_folder(record.run_config(), self.store, self.results))[0]

    def caption(self, runs: Mapping[str, Sequence[Record]], split: str = "test", protocol: str = "") -> str:
        """Data set, profile, seeds, revision and protocol: the line under every table and figure.

        The protocol is the first run's if not given. What the records were made with follows where it is not
        what runs here.
        """
        protocol = protocol or describe(next(iter(runs.values()))[0].run_config().protocol)
        made = ", from committed records" if from_records(self.notebook, self.profile) else ""
        seeds = sorted({len(records) for records in runs.values()})
        count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
        noun = "seed" if seeds == [1] else "seeds"
        line = (
            f"Data set {self.store.dataset} ({split}), profile {self.made_at}{made}, {count} {noun}, "
            f"revision {REVISION}, {protocol}."
        )
        return flagged(line, chain.from_iterable(runs.values()))

    def _paper_settings(self) -> pd.DataFrame:
        rows = {}
        for system, (config, *_) in self.grid().items():
            model, train = config.model, config.train
            rows[system] = {
                "width": model.width,
                "heads": getattr(model.decoder, "heads", 1),
                "label embeddings": model.labels,
            }
            rows[system] |= {"batch": train.batch, "rate": train.lr, "epochs": train.epochs}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _path(self, folder: str, name: str, suffix: str) -> Path:
        return self.results / folder / f"{named(name, self.store.dataset)}{suffix}"


def describe(protocol: Protocol) -> str:
    """A decoding protocol in words."""
    gate = "no gate" if protocol.gate is None else f"{protocol.gate} gate {protocol.gate_threshold:g}"
    return f"protocol: segment threshold {protocol.segment:g}, {gate}"


def open_study(notebook: str, profile: str, dataset: str, data: str = "", results: str = "") -> Study:
    """Open a notebook's study from its parameters.

    Args:
        notebook: the notebook's name, without suffix.
        profile: ``smoke``, ``laptop``, ``full``, ``trial`` or ``paper``.
        dataset: name of the data set.
        data: path of its store; empty for the embedded one.
        results: folder of results; empty for ``results`` at the repository root.

    Raises:
        LeapError: for an unknown profile or data set, or a store of another data set.
    """
    store = open_dataset(data or dataset)
    if store.dataset != dataset:
        raise LeapError(f"{data}: holds the data set {store.dataset!r}, not {dataset!r}; set dataset or data")
    folder = Path(results) if results else committed()
    return Study(notebook, check_profile(profile), store, folder)


def committed() -> Path:
    """The results at the root of the repository, of which records, tables and figures are committed."""
    return repository_root() / "results"


def repository_root() -> Path:
    """The folder above the working directory that holds the Snakefile.

    Raises:
        LeapError: if there is none.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "Snakefile").exists():
            return folder
    raise LeapError(f"{Path.cwd()}: not inside a checkout of leap; change there or give a results folder")
