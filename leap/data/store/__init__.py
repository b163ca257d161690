"""Feature store: one HDF5 file per data set, with checksums."""

from leap.data.store.layout import SPLITS
from leap.data.store.reader import FeatureStore
from leap.data.store.writer import Blocks, write_store

__all__ = ["SPLITS", "Blocks", "FeatureStore", "write_store"]
