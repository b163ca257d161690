"""How long a campaign is, and the table of what it did."""

import csv
import os
from collections.abc import Mapping, Sequence

from leap.io.atomic import atomic_path
from tests.tree import ROOT

LONG = os.environ.get("LEAP_SOAK") == "long"
"""Whether this is ``make soak``."""

RESULTS = ROOT / "results" / "soak"


def cases(short: int, long: int) -> int:
    """How many cases a campaign has."""
    return long if LONG else short


def publish(campaign: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep the counts of a long campaign as ``results/soak/<campaign>.csv``."""
    if not LONG:
        return
    with atomic_path(RESULTS / f"{campaign}.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
