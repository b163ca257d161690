"""Feature stores of runs, which are simulated if they are missing."""

from collections.abc import Mapping
from pathlib import Path

from leap.data.llp_sim import simulate_llp
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.experiments.chapter import Simulation

FOLDER = "stores"
"""Folder of simulated data sets within the folder of results."""


def simulated_path(simulation: Simulation, results: Path) -> Path:
    """Path of the simulated data set of a size, which the Snakefile's rule ``store`` makes.

    >>> simulated_path(Simulation(videos=64, classes=50), Path("results")).as_posix()
    'results/stores/llp_sim_64x50.h5'
    """
    return results / FOLDER / f"llp_sim_{simulation.videos}x{simulation.classes}.h5"


def open_store(
    dataset: str, results: Path, data: str = "", simulations: Mapping[str, Simulation] | None = None
) -> FeatureStore:
    """Open the store of a run's data set; nothing is written.

    Args:
        dataset: the run's data set, ``RunConfig.dataset``.
        results: folder of results, which contains the simulated data sets.
        data: path of a store, for a data set that is not simulated; empty for the store known by name.
        simulations: the data sets that are simulated, by name.

    Raises:
        LeapError: the data set is unknown, or its file is missing or not a valid feature store.
    """
    if simulations and dataset in simulations:
        return FeatureStore(simulated_path(simulations[dataset], results))
    return open_dataset(data or dataset)


def make_store(
    dataset: str, results: Path, data: str = "", simulations: Mapping[str, Simulation] | None = None
) -> FeatureStore:
    """Open the store of a run's data set; a missing simulated store is made first.

    Arguments and errors are those of `open_store`.
    """
    if simulations and dataset in simulations:
        path = simulated_path(simulations[dataset], results)
        if not path.exists():
            simulate_llp(path, simulations[dataset].videos, n_classes=simulations[dataset].classes)
    return open_store(dataset, results, data, simulations)
