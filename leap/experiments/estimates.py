"""Estimates of registered claims from the records of one chapter; the ledger judges the claims of all."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.experiments.claims import RegisteredClaim, registered_claims
from leap.experiments.compare import table_difference
from leap.experiments.records import PRIMARY_PARTS
from leap.experiments.tables import Runs, format_difference, format_p


def claims_of(chapter: str, cells: Iterable[str]) -> list[RegisteredClaim]:
    """The claims of a chapter that compare only cells which have runs."""
    made = set(cells)
    return [claim for claim in registered_claims(chapter) if set(claim.contrast) <= made]


def estimate_table(chapter: str, runs: Runs, overlapping: NDArray[np.bool_]) -> pd.DataFrame:
    """Every registered claim of a chapter with its estimate, before the adjustment for the number of claims.

    Args:
        chapter: its notebook.
        runs: cell → records.
        overlapping: mask (N,) of the videos with overlapping events.

    Returns:
        One row per claim with runs (index ``claim``, its id): ``difference``, ``low``, ``high``, ``p``,
        ``detectable``, ``n``, and the estimate in the four parts of the primary measure, which are NaN for
        claims about other measures.
    """
    rows = {
        claim.id: table_difference(claim.table(runs, overlapping)).row
        | {part: _part(claim, runs, overlapping, part) for part in PRIMARY_PARTS}
        for claim in claims_of(chapter, runs)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")


def _part(claim: RegisteredClaim, runs: Runs, overlapping: NDArray[np.bool_], part: str) -> float:
    """The claim in one part of the primary measure, × 100."""
    if not claim.is_primary:
        return float("nan")
    return 100 * float(replace(claim, scores={part: 1.0}).table(runs, overlapping).mean())


def estimates_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`estimate_table` as text, by claim: estimate with interval, p, what can be detected, source."""
    claims = {claim.id: claim for claim in registered_claims()}
    rows = [
        {
            "claim": claims[row["claim"]].text,
            "estimate": format_difference({name: row[name] for name in ("difference", "low", "high")}),
            "p": format_p(row["p"]),
            "detectable difference": f"{row['detectable']:.1f}",
            "source": claims[row["claim"]].source,
        }
        for row in table.reset_index().to_dict("records")
    ]
    return pd.DataFrame(rows).set_index("claim")


def tally(table: pd.DataFrame) -> str:
    """A sentence that counts the intervals of `estimate_table` above and below 0."""
    counts = counted(table.apply(direction, axis=1))
    return f"Of the intervals of {len(table)} registered claims, not adjusted for their number, {counts}."


def counted(directions: pd.Series) -> str:
    """How many intervals lie on each side of 0, such as '3 are above 0 and none is below 0'.

    Args:
        directions: `direction` of every interval.
    """
    numbers = {where: int((directions == where).sum()) for where in ("above 0", "below 0")}
    return " and ".join(
        f"{number or 'none'} {'is' if number < 2 else 'are'} {where}" for where, number in numbers.items()
    )


def direction(row: Mapping[Any, float]) -> str:
    """Where the 95 % interval of an estimate lies: ``"above 0"``, ``"below 0"`` or ``"includes 0"``."""
    if row["low"] > 0:
        return "above 0"
    return "below 0" if row["high"] < 0 else "includes 0"
