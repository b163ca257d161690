"""The ledger: every registered claim with its estimate, adjusted p value and verdict on a data set."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.data.registry import dataset_title
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import (
    blocks,
    decoder_or_loss,
    denoised_labels,
    encoders,
    label_semantics,
    labels,
    leap_vs_mmil,
    losses,
    pseudo_labels,
    systems,
)
from leap.experiments.claims import AFTERWARDS, Kind, RegisteredClaim, registered_claims, registry
from leap.experiments.compare import holm
from leap.experiments.estimates import claims_of, estimate_table
from leap.experiments.grid import Profile
from leap.experiments.records import PRIMARY_PARTS
from leap.experiments.tables import TITLES, Runs, format_difference, format_p
from leap.experiments.verdicts import WORDS, Verdict, verdict

CLAIMING = (
    leap_vs_mmil.CHAPTER,
    encoders.CHAPTER,
    systems.CHAPTER,
    blocks.CHAPTER,
    labels.CHAPTER,
    losses.CHAPTER,
    pseudo_labels.CHAPTER,
    decoder_or_loss.CHAPTER,
    denoised_labels.CHAPTER,
    label_semantics.CHAPTER,
)
"""The chapters on which claims rest."""

HEADLINE = {
    "LEAP − MMIL": {
        "L_basic": "gain-han",
        "L_basic, separate video probabilities": "equal-coupling",
        "VALOR's loss": "gain-valor-loss",
        "VALOR's loss, denoised labels": "decoder-after-denoising",
    },
    "denoised − original pseudo-labels": {
        "L_basic": "denoising-basic-loss",
        "VALOR's loss": "denoising-valor-loss",
    },
}
"""Panel of the figure of the first page → its rows, and the claims that they show."""

FRONT_PAGE: dict[tuple[str, str], Verdict] = {
    ("av-digits", "gain-han"): "supported",
    ("av-digits", "gain-valor-loss"): "inconclusive",
    ("av-everyday", "gain-han"): "inconclusive",
    ("av-everyday", "gain-valor-loss"): "inconclusive",
    ("av-digits", "equal-coupling"): "supported",
    ("av-everyday", "equal-coupling"): "supported",
    ("av-digits", "denoising-basic-loss"): "supported",
    ("av-everyday", "denoising-basic-loss"): "inconclusive",
    ("av-digits", "denoising-misses"): "supported",
    ("av-everyday", "denoising-misses"): "supported",
    ("av-digits", "released-valor"): "inconclusive",
    ("av-digits", "released-cmpae"): "inconclusive",
    ("av-everyday", "unseen-glove"): "supported",
}
"""Data set and claim that the first page quotes → the verdict that its sentences state."""

NO_RUNS, NOT_TESTABLE = "no runs", "not testable here"
"""Verdicts on claims without an estimate."""

NONE = "–"
MARK = "†"
"""Mark of a verdict on a claim that was registered after the first run."""

COSTS = {"HAN": ("leap-han", "han"), "MM-Pyr": ("leap", "mm-pyr")}
"""Encoder → its presets with LEAP's decoder and with MMIL."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of other chapters on which claims rest, as ``chapter: cell``.

    Chapters that belong to another data set are left out. At profile ``full``, a data set with a role in
    ``claims.yaml`` has only the chapters whose first records on it are dated there.
    """
    runs: Grid = {}
    for chapter in CLAIMING:
        cells = chapter.grid(profile, dataset) if _has_runs(chapter, profile, dataset) else {}
        for claim in claims_of(chapter.notebook, cells):
            runs |= {f"{chapter.notebook}: {cell}": cells[cell] for cell in claim.contrast}
    return runs


CHAPTER = Chapter("30_ledger", grid)


def _has_runs(chapter: Chapter, profile: Profile, dataset: str) -> bool:
    dated = registry().first_runs.get(chapter.notebook, {})
    expected = profile != "full" or dataset in dated or dataset not in registry().data_sets
    return expected and chapter.dataset in (None, dataset)


def ledger(runs: Runs, overlapping: NDArray[np.bool_], dataset: str) -> pd.DataFrame:
    """Every registered claim with its estimate and verdict on a data set.

    Args:
        runs: records of `grid`'s runs.
        overlapping: mask (N,) of the test videos with overlapping events.
        dataset: the data set.

    Returns:
        One row per claim (index ``claim``, its id): ``kind`` and ``chapter``; ``registered``, ``first_run``
        and ``status``, see `leap.experiments.claims.Registry`; the columns of
        `leap.experiments.estimates.estimate_table`; ``adjusted``, the p value adjusted for all claims of its
        kind; and ``verdict``.
    """
    rows = {claim.id: _registration(claim, dataset) for claim in registered_claims()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")
    table = table.join(_estimates(runs, overlapping))
    table["adjusted"] = table.groupby("kind")["p"].transform(_adjusted).where(table["p"].notna())
    return table.assign(verdict=table.apply(_verdict, axis=1))


def _registration(claim: RegisteredClaim, dataset: str) -> dict[str, str]:
    first, status = registry().first_run(claim, dataset), registry().status(claim, dataset)
    return {
        "kind": claim.kind,
        "chapter": claim.chapter or NONE,
        "registered": str(claim.registered),
        "first_run": str(first or NONE),
        "status": status if claim.chapter else NONE,
    }


def _estimates(runs: Runs, overlapping: NDArray[np.bool_]) -> pd.DataFrame:
    """The tables of estimates of all chapters."""
    tables = []
    for chapter in CLAIMING:
        start = f"{chapter.notebook}: "
        cells = {name.removeprefix(start): runs[name] for name in runs if name.startswith(start)}
        tables.append(estimate_table(chapter.notebook, cells, overlapping))
    return pd.concat([table for table in tables if len(table)])


def _adjusted(p: pd.Series) -> NDArray[np.float64]:
    """Holm's adjustment of a family; a claim without runs counts with p = 1."""
    return holm(p.fillna(1.0))


