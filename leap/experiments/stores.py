"""The feature store of a run."""

from collections.abc import Mapping
from pathlib import Path

from leap.data.llp_sim import simulate_llp
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.experiments.chapter import Simulation

FOLDER = "stores"
"""Folder of simulated data sets below that of results."""


def open_store(
    dataset: str, results: Path, data: str = "", simulations: Mapping[str, Simulation] | None = None
) -> FeatureStore:
    """Open the store of a run's data set; a simulated data set that is missing is made.

    Args:
        dataset: the run's data set, ``RunConfig.dataset``.
        results: folder of results, below which data sets are simulated.
        data: path of a store, for a data set that is not simulated; empty for the store known by name.
        simulations: the data sets that are simulated, by name.

    Raises:
        LeapError: the data set is unknown, or its file is not a sound feature store.
    """
    if not simulations or dataset not in simulations:
        return open_dataset(data or dataset)
    videos, classes = simulations[dataset]
    path = results / FOLDER / f"llp_sim_{videos}x{classes}.h5"
    if not path.exists():
        simulate_llp(path, videos, n_classes=classes)
    return FeatureStore(path)
