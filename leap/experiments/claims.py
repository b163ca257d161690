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

Kind = Literal["claim", "sanity check", "limitation"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RegisteredClaim:
    """A claim that a contrast of cells is above a constant.

    Attributes:
        id: short name.
        registered: day on which it was committed, before the first run of its grid.
        text: the claim.
        source: where it comes from: a place in the paper, or ours.
        kind: whether it is a claim, a sanity check that could hardly fail, or a limitation.
        chapter: notebook whose grid has the cells.
        contrast: cell → weight.
        scores: measure → weight, see `values`; by default the primary measure.
        above: the constant, × 100; 0 unless the contrast is of one cell.
        overlapping: whether the contrast is that on videos with overlapping events minus that on the others.
    """

    id: str
    registered: date
    text: str
    source: str
    kind: Kind
    chapter: str
    contrast: dict[str, float]
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
            runs: cell → records of paired seeds.
            overlapping: mask (videos,) of the videos with overlapping events.
        """
        terms = [
            weight * share * np.stack([values(record, measure) for record in runs[cell]])
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
            such as ``"audio_2: ap"``; or a diagnostic in percent.
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


@cache
def registered_claims(chapter: str = "") -> tuple[RegisteredClaim, ...]:
    """Registered claims, in the order of ``claims.yaml``.

    Args:
        chapter: notebook whose grid has the cells; empty for the claims of all chapters.
    """
    text = (files("leap.experiments") / "claims.yaml").read_text(encoding="utf-8")
    entries = require("yaml", "book").safe_load(text)["claims"]
    claims = TypeAdapter(tuple[RegisteredClaim, ...]).validate_json(json.dumps(entries, default=str))
    return tuple(claim for claim in claims if chapter in ("", claim.chapter))
