"""The runs of a book in batches, planned for the Snakefile.

Starting Python and PyTorch takes as many seconds as a short run. A process therefore makes several runs, one
after the other; each record is written when its run is done, so an interruption loses at most one run.

Planning writes nothing. The Snakefile makes the simulated stores, so the plan identifies a run on one of them
by its config and the store's path, which names the simulation's size, not by the checksum of its contents.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path

from leap.config import RunConfig, canonical_json, to_dict
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import CHAPTERS
from leap.experiments.grid import Profile
from leap.experiments.runs import RECORD, RUNS
from leap.experiments.stores import open_store, simulated_path
from leap.experiments.study import Study, open_study
from leap.experiments.systems import SYSTEMS, search_configs
from leap.training.run import run_key

SEARCH = "search"
"""Name of the search for settings as a part of a plan."""

SMOKE_RUNS, RUNS_PER_BATCH = 12, 4
"""Runs per batch: many at profile ``smoke``, whose runs take a second; few otherwise, to balance workers."""


@dataclass(frozen=True)
class PlannedStore:
    """The store that planned runs read.

    Attributes:
        data: its path; empty for the store known by name.
        checksum: checksum of its contents; empty for a simulated store, which may not exist yet.
    """

    data: str
    checksum: str = ""

    def find_checksum(self) -> str:
        """Checksum of its contents; empty if the store has not been simulated yet.

        Raises:
            LeapError: the simulated store is damaged.
        """
        if self.checksum or not Path(self.data).exists():
            return self.checksum
        with FeatureStore(self.data) as store:
            return store.checksum


@dataclass(frozen=True)
class PlannedRun:
    """A run, identified by a key that is known before its store exists.

    Attributes:
        key: name in the plan, which does not depend on whether a simulated store exists.
        name: chapter, system and seed, for messages.
        config: its config.
        store: the store that it reads.
    """

    key: str
    name: str
    config: RunConfig
    store: PlannedStore


@dataclass(frozen=True)
class Batch:
    """Runs on one store that one process makes, one after the other."""

    runs: tuple[PlannedRun, ...]

    @property
    def key(self) -> str:
        """Name of the batch, derived from the keys of its runs."""
        return hashlib.sha256(" ".join(run.key for run in self.runs).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """Name of the batch, for messages."""
        more = len(self.runs) - 1
        return f"{self.runs[0].name}" + f" and {more} more" * (more > 0)

    @property
    def data(self) -> str:
        """Path of the store that its runs read; empty for the store known by name."""
        return self.runs[0].store.data

    @property
    def simulated(self) -> list[str]:
        """List of the store's path if the store is simulated; otherwise an empty list."""
        return [] if self.runs[0].store.checksum else [self.data]

    @property
    def lines(self) -> str:
        """The configs as JSON lines, for ``leap run -``."""
        return "\n".join(canonical_json(to_dict(run.config)) for run in self.runs)

    def missing(self, results: Path) -> list[str]:
        """Names of the runs that have no record yet.

        Raises:
            LeapError: their simulated store is damaged.
        """
        checksum = self.runs[0].store.find_checksum()
        folders = [results / RUNS / run_key(run.config, checksum) for run in self.runs]
        return [
            run.name for run, folder in zip(self.runs, folders, strict=True) if not (folder / RECORD).exists()
        ]


@dataclass
class Plan:
    """The batches of a book.

    Attributes:
        batches: batches by key.
        parameters: notebook → its parameters.
        needed: notebook, or `SEARCH`, → keys of the batches that it needs.
        refused: notebook → reason why its runs cannot be made.
    """

    batches: dict[str, Batch] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)
    needed: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def batches_for(self, notebook: str) -> list[str]:
        """Keys of the batches that a notebook needs.

        Raises:
            LeapError: its runs cannot be made.
        """
        if notebook in self.refused:
            raise LeapError(self.refused[notebook])
        return self.needed[notebook]

    def stores_for(self, notebook: str) -> list[str]:
        """Paths of the simulated stores that the runs of a notebook read.

        Raises:
            LeapError: its runs cannot be made.
        """
        batches = [self.batches[key] for key in self.batches_for(notebook)]
        return list(dict.fromkeys(chain.from_iterable(batch.simulated for batch in batches)))


def plan_book(profile: Profile, dataset: str, data: str, results: Path) -> Plan:
    """Plan the runs of all chapters, and of the search for settings; nothing is written.

    Args:
        profile: size of the book.
        dataset: data set of the book.
        data: path of its store; empty for the store known by name.
        results: folder of results.

    Raises:
        LeapError: the data set is unknown.
    """
    plan, parts = Plan(), {SEARCH: _search_runs(dataset, data, results)}
    for chapter in CHAPTERS:
        study = _open(chapter, profile, dataset, data, results)
        plan.parameters[chapter.notebook] = {"profile": profile, "dataset": study.dataset, "data": study.data}
        try:
            parts[chapter.notebook] = _chapter_runs(study)
        except LeapError as error:
            plan.refused[chapter.notebook] = str(error)
    batch_of: dict[str, str] = {}
    for name, runs in parts.items():
        new = {run.key: run for run in runs if run.key not in batch_of}
        for batch in _batches(list(new.values()), profile):
            plan.batches[batch.key] = batch
            batch_of |= dict.fromkeys((run.key for run in batch.runs), batch.key)
        plan.needed[name] = list(dict.fromkeys(batch_of[run.key] for run in runs))
    return plan


def _open(chapter: Chapter, profile: Profile, dataset: str, data: str, results: Path) -> Study:
    dataset, data = chapter.data_in_book(profile, dataset, data)
    return open_study(chapter.notebook, profile, dataset, data, str(results))


def _search_runs(dataset: str, data: str, results: Path) -> list[PlannedRun]:
    grid = {system: list(chain(*search_configs(system, dataset))) for system in SYSTEMS}
    with open_store(dataset, results, data) as store:
        return _planned(SEARCH, grid, {dataset: PlannedStore(data, store.checksum)})


def _chapter_runs(study: Study) -> list[PlannedRun]:
    """The runs that a chapter makes: none if it shows committed records, else those without such a record."""
    if study.from_records:
        return []
    committed = study.committed_runs()
    grid = {name: [run for run in runs if run not in committed] for name, runs in study.grid().items()}
    datasets = dict.fromkeys(config.dataset for configs in grid.values() for config in configs)
    stores = {dataset: _planned_store(study, dataset) for dataset in datasets}
    return _planned(study.chapter.notebook, grid, stores)


def _planned_store(study: Study, dataset: str) -> PlannedStore:
    simulations = study.chapter.simulations(study.profile)
    if dataset in simulations:
        return PlannedStore(str(simulated_path(simulations[dataset], study.results)))
    with study.make_store(dataset) as store:  # not simulated: only opened
        return PlannedStore(study.data, store.checksum)


def _planned(part: str, grid: Grid, stores: Mapping[str, PlannedStore]) -> list[PlannedRun]:
    """Plan the runs of a grid on stores, given by data set."""
    runs = []
    for system, configs in grid.items():
        for config in configs:
            store, name = stores[config.dataset], f"{part}: {system}, seed {config.seed}"
            key = run_key(config, store.checksum or store.data)
            runs.append(PlannedRun(key, name, config, store))
    return runs


def _batches(runs: Sequence[PlannedRun], profile: Profile) -> list[Batch]:
    size = SMOKE_RUNS if profile == "smoke" else RUNS_PER_BATCH
    by_store = [tuple(group) for _, group in groupby(runs, lambda run: run.store)]
    return [Batch(group[start : start + size]) for group in by_store for start in range(0, len(group), size)]
