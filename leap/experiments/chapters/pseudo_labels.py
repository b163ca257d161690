"""The cost of errors in the pseudo-labels, through L_basic and through L_avss, and what helps."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from leap.config import AvssConfig, LossConfig, NoiseConfig, RunConfig
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.compare import sample_deviation
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds
from leap.experiments.tables import SUMMARY_SCORES, TITLES, Runs, pair_table

CLEAN = "as they are"
NOISES = {
    CLEAN: NoiseConfig(),
    "20 % misses": NoiseConfig(misses=0.2),
    "40 % misses": NoiseConfig(misses=0.4),
    "20 % false alarms": NoiseConfig(false_alarms=0.2),
    "40 % false alarms": NoiseConfig(false_alarms=0.4),
}
"""Title → errors that are added to the pseudo-labels."""

STRONG = ("40 % misses", "40 % false alarms")
WITH_AVSS, CONFIDENT = "LEAP + L_avss", "LEAP + confident L_avss"
"""LEAP with the paper's L_avss, and with L_avss weighted by confidence."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs by system, added errors and losses that read the errors.

    MMIL and LEAP are trained with every entry of `NOISES`. LEAP with L_avss, as in the paper and weighted by
    confidence, is trained without added errors and with those of `STRONG`. For the paper's L_avss, further
    runs put the errors of `STRONG` into the pseudo-labels of one loss only, L_basic or L_avss.
    """
    base = {system: system_config(system, profile, dataset) for system in ("MMIL", "LEAP", WITH_AVSS)}
    base[CONFIDENT] = replace(base[WITH_AVSS], loss=LossConfig(avss=AvssConfig(variant="confident")))
    runs: dict[tuple[str, str, str], RunConfig] = {}
    for system in ("MMIL", "LEAP"):
        runs |= {(system, name, "all"): replace(base[system], noise=noise) for name, noise in NOISES.items()}
    for system in (WITH_AVSS, CONFIDENT):
        runs |= {
            (system, name, "all"): replace(base[system], noise=NOISES[name]) for name in (CLEAN, *STRONG)
        }
    for part in ("basic", "avss"):
        for name in STRONG:
            runs[WITH_AVSS, name, part] = replace(base[WITH_AVSS], noise=replace(NOISES[name], of=part))
    return {
        f"{system}, {name}" + (f" in L_{part}" if part != "all" else ""): with_seeds(
            run, profile, CLAIM_SEEDS if part == "all" and name in (CLEAN, *STRONG) else SEEDS
        )
        for (system, name, part), run in runs.items()
    }


CHAPTER = Chapter("11_pseudo_labels", grid)

KINDS = ("misses", "false alarms")
RATES = {0: CLEAN, 20: "20 % ", 40: "40 % "}
RATE = "added errors (% of pseudo-labels)"


def curves(runs: Runs, score: str) -> pd.DataFrame:
    """Mean and standard deviation over seeds of a score of MMIL and LEAP, by kind and rate of errors.

    Returns:
        One row per kind, system and rate in per cent: ``mean`` and ``sd`` (NaN for one seed).
    """
    rows = {}
    for kind, system, (rate, prefix) in product(KINDS, ("MMIL", "LEAP"), RATES.items()):
        records = runs[f"{system}, {prefix + kind if rate else CLEAN}"]
        values = [record.metrics[score] for record in records]
        rows[kind, system, rate] = {"mean": np.mean(values), "sd": sample_deviation(values)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["errors", "system", "rate"]).sort_index()


def panels(runs: Runs, score: str) -> dict[str, dict[str, pd.DataFrame]]:
    """`curves` for `leap.visualization.figures.curves`: one panel per kind of errors."""
    table = curves(runs, score)
    return {
        f"added {kind}": {
            system: pd.DataFrame(table.xs(kind).xs(system)).rename_axis(RATE) for system in ("MMIL", "LEAP")
        }
        for kind in KINDS
    }


def loss_table(runs: Runs) -> pd.DataFrame:
    """Every system with added errors minus the same system without them, in the four summary scores."""
    pairs = {name: (name, f"{name.split(', ')[0]}, {CLEAN}") for name in runs if not name.endswith(CLEAN)}
    return pair_table(runs, pairs, SUMMARY_SCORES)


def cost_panels(costs: pd.DataFrame, scores: Sequence[str]) -> dict[str, dict[str, pd.DataFrame]]:
    """`loss_table` for `leap.visualization.effects.effect_plot`: a panel per score and kind of errors.

    The rows are the rates, and the losses that read the errors if not all do; the series are the systems.
    """
    return {
        f"{kind}, {TITLES[score]}": _costs(pd.DataFrame(costs.xs(score, level="score")), kind)
        for score, kind in product(scores, KINDS)
    }


def _costs(costs: pd.DataFrame, kind: str) -> dict[str, pd.DataFrame]:
    """The costs of a kind of errors by system."""
    found = costs[[kind in name for name in costs.index]]
    systems = [name.partition(", ")[0] for name in found.index]
    found = found.rename(index=_rate_and_loss)
    return {str(system): rows for system, rows in found.groupby(systems, sort=False)}


def _rate_and_loss(name: str) -> str:
    """The rate of a run's errors, and the loss that reads them if not all do.

    >>> _rate_and_loss("LEAP + L_avss, 40 % misses in L_basic")
    '40 % in L_basic only'
    """
    errors, _, loss = name.partition(", ")[2].partition(" in ")
    return " ".join(errors.split(" ")[:2]) + (f" in {loss} only" if loss else "")


def gain_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus MMIL with the same errors, in the four summary scores."""
    return pair_table(runs, {name: (f"LEAP, {name}", f"MMIL, {name}") for name in NOISES}, SUMMARY_SCORES)


def confidence_table(runs: Runs) -> pd.DataFrame:
    """L_avss weighted by confidence minus the paper's, with the same errors, in the four summary scores."""
    pairs = {name: (f"{CONFIDENT}, {name}", f"{WITH_AVSS}, {name}") for name in (CLEAN, *STRONG)}
    return pair_table(runs, pairs, SUMMARY_SCORES)