def _verdict(row: pd.Series) -> str:
    if row["chapter"] == NONE:
        return NOT_TESTABLE
    return NO_RUNS if np.isnan(row["p"]) else verdict(row["difference"], row["adjusted"])


def verdict_table(ledgers: Mapping[str, pd.DataFrame], kind: Kind = "claim") -> pd.DataFrame:
    """Verdicts and estimates on several data sets as text.

    Args:
        ledgers: data set → its `ledger`.
        kind: the kind of claims.

    Returns:
        One row per claim of the kind (index ``claim``, its text): for each data set the verdict, see
        `marked_verdict`, and the estimate; and the claim's ``source``.
    """
    claims = [claim for claim in registered_claims() if claim.kind == kind]
    columns = {}
    for dataset, table in ledgers.items():
        title, rows = dataset_title(dataset), table.loc[[claim.id for claim in claims]]
        columns[title] = rows.apply(marked_verdict, axis=1)
        columns[f"{title}, estimate"] = rows.apply(estimate, axis=1)
    found = pd.DataFrame(columns).assign(source=[claim.source for claim in claims])
    return found.set_axis([claim.text for claim in claims], axis="index").rename_axis("claim")


def headline_panels(ledgers: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, pd.DataFrame]]:
    """The claims of `HEADLINE` on every data set, for `leap.visualization.effects.effect_plot`."""
    return {
        title: {
            dataset_title(dataset): table.loc[list(claims.values())].set_axis(list(claims), axis="index")
            for dataset, table in ledgers.items()
        }
        for title, claims in HEADLINE.items()
    }


def marked_verdict(row: pd.Series) -> str:
    """The verdict of a row of a `ledger`, with `MARK` if it has an estimate and was registered afterwards."""
    late = row["status"] == AFTERWARDS and not np.isnan(row["p"])
    return row["verdict"] + f" {MARK}" * late


def estimate(row: pd.Series) -> str:
    """The estimate of a row of a `ledger` with its interval; a dash without runs."""
    known = {name: row[name] for name in ("difference", "low", "high")}
    return NONE if np.isnan(row["p"]) else format_difference(known)


def detail_table(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a `ledger` that have an estimate, as text: what their verdicts rest on, and both dates."""
    found, texts = table[table["p"].notna()], {claim.id: claim.text for claim in registered_claims()}
    parts = {TITLES[part]: found[part].map(_part) for part in PRIMARY_PARTS}
    columns = {
        "estimate": found.apply(estimate, axis=1),
        **parts,
        "p": found["p"].map(format_p),
        "adjusted p": found["adjusted"].map(format_p),
        "detectable": found["detectable"].map("{:.1f}".format),
        "seeds": found["n"].map("{:.0f}".format),
        **{name.replace("_", " "): found[name] for name in ("registered", "first_run", "status")},
    }
    return pd.DataFrame(columns).rename(index=texts)


def _part(value: float) -> str:
    """One of the four parts of an estimate; a dash for claims about other measures."""
    return NONE if np.isnan(value) else f"{value:+.1f}".replace("-", "−")


def tally(table: pd.DataFrame, dataset: str) -> str:
    """A sentence with the number of claims per verdict on a data set, and of those registered afterwards."""
    claims = table[table["kind"] == "claim"]
    found = claims[claims["p"].notna()]
    counts = ", ".join(f"{(found['verdict'] == name).sum()} {name}" for name in WORDS)
    late = (found["status"] == AFTERWARDS).sum()
    return (
        f"On {dataset_title(dataset)}, {len(found)} of {len(claims)} claims have runs: {counts}. "
        f"Of these {len(found)}, {late} were registered after the first run."
    )


def overhead_table(folder: Path) -> pd.DataFrame:
    """Cost of LEAP's decoder at published sizes: a preset with it divided by the one with MMIL.

    Args:
        folder: folder of the benchmarks' tables.

    Returns:
        One row per encoder: ratios of parameters, operations, and times of parsing and of a training step.
    """
    cost = pd.read_csv(folder / "cost.csv", index_col="preset")
    on_cpu = cost.loc[cost["device"] == "cpu", ["parameters", "GFLOP", "parse ms", "train ms"]]
    rows = {encoder: on_cpu.loc[leap] / on_cpu.loc[mmil] for encoder, (leap, mmil) in COSTS.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("encoder")
