"""Registered claims: what is compared, by which measure, and since when; ``claims.yaml`` states the rules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from leap.config import STRICT
from leap.errors import require
from leap.experiments.records import PRIMARY, Record
from leap.experiments.tables import common_seeds

Kind = Literal["claim", "sanity check", "limitation"]
Role = Literal["replication", "confirmation"]

AFTERWARDS = "registered afterwards"
"""Status of a claim that is younger than the records on which it rests."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RegisteredClaim:
    """A claim that a contrast of cells is above a constant.

    Attributes:
        id: short name.
        registered: day on which it was committed.
        text: the claim.
        source: where it comes from: a place in the paper, or ours.
        kind: whether it is a claim, a sanity check that could hardly fail, or a limitation.
        chapter: notebook whose grid has the cells; empty if the claim cannot be tested here.
        contrast: cell → weight.
        scores: measure → weight, see `values`; by default the primary measure.
        above: the constant, × 100: a level if the contrast is of one cell; below 0, a margin by which the
            contrast may miss 0.
        overlapping: whether the contrast is that on videos with overlapping events minus that on the others.
    """

    id: str
    registered: date
    text: str
    source: str
    kind: Kind
    chapter: str = ""
    contrast: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=lambda: {PRIMARY: 1.0})
    above: float = 0.0
    overlapping: bool = False

    @property
    def is_primary(self) -> bool:
        """Whether the claim is about the primary measure."""
        return set(self.scores) == {PRIMARY}

    def table(
        self, runs: Mapping[str, Sequence[Record]], overlapping: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """The contrast of every seed and video, whose mean is the estimate, (seeds, videos).

        Measures that have one value per run give one column, (seeds, 1).

        Args:
            runs: cell → records; seeds that not all cells of the contrast have are left out.
            overlapping: mask (videos,) of the videos with overlapping events.

        Raises:
            LeapError: the cells have no seed in common.
        """
        records = common_seeds({cell: runs[cell] for cell in self.contrast})
        terms = [
            weight * share * np.stack([values(record, measure) for record in records[cell]])
            for cell, weight in self.contrast.items()
            for measure, share in self.scores.items()
        ]
        contrast = np.sum(terms, axis=0) - self.above / 100
        return group_contrast(contrast, overlapping) if self.overlapping else contrast


def values(record: Record, measure: str) -> NDArray[np.float64]:
    """A measure of a run in 0…1: of every video, (N,), or one value for the run, (1,).

    Args:
        record: the run's record.
        measure: a score or the primary measure; ``"<part>: <name>"``, a measure of the segments of a part,
            such as ``"audio_2: ap"``; or a diagnostic, which is taken as a percentage.
    """
    part, _, name = measure.rpartition(": ")
    if part:
        return np.array([record.segments[part][name] / 100])
    if measure in record.diagnostics:
        return np.array([record.diagnostics[measure] / 100])
    return record.scores(measure)


def group_contrast(table: NDArray[np.float64], group: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A table, (seeds, videos), whose mean is that over the videos of a group minus that over the others.

    Videos vary around the mean of their own group, so the difference between the groups does not count as
    variation of videos.

    >>> table = np.array([[1.0, 3.0, 7.0], [1.0, 5.0, 7.0]])
    >>> float(group_contrast(table, np.array([True, True, False])).mean())
    -4.5
    """
    difference = table[:, group].mean() - table[:, ~group].mean()
    centered = table - np.where(group, table[:, group].mean(), table[:, ~group].mean())
    weights = np.where(group, 1 / group.mean(), -1 / (~group).mean())
    return centered * weights + difference


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Registry:
    """The content of ``claims.yaml``.

    Attributes:
        data_sets: data set → what a claim that was registered before its runs on it gives.
        first_runs: chapter → data set → day on which the chapter's first records on it were committed.
        claims: the claims.
    """

    data_sets: dict[str, Role]
    first_runs: dict[str, dict[str, date]]
    claims: tuple[RegisteredClaim, ...]

    def first_run(self, claim: RegisteredClaim, dataset: str) -> date | None:
        """Day of the first committed records of a claim's chapter on a data set; None if there are none."""
        return self.first_runs.get(claim.chapter, {}).get(dataset)

    def status(self, claim: RegisteredClaim, dataset: str) -> str:
        """What a claim's result on a data set is: `AFTERWARDS`, or the role of the data set.

        Data sets without a role are ``"exploration"``.
        """
        first = self.first_run(claim, dataset)
        afterwards = first is not None and first < claim.registered
        return AFTERWARDS if afterwards else self.data_sets.get(dataset, "exploration")


@cache
def registry() -> Registry:
    """The registered claims with their dates."""
    return parse_registry((files("leap.experiments") / "claims.yaml").read_text(encoding="utf-8"))


def parse_registry(text: str) -> Registry:
    """Read the text of ``claims.yaml``."""
    entries = require("yaml", "book").safe_load(text)
    return TypeAdapter(Registry).validate_json(json.dumps(entries, default=str))


def registered_claims(chapter: str = "") -> tuple[RegisteredClaim, ...]:
    """Registered claims, in the order of ``claims.yaml``.

    Args:
        chapter: notebook whose grid has the cells; empty for the claims of all chapters.
    """
    return tuple(claim for claim in registry().claims if chapter in ("", claim.chapter))
