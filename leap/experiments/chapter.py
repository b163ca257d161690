"""The description of a results chapter for the workflow: its notebook, runs and data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from leap.config import RunConfig
from leap.experiments.grid import SHIPPED, Profile, result_name

Grid = dict[str, list[RunConfig]]
"""Runs by system; seeds are paired between systems."""


class Simulation(NamedTuple):
    """Size of a simulated data set: training videos and classes."""

    videos: int
    classes: int


def no_runs(profile: Profile, dataset: str) -> Grid:
    """The grid of a chapter without runs."""
    return {}


def no_simulations(profile: Profile) -> dict[str, Simulation]:
    """The simulated data sets of a chapter that needs none."""
    return {}


@dataclass(frozen=True)
class Chapter:
    """A results chapter: its notebook, runs and data.

    Attributes:
        notebook: name of the notebook, without suffix.
        grid: function of a profile and a data set that returns the runs by system.
        dataset: the chapter's own data set, whichever data set the rest of the book uses; None for the data
            set of the book. Profile ``paper`` makes all chapters on the data set of the book, unless `only`
            excludes it.
        only: the data sets that the chapter can be made on; empty for any. For other data sets it shows
            `home`.
        simulations: function of a profile that returns the data sets to simulate for the runs, by name.
        made_afresh: whether its runs are made at every profile; otherwise some profiles show the committed
            records, see `from_records`.
    """

    notebook: str
    grid: Callable[[Profile, str], Grid] = no_runs
    dataset: str | None = None
    only: tuple[str, ...] = ()
    simulations: Callable[[Profile], dict[str, Simulation]] = no_simulations
    made_afresh: bool = False

    @property
    def home(self) -> str:
        """The data set of the chapter's committed results."""
        return self.dataset or SHIPPED

    def takes(self, dataset: str) -> bool:
        """Whether the chapter can be made on a data set."""
        return not self.only or dataset in self.only

    def from_records(self, profile: Profile) -> bool:
        """Whether the chapter shows the committed records of a profile instead of making its runs."""
        if self.made_afresh:
            return False
        return profile in ("laptop", "trial") or (profile == "paper" and bool(self.only))

    def data_in_book(self, profile: Profile, dataset: str, data: str) -> tuple[str, str]:
        """The data set, and the path of its store, that the chapter shows in a book.

        Chapters that have their own data set, show committed records, or cannot be made on that of the book
        use `home`.

        Args:
            profile: the book's profile.
            dataset: the data set of the book.
            data: path of its store; empty for the store known by name.
        """
        own = self.dataset and profile != "paper"
        bound = own or self.from_records(profile) or not self.takes(dataset)
        return (self.home, "") if bound else (dataset, data)

    def configs(self, profile: Profile, dataset: str) -> list[RunConfig]:
        """The chapter's runs, each once."""
        return list(dict.fromkeys(run for seeds in self.grid(profile, dataset).values() for run in seeds))

    def result_name(self, name: str, dataset: str) -> str:
        """File name, without suffix, of a table, figure or set of records made on a data set."""
        return result_name(name, dataset, self.home)
