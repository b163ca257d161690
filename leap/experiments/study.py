"""A chapter at a profile on a data set: its runs, its inputs and its published results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.config import Protocol, RunConfig
from leap.data.registry import check_dataset, dataset_title
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import find_chapter, own_runs
from leap.experiments.committed import committed_records
from leap.experiments.conclusions import Quotes
from leap.experiments.grid import EMBEDDED, PUBLISHED, SHIPPED, SHORT, Profile, check_profile, searched
from leap.experiments.predicted_events import PredictedEvents, read_events, write_events
from leap.experiments.provenance import with_environment
from leap.experiments.records import Record, read_records, write_records
from leap.experiments.runs import (
    check_writable,
    has_record,
    load_predictions,
    make_runs,
    restore_parser,
    run_folder,
)
from leap.experiments.search import read_search, search_table
from leap.experiments.stores import make_store
from leap.experiments.systems import LEARNING_RATES, SEARCH_SEEDS, SYSTEMS, was_searched
from leap.experiments.tables import outside_intervals, write_table
from leap.inference.parsed_video import ParsedVideo, parse_video
from leap.inference.predict import predict
from leap.metrics import overlapping_videos
from leap.models.checkpoint import Description, load_parser
from leap.models.parser import Parser
from leap.training.run import REVISION

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Study:
    """A chapter at a profile on a data set.

    `runs` makes runs without a record in ``results/runs``. Only the methods ``publish_…`` write committed
    records, tables and figures, and only if `publishes` is true.

    Attributes:
        chapter: the chapter.
        profile: its size.
        dataset: name of its data set.
        results: folder in which runs are made and results are published.
        committed: folder from which committed records, tables and figures are read.
        data: path of the store of the data set; empty for the store known by name.
    """

    chapter: Chapter
    profile: Profile
    dataset: str
    results: Path
    committed: Path
    data: str = ""

    @property
    def title(self) -> str:
        """Name of the data set in texts."""
        return dataset_title(self.dataset)

    @property
    def from_records(self) -> bool:
        """Whether the committed records are shown instead of runs made here."""
        return self.chapter.from_records(self.profile)

    @property
    def made_at(self) -> Profile:
        """The profile of the runs: committed records are those of ``full``."""
        return "full" if self.from_records else self.profile

    @property
    def publishes(self) -> bool:
        """Whether records, tables and figures are published: at full size, unless committed ones are shown.

        Committed records that stand in for runs are published again, beside those of the new runs.
        """
        return self.profile in PUBLISHED and not self.from_records

    def make_store(self, dataset: str) -> FeatureStore:
        """Open the store of one of the chapter's data sets; a missing simulated store is made first.

        When a book is made, the Snakefile has simulated the stores before the runs.

        Raises:
            LeapError: the data set is unknown, or the store holds another data set.
        """
        store = make_store(dataset, self.results, self.data, self.chapter.simulations(self.made_at))
        if store.dataset != dataset:
            raise LeapError(
                f"{self.data}: holds the data set {store.dataset!r}, not {dataset!r}; set dataset or data"
            )
        return store

    @cached_property
    def store(self) -> FeatureStore:
        """The store of `dataset`, opened or simulated by `make_store`."""
        return self.make_store(self.dataset)

    def grid(self) -> Grid:
        """The chapter's run configs by system."""
        return self.chapter.grid(self.made_at, self.dataset)

    def runs(self) -> dict[str, list[Record]]:
        """The chapter's records by system.

        Runs without a record are made, unless `from_records` is true.

        Raises:
            LeapError: no settings were chosen on the data set, the committed records lack a run that is not
                made here, or are damaged, or the folder of results cannot be written.
        """
        if not self.grid():
            raise LeapError(
                f"{self.chapter.notebook} has no runs on {self.dataset} at profile {self.made_at}: no "
                f"settings were chosen; `leap study choose --data {self.dataset}` chooses them"
            )
        records = self.committed_runs()
        missing = [config for config in self._configs() if config not in records]
        if self.from_records and missing:
            raise LeapError(
                f"{self.committed / 'records'}: {len(missing)} of {len(self._configs())} runs of "
                f"{self.chapter.notebook} on {self.dataset} are not among the committed records; make them "
                "with PROFILE=full"
            )
        records |= self._make_runs(missing)
        return {system: [records[config] for config in seeds] for system, seeds in self.grid().items()}

    def committed_runs(self) -> dict[RunConfig, Record]:
        """Committed records that stand in for runs, by config; neither a plan nor `runs` makes these runs.

        They stand in where they are shown and where results are published. Where results are published, a run
        that was made here comes before its committed record, and the records of a simulated data set stand in
        only if none is missing: what is simulated here may round differently, and systems are compared on
        equal videos.

        Raises:
            LeapError: a file of records is damaged.
        """
        if not self._configs() or not (self.from_records or self.publishes):
            return {}
        simulated = self.chapter.simulations(self.made_at)
        checksum = "" if self.dataset in simulated else self.store.checksum
        found = committed_records(self.chapter, self.made_at, self.dataset, self.committed, checksum)
        if self.from_records:
            return found
        lacking = {config.dataset for config in self._configs() if config not in found}
        return {config: record for config, record in found.items() if self._stands_in(config, lacking)}

    def _stands_in(self, config: RunConfig, lacking: set[str]) -> bool:
        """Whether a committed record counts, given the data sets whose committed records lack a run."""
        if config.dataset in self.chapter.simulations(self.made_at):
            return config.dataset not in lacking
        return not has_record(config, self.store, self.results)

    def _configs(self) -> list[RunConfig]:
        return self.chapter.configs(self.made_at, self.dataset)

    def _make_runs(self, configs: Sequence[RunConfig]) -> dict[RunConfig, Record]:
        if self.publishes:
            check_writable(self.results)
        records: dict[RunConfig, Record] = {}
        for dataset in dict.fromkeys(config.dataset for config in configs):
            some = [config for config in configs if config.dataset == dataset]
            with self.make_store(dataset) as store:
                records |= zip(some, make_runs(some, store, self.results), strict=True)
        return records

    def publish_records(self, runs: Mapping[str, Sequence[Record]]) -> None:
        """Write to ``results/records`` the records of the runs that no earlier chapter makes.

        A file that already holds equal records stays as it is, whichever version wrote it.

        Args:
            runs: the chapter's records by system.
        """
        if self.publishes:
            records = {record.run_config(): record for record in chain.from_iterable(runs.values())}
            own = own_runs(self.chapter, self.profile, self.dataset)
            path = self._path("records", self.chapter.notebook, ".jsonl.gz")
            found = [records[config] for config in own]
            if not path.exists() or read_records(path) != found:
                write_records(found, path)

    def predicted_events(
        self, runs: Mapping[str, Sequence[Record]], notebook: str = ""
    ) -> dict[str, list[PredictedEvents]]:
        """The predicted events of the test videos, by system, in the order of the records.

        They are those of the run if it was made here, else the committed ones, else those of the run's
        parser, which is trained again; a chapter that shows committed records trains nothing.

        Args:
            runs: the runs, as `runs` returns them.
            notebook: the chapter that published the events; empty for this chapter.

        Raises:
            LeapError: the committed events are damaged, or lack a run that is not made here.
        """
        path = self._committed_path("events", notebook or self.chapter.notebook, ".npz")
        committed = read_events(path) if path.exists() or self.from_records else {}
        return {
            system: [self._events_of(record, committed) for record in records]
            for system, records in runs.items()
        }

    def _events_of(self, record: Record, committed: Mapping[str, PredictedEvents]) -> PredictedEvents:
        config = record.run_config()
        if not self.from_records and has_record(config, self.store, self.results):
            found = load_predictions(run_folder(config, self.store, self.results))
        elif record.key in committed:
            return committed[record.key]
        elif self.from_records:
            raise LeapError(
                f"{self.chapter.notebook}: the committed events lack run {record.key}; make them with "
                "PROFILE=full"
            )
        else:
            parser, described = self._load_parser(record)
            found = predict(parser, self.store.videos("test", described.model.inputs), described.protocol)
        return PredictedEvents(found.audio.numpy() == 1, found.visual.numpy() == 1)

    def publish_events(
        self, runs: Mapping[str, Sequence[Record]], events: Mapping[str, Sequence[PredictedEvents]]
    ) -> None:
        """Write the predicted events of runs to ``results/events``.

        Args:
            runs: the chapter's records by system.
            events: what `predicted_events` returns for them.
        """
        keys = [record.key for record in chain.from_iterable(runs.values())]
        if self.publishes:
            by_key = dict(zip(keys, chain.from_iterable(events.values()), strict=True))
            write_events(by_key, self._path("events", self.chapter.notebook, ".npz"))

    def publish_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table to ``results/tables``, as CSV with four decimals."""
        if self.publishes:
            write_table(table, self._path("tables", name, ".csv"))

    def publish_figure(self, name: str, figure: Figure) -> None:
        """Write a figure to ``results/figures``, as PNG."""
        from leap.visualization.figures import save_figure

        if self.publishes:
            save_figure(figure, self._path("figures", name, ".png"))

    def _path(self, folder: str, name: str, suffix: str) -> Path:
        return self.results / folder / f"{self.chapter.result_name(name, self.dataset)}{suffix}"

    def _committed_path(self, folder: str, name: str, suffix: str, dataset: str = "") -> Path:
        made_on = self.chapter.result_name(name, dataset or self.dataset)
        return self.committed / folder / f"{made_on}{suffix}"

    def committed_table(self, name: str, dataset: str = "", index: int | list[str] = 0) -> pd.DataFrame:
        """A committed table of the chapter.

        Args:
            name: the table's name.
            dataset: the data set that the table was made on; empty for the study's.
            index: columns to use as the index.

        Raises:
            LeapError: the table is missing.
        """
        path = self._committed_path("tables", name, ".csv", dataset)
        if not path.exists():
            made = dataset or self.dataset
            raise LeapError(f"{path}: no such table; make it with dataset={made} and profile=full")
        return pd.read_csv(path, index_col=index)

    def tables_by_dataset(
        self, name: str, table: pd.DataFrame, index: int | list[str] = 0
    ) -> dict[str, pd.DataFrame]:
        """A table of the study, and the committed ones of the embedded data sets, by data set.

        Args:
            name: the table's name.
            table: the study's own table.
            index: columns of the committed tables to use as the index.
        """
        others = [dataset for dataset in EMBEDDED if dataset != self.dataset]
        return {self.dataset: table} | {
            dataset: self.committed_table(name, dataset, index)
            for dataset in others
            if self._committed_path("tables", name, ".csv", dataset).exists()
        }

    def on_embedded(self) -> list[Study]:
        """This study and, if it shows committed runs, its likes on the other embedded data sets."""
        others = [name for name in EMBEDDED if name != self.dataset and self.from_records]
        return [self, *(replace(self, dataset=name, data="") for name in others)]

    def quotes(self, dataset: str) -> Quotes:
        """Committed estimates on a data set, for the prose of the chapter."""
        return Quotes(self.committed / "tables", dataset)

    def show_committed_figure(self, name: str, caption: str, alt: str) -> None:
        """Display a committed figure of the chapter with a caption and an alternative text.

        Raises:
            LeapError: the figure is missing.
        """
        from leap.visualization.numbered import show_png

        path = self._committed_path("figures", name, ".png")
        if not path.exists():
            raise LeapError(f"{path}: no such figure; make it with dataset={self.dataset} and profile=full")
        show_png(path.read_bytes(), caption, alt)

    def compare_with_committed(self, name: str, table: pd.DataFrame) -> str:
        """A sentence that names the differences outside their committed intervals.

        Args:
            name: name of the committed table of differences.
            table: the same differences, from runs made here.
        """
        path = self._committed_path("tables", name, ".csv")
        if self.profile in SHORT or not path.exists():
            return "Nothing of this size is committed to compare these differences with."
        left = outside_intervals(table, pd.read_csv(path).set_index(["system", "score"]))
        if left:
            return f"**Outside their committed 95 % intervals**: {'; '.join(left)}."
        return f"All {len(table)} differences lie within their committed 95 % intervals."

    def settings(self) -> tuple[pd.DataFrame, str]:
        """Hyper-parameters of every system, and a line that states their origin.

        Returns:
            Table and line. The table holds the settings chosen on val with their scores, or, at profiles
            ``trial`` and ``paper``, the paper's settings. On a data set without a search, profile ``smoke``
            has the settings chosen on `SHIPPED`.

        Raises:
            LeapError: the records of the search are missing or damaged.
        """
        if not searched(self.made_at):
            sizes = "Sizes, batch and rate of LEAP's release; encoder and schedule are ours."
            return _paper_settings(self.grid()), f"{sizes} Nothing was searched."
        if not was_searched(self.dataset):
            chosen = f"Settings chosen on {dataset_title(SHIPPED)}: none were on {self.title}."
            return _paper_settings(self.grid()), chosen
        records = read_search(self.committed, self.dataset)
        budget = (
            f"{len(LEARNING_RATES) * 2} settings per system, seeds {SEARCH_SEEDS[0]} and {SEARCH_SEEDS[1]}"
        )
        systems = [system for system in self.grid() if system in SYSTEMS]
        table = search_table(records, systems, self.dataset, self.store.checksum).round(1)
        line = f"{self.title} (val), {budget}, revision {records[0].revision}."
        return table, with_environment(line, records)

    def overlapping_videos(self) -> NDArray[np.bool_]:
        """Mask (N,) of the test videos with overlapping events in at least one modality."""
        return overlapping_videos(*self.store.videos("test").truth())

    def parsed_video(self, record: Record, index: int) -> ParsedVideo:
        """Parse a test video with the model of a run; arguments and training as in `parser`.

        Args:
            record: the run's record.
            index: position of the video in the test split.
        """
        parser, described = self._load_parser(record)
        video, inputs = self.store.ids("test")[index], described.model.inputs
        return parse_video(parser, self.store, described.protocol, "test", video, inputs)

    def parser(self, record: Record) -> Parser:
        """The trained parser of a run; it is trained again if only the run's record is here."""
        return self._load_parser(record)[0]

    def _load_parser(self, record: Record) -> tuple[Parser, Description]:
        return load_parser(restore_parser(record.run_config(), self.store, self.results))

    def caption(self, runs: Mapping[str, Sequence[Record]], split: str = "test") -> str:
        """Data set, split and seeds, for the caption of a table or figure.

        Args:
            runs: the records from which the table or figure is made; none for one of data only.
            split: the split on which they are scored.
        """
        counts = sorted({len(records) for records in runs.values()})
        if not counts:
            return f"{self.title} ({split})."
        number = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
        return f"{self.title} ({split}), {number} {'seed' if counts == [1] else 'seeds'}."

    def provenance(self, runs: Mapping[str, Sequence[Record]], protocol: str = "") -> str:
        """Data set, profile, seeds, revision and protocol of the runs of a chapter, once per page.

        Libraries and devices of the records are added where they differ from the current ones.

        Args:
            runs: the chapter's records by system.
            protocol: the decoding protocol in words; empty for the first run's.
        """
        protocol = protocol or describe_protocol(next(iter(runs.values()))[0].run_config().protocol)
        made = ", from committed records" if self.from_records else ""
        line = (
            f"{self.caption(runs).removesuffix('.')}; profile {self.made_at}{made}; revision {REVISION}; "
            f"{protocol}."
        )
        return with_environment(line, chain.from_iterable(runs.values()))


