"""The core comparison over the rotations of AV-Everyday's folds; the rotation is the unit of its interval.

Seeds and videos of one rotation share its recordings, so their interval says nothing about other recordings.
In every rotation, train, val, test and the teacher have other recordings, speakers and photographs. The
settings are those chosen on val in rotation 0, which is the test fold of rotation 4.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from leap.config import RunConfig
from leap.data.av_everyday.sources import FOLDS
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.cells import CELLS, profile_config
from leap.experiments.claims import RegisteredClaim, registered_claims
from leap.experiments.compare import table_difference
from leap.experiments.grid import EVERYDAY, SLOW_SEEDS, with_seeds
from leap.experiments.records import Record, write_records
from leap.experiments.runs import check_writable, make_runs
from leap.experiments.tables import write_table

CORE = ("gain-han", "gain-valor-loss", "interaction-han", "equal-coupling")
"""The registered claims that are estimated on every rotation."""

RECORDS, TABLE = "rotations_av_everyday.jsonl.gz", "14_rotations_av_everyday.csv"


def core_claims() -> list[RegisteredClaim]:
    """The claims of `CORE`."""
    return [claim for claim in registered_claims() if claim.id in CORE]


def core_configs() -> list[RunConfig]:
    """The runs of every rotation: all cells that the claims compare, `SLOW_SEEDS` seeds each."""
    names = dict.fromkeys(name for claim in core_claims() for name in claim.contrast)
    return [run for name in names for run in _cell_runs(name)]


def _cell_runs(name: str) -> list[RunConfig]:
    """The runs of a cell on one rotation."""
    return with_seeds(profile_config(CELLS[name], "full", EVERYDAY), "full", SLOW_SEEDS)


def run_rotations(paths: Sequence[Path], results: Path) -> Path:
    """Make the runs on every rotation, and write their records and the table of estimates.

    Args:
        paths: the stores of all rotations, in any order; ``leap data build av-everyday --rotation`` builds
            them.
        results: folder of results.

    Returns:
        Path of the table.

    Raises:
        LeapError: the stores are not those of the rotations, or ``results`` cannot be written; nothing is
            trained then.
    """
    for folder in ("records", "tables"):
        check_writable(results / folder)
    with ExitStack() as opened:
        stores = _by_rotation([opened.enter_context(FeatureStore(path)) for path in paths])
        records = [record for store in stores for record in make_runs(core_configs(), store, results)]
    write_records(records, results / "records" / RECORDS)
    write_table(rotation_table(records), results / "tables" / TABLE)
    return results / "tables" / TABLE


def _by_rotation(stores: Sequence[FeatureStore]) -> list[FeatureStore]:
    """The stores in the order of their rotations."""
    found = {store.provenance.get("rotation"): store for store in stores if store.dataset == EVERYDAY}
    if len(stores) != FOLDS or set(found) != set(range(FOLDS)):
        what = f"{len(stores)} stores given, of rotations {', '.join(map(str, found))}"
        raise LeapError(f"{what}; give one store of AV-Everyday for each of the rotations 0 to {FOLDS - 1}")
    return [found[rotation] for rotation in range(FOLDS)]


def rotation_table(records: Sequence[Record]) -> pd.DataFrame:
    """Estimates of the claims of `CORE` on every rotation and over all.

    Args:
        records: those of `run_rotations`, rotation by rotation.

    Returns:
        One row per claim (index ``claim``): its estimate on each rotation (``rotation 0`` …), and the columns
        of `leap.experiments.compare.Difference.row` over rotations, with ``n`` rotations.
    """
    rotations = [list(group) for _, group in groupby(records, lambda record: record.data["checksum"])]
    rows = {}
    for claim in core_claims():
        means = np.array([_estimate(claim, group) for group in rotations])  # (rotations,)
        each = {f"rotation {index}": 100 * mean for index, mean in enumerate(means)}
        rows[claim.id] = each | table_difference(means[:, None]).row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")


def _estimate(claim: RegisteredClaim, records: Sequence[Record]) -> float:
    """The claim's estimate from the records of one rotation, as a fraction."""
    by_config = {record.run_config(): record for record in records}
    runs = {name: [by_config[run] for run in _cell_runs(name)] for name in claim.contrast}
    return float(claim.table(runs, np.array([])).mean())
