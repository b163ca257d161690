"""The number of LEAP's blocks: scores and cost."""

from itertools import pairwise

import numpy as np
import pandas as pd

from leap.data.store import FeatureStore
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.compare import sample_deviation
from leap.experiments.grid import CLAIM_SEEDS, Profile, system_config, with_seeds
from leap.experiments.tables import SUMMARY_SCORES, TITLES, Runs, pair_table
from leap.metrics.titles import listed
from leap.training.run import parameter_count

DEPTHS = {1: "LEAP N=1", 2: "LEAP", 3: "LEAP N=3", 4: "LEAP N=4"}


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs by the number N of blocks."""
    return {
        f"N = {depth}": with_seeds(system_config(system, profile, dataset), profile, CLAIM_SEEDS)
        for depth, system in DEPTHS.items()
    }


CHAPTER = Chapter("07_blocks", grid)


def step_table(runs: Runs) -> pd.DataFrame:
    """Gain from each additional block in the ten scores; index ``system`` and ``score``."""
    return pair_table(runs, {f"{more} − {less}": (more, less) for less, more in pairwise(runs)})


def panels(scores: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """The four summary scores by number of blocks, for `leap.visualization.figures.curves`.

    Args:
        scores: table returned by `leap.experiments.tables.score_table`.
    """
    depths = pd.Index([int(str(name).removeprefix("N = ")) for name in scores.index], name="blocks of LEAP")
    by_depth = scores.set_axis(depths, axis="index")
    lines = {name: by_depth.rename(columns={name: "mean", f"{name}_sd": "sd"}) for name in SUMMARY_SCORES}
    return {TITLES[name]: {"LEAP": line} for name, line in lines.items()}


def best_in_words(scores: pd.DataFrame) -> str:
    """The number of blocks with the highest mean in each of the four summary scores."""
    best = scores[list(SUMMARY_SCORES)].rename(columns=TITLES).idxmax()
    found = [f"with {depth} in {listed(titles)}" for depth, titles in best.groupby(best).groups.items()]
    return f"The mean is highest {listed(found)}."


def cost_table(runs: Runs, store: FeatureStore) -> pd.DataFrame:
    """Cost of every number of blocks, and the mean of the ten scores.

    Args:
        runs: records by number of blocks.
        store: their data set.

    Returns:
        One row per number of blocks: ``parameters``, ``seconds`` (of a run, median over seeds), ``mean of
        ten`` and ``sd``, mean and standard deviation over seeds.
    """
    rows = {}
    for name, records in runs.items():
        means = [np.mean([record.metrics[score] for score in TITLES]) for record in records]
        rows[name] = {
            "parameters": parameter_count(records[0].run_config(), store),
            "seconds": float(np.median([record.seconds for record in records])),
            "mean of ten": np.mean(means),
            "sd": sample_deviation(means),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("blocks")