def _paper_settings(grid: Grid) -> pd.DataFrame:
    rows = {}
    for system, (config, *_) in grid.items():
        model, train = config.model, config.train
        rows[system] = {
            "width": model.width,
            "heads": getattr(model.decoder, "heads", 1),
            "label embeddings": model.labels,
        }
        rows[system] |= {"batch": train.batch, "rate": train.lr, "epochs": train.epochs}
    return pd.DataFrame.from_dict(rows, orient="index")


def describe_protocol(protocol: Protocol) -> str:
    """A decoding protocol in words."""
    gate = "no gate" if protocol.gate is None else f"{protocol.gate} gate {protocol.gate_threshold:g}"
    return f"protocol: segment threshold {protocol.segment:g}, {gate}"


def open_study(notebook: str, profile: str, dataset: str, data: str = "", results: str = "") -> Study:
    """Open a notebook's study from its parameters.

    Args:
        notebook: the notebook's name, without suffix.
        profile: ``smoke``, ``laptop``, ``full``, ``trial`` or ``paper``.
        dataset: name of a data set; a chapter that cannot be made on it prints so, and shows its own.
        data: path of its store; empty for the store known by name.
        results: folder of runs and published results; empty for ``results`` in the repository.

    Raises:
        LeapError: the chapter, the profile or the data set is unknown, the store holds another data set or
            one that the chapter does not read, or no folder of results is given outside of a repository.
    """
    chapter, size = find_chapter(notebook), check_profile(profile)
    if data and (not chapter.takes(dataset) or dataset in chapter.simulations(size)):
        raise LeapError(f"{data}: {notebook} does not read a store of {dataset}; leave data empty")
    if not chapter.takes(dataset):
        check_dataset(dataset)
        dataset = chapter.home
        print(f"This chapter is about {dataset_title(dataset)}, whatever the parameter dataset says.")
    folder = Path(results) if results else repository_root() / "results"
    study = Study(chapter, size, dataset, folder, _committed(folder), data)
    if data or not chapter.only:
        study.store  # noqa: B018 (refuses an unknown data set before anything is made)
    return study


def _committed(results: Path) -> Path:
    """The results folder of the repository, or the given folder outside a repository."""
    try:
        return repository_root() / "results"
    except LeapError:
        return results


def repository_root() -> Path:
    """The nearest folder, from the working directory upwards, that contains the Snakefile.

    Raises:
        LeapError: no folder contains it.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "Snakefile").exists():
            return folder
    raise LeapError(f"{Path.cwd()}: not inside a checkout of leap; change there or give a results folder")
