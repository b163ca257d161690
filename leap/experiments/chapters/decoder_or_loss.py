"""Decoder or loss? Decoder × source of the video probabilities × loss × encoder, with registered claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.data.store import FeatureStore
from leap.experiments.cells import (
    CELLS,
    DESIGN,
    Cell,
    Settings,
    chosen_settings,
    has_settings,
    is_available,
    profile_config,
    search_configs,
)
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.claims import RegisteredClaim, registered_claims
from leap.experiments.compare import Difference, mean_squares, paired_difference
from leap.experiments.estimates import direction, tally
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, searched, with_seeds
from leap.experiments.records import PRIMARY, Record, pick
from leap.experiments.tables import Runs, format_difference, paired, seed_pairs
from leap.inference.readings import TEACHER_READING
from leap.metrics import overlapping_videos

if TYPE_CHECKING:
    from leap.experiments.study import Study

SEEDS_ON = {"HAN": CLAIM_SEEDS, "MM-Pyr": SEEDS}
"""Encoder → number of seeds of its cells."""

CHOSEN = (
    "Chosen on val: on HAN, the same eight trials for every cell, two seeds each; on MM-Pyr, three learning "
    "rates, one seed each, with the other settings of the cell on HAN. Winning ends are extended."
)
"""The search for settings in words."""

SETTINGS = {"lr": "learning rate", "heads": "heads, decoder", "encoder_heads": "heads, encoder"}
"""Setting → its title."""

PROTOCOL = "protocol"
"""The reading of the protocol, which decides; `leap.inference.readings.readings` describes the others."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every cell for which settings were chosen, or of every cell at profiles without a search."""
    return {
        name: with_seeds(profile_config(cell, profile, dataset), profile, SEEDS_ON[cell.encoder])
        for name, cell in CELLS.items()
        if is_available(cell, profile, dataset)
    }


NOTEBOOK = "14_decoder_or_loss"
CHAPTER = Chapter(NOTEBOOK, grid)


def reading_table(runs: Runs) -> pd.DataFrame:
    """Primary measure of every cell under every reading of its probabilities, means over seeds.

    Returns:
        One row per cell; columns ``protocol`` and the readings.
    """
    rows = {}
    for cell, records in runs.items():
        rows[cell] = {PROTOCOL: np.mean([record.primary for record in records])}
        rows[cell] |= {
            name: np.mean([record.primary_under(name) for record in records]) for name in _own(records[0])
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("cell")


def gain_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus MMIL in the primary measure, by encoder, loss, coupling of both decoders, and reading.

    The protocol's interval is that of seeds and videos; those of other readings are of seeds only, because
    records hold no scores per video for them.

    Returns:
        Index ``encoder``, ``loss``, ``video`` (of LEAP, of MMIL) and ``reading``; columns as in
        `leap.experiments.tables.pair_table`.
    """
    rows = []
    for mmil, leap in _decoder_pairs(runs):
        names, records = (
            (leap.encoder, leap.loss, f"{leap.video}, {mmil.video}"),
            (runs[leap.name], runs[mmil.name]),
        )
        rows.append((*names, PROTOCOL, paired(*records, PRIMARY)))
        rows += [(*names, reading, _paired_reading(*records, reading)) for reading in _own(records[0][0])]
    index = pd.MultiIndex.from_tuples(
        [row[:4] for row in rows], names=["encoder", "loss", "video", "reading"]
    )
    return pd.DataFrame([row[4] for row in rows], index=index)


def detectable_table(records: Sequence[Record], store: FeatureStore, encoder: str) -> pd.DataFrame:
    """Minimal detectable difference of every claim on the test split, from runs scored on val.

    The variance components of a claim's contrast are estimated from the search's runs, which have two seeds
    for each of the eight settings that all cells tried, and pooled over the settings.

    Args:
        records: the records of the search.
        store: their data set.
        encoder: encoder of the cells.

    Returns:
        One row per claim (index ``claim``): the standard deviations ``seeds``, ``videos`` and ``residual``,
        and ``detectable``, all × 100.
    """
    overlapping = overlapping_videos(*store.videos("val").truth())
    rows = {}
    for claim in registered_claims(NOTEBOOK):
        if all(CELLS[name].encoder == encoder for name in claim.contrast):
            tables = [
                100 * claim.table(_tried(records, claim, settings, store), overlapping) for settings in DESIGN
            ]
            rows[claim.id] = _detectable(tables, SEEDS_ON[encoder], store.splits["test"])
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")


def _tried(
    records: Sequence[Record], claim: RegisteredClaim, settings: Settings, store: FeatureStore
) -> dict[str, list[Record]]:
    """Cell of a claim → its records of the search at given settings, one per seed."""
    configs = {name: search_configs(CELLS[name], store.dataset, settings) for name in claim.contrast}
    return {name: pick(records, seeds, store.checksum) for name, seeds in configs.items()}


def _detectable(tables: Sequence[NDArray[np.float64]], seeds: int, videos: int) -> dict[str, float]:
    """Components of variance, pooled over tables, and the difference that seeds × videos can detect."""
    squares = np.mean([mean_squares(table)[0] for table in tables], axis=0)  # of seeds, videos and residual
    n_seeds, n_videos = tables[0].shape
    variances = np.maximum((squares[:2] - squares[2]) / [n_videos, n_seeds], 0)
    error = np.sqrt(variances[0] / seeds + variances[1] / videos + squares[2] / (seeds * videos))
    deviations = dict(zip(("seeds", "videos", "residual"), np.sqrt([*variances, squares[2]]), strict=True))
    return deviations | {"detectable": Difference(0.0, float(error), seeds - 1, seeds, np.nan).detectable}


def _decoder_pairs(runs: Iterable[str]) -> list[tuple[Cell, Cell]]:
    """Cells with MMIL and with LEAP that share encoder and loss, for all couplings of both."""
    cells = [CELLS[name] for name in runs]
    return [
        (mmil, leap)
        for mmil in cells
        for leap in cells
        if (mmil.decoder, leap.decoder) == ("MMIL", "LEAP")
        and (mmil.encoder, mmil.loss) == (leap.encoder, leap.loss)
    ]


def _own(record: Record) -> list[str]:
    """The readings of the parser's own probabilities, which a record of any age holds."""
    return [name for name in record.readings if name != TEACHER_READING]


def _paired_reading(records: Sequence[Record], baseline: Sequence[Record], reading: str) -> dict[str, float]:
    """Paired difference in the primary measure under a reading, with the interval of seeds only."""
    ours, theirs = (
        np.array([[record.primary_under(reading) / 100] for record in side])
        for side in zip(*seed_pairs(records, baseline), strict=True)
    )
    return paired_difference(ours, theirs).row


def conclusion(table: pd.DataFrame, dataset: str) -> str:
    """What the chapter's estimates say on a data set, with the table's numbers."""
    said = {
        name: format_difference(dict(table.loc[name, ["difference", "low", "high"]])) for name in table.index
    }
    where = _lies(table.apply(direction, axis=1)["interaction-han"])
    return (
        f"On {dataset}, LEAP minus MMIL in the primary measure is {said['gain-han']} under L_basic and "
        f"{said['gain-valor-loss']} under VALOR's loss, each decoder with the video probabilities that it "
        "was published with. The registered contrast, by how much the gain is larger under L_basic, is "
        f"{said['interaction-han']}; its interval {where}. {tally(table)}"
    )


def _lies(where: str) -> str:
    """A `leap.experiments.estimates.direction` as a predicate."""
    return where if where == "includes 0" else f"is {where}"


def published_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `gain_table` at the protocol, one per loss and coupling, labeled for a figure."""
    part = table[table.index.get_level_values("reading") == PROTOCOL]
    labels = [f"{encoder}, {loss}; {_couplings(video)}" for encoder, loss, video, _ in part.index]
    return part.set_axis(labels, axis="index")


def gains_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`gain_table` as text: a row per encoder, loss and coupling of both decoders, a column per reading."""
    text = table.apply(format_difference, axis=1)
    readings = {name: text.xs(name, level="reading") for name in text.index.unique("reading")}
    rows = published_gains(table).index.rename("decoders compared")
    return pd.DataFrame({name: list(column) for name, column in readings.items()}, index=rows)


def detectable_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`detectable_table` with the texts of the claims and titles in words."""
    claims = {claim.id: claim.text for claim in registered_claims(NOTEBOOK)}
    deviations = {name: f"deviation, {name}" for name in ("seeds", "videos", "residual")}
    return table.rename(index=claims, columns=deviations | {"detectable": "detectable difference"})


def _couplings(video: str) -> str:
    """The sources of LEAP's and MMIL's video probabilities in words, from their names."""
    leap, mmil = video.split(", ")
    return f"both {leap}" if leap == mmil else f"LEAP {leap}, MMIL {mmil}"


def settings(study: Study) -> tuple[pd.DataFrame, str]:
    """Settings of the cells and a line that states their origin: the search on val, or the paper."""
    if not searched(study.made_at):
        return study.settings()
    return settings_table(study.grid(), study.dataset).rename(columns=SETTINGS), CHOSEN


def settings_table(cells: Iterable[str], dataset: str) -> pd.DataFrame:
    """The settings chosen on val for every cell; no row for a cell that takes those of another data set."""
    rows = {
        name: chosen_settings(CELLS[name], dataset) for name in cells if has_settings(CELLS[name], dataset)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("cell")
