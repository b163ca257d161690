"""The ledger: claims and limitations stated by the paper, and claims of our own, with verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import (
    audit,
    blocks,
    encoders,
    labels,
    leap_vs_mmil,
    losses,
    pseudo_labels,
    systems,
)
from leap.experiments.compare import holm, paired_difference
from leap.experiments.grid import SHIPPED, Profile
from leap.experiments.records import Record
from leap.experiments.tables import (
    SUMMARY_SCORES,
    TITLES,
    Runs,
    format_difference,
    format_p,
    pair_table,
    paired,
    seed_pairs,
)
from leap.experiments.verdicts import verdict

PAPER = "summary of arXiv 2407.08126"
PRINTED = "published results, see the chapter on LLP"
OURS = "ours, not the paper's"
ADDED = "ours, added after its results"

MEASURED = {
    "similarity_correlation": "correlation of similarity and EIoU",
    "peak_audio": "peak inside its event, audio",
    "peak_visual": "peak inside its event, visual",
    "separation_audio_2": "AUC of presence, audio",
    "separation_visual_2": "AUC of presence, visual",
    "audio_2: ap": "average precision, audio",
    "visual_2: ap": "average precision, visual",
}
"""Measure other than a score → title: a diagnostic, or ``<part>: <measure>`` of a record's segments."""

MAIN = leap_vs_mmil.CHAPTER
"""The chapter on which most claims rest."""

BETTER = "Under L_basic, LEAP's decoder parses better than MMIL"
"""The main claim, which is restricted to systems trained with L_basic."""

OTHER_LOSS = audit.side_names("VALOR: streams")[1]
"""MMIL on one HAN layer, trained with VALOR's loss: a system of ``21_audit``."""

OTHER_LOSS_RUN = f"{audit.CHAPTER.notebook}: {OTHER_LOSS}"
"""Name of `OTHER_LOSS` in the ledger's grid."""


@dataclass(frozen=True)
class Claim:
    """A claim that a difference is above 0.

    Attributes:
        text: the claim.
        source: its source.
        chapter: the chapter that measures it; None where it cannot be measured here.
        system: the system that is claimed to be better.
        baseline: the system with which it is compared.
        measure: a score, or one of `MEASURED`.
        against: for one of `MEASURED`, the baseline's measure or a constant × 100; empty if it is the same.
        published: the published difference × 100 on LLP; empty where none is known.
        overlapping: whether only videos with overlapping events are scored; applies to scores only.
    """

    text: str
    source: str
    chapter: Chapter | None = None
    system: str = ""
    baseline: str = ""
    measure: str = "evt_event"
    against: str | float = ""
    published: str = ""
    overlapping: bool = False

    def names(self) -> tuple[str, ...]:
        """The systems that the claim compares."""
        return tuple(dict.fromkeys((self.system, self.baseline or self.system)))

    def run_name(self, system: str) -> str:
        """Name of a system of the claim in the ledger's grid."""
        return f"{self.notebook}: {system}"

    @property
    def notebook(self) -> str:
        """Name of the notebook that measures the claim; empty where it cannot be measured here."""
        return self.chapter.notebook if self.chapter else ""


def _claims() -> list[Claim]:
    parts = [*_number_of_blocks(), *_similarity_loss(), *_meaning_of_labels()]
    return [*_decoder(), *_systems(), *parts, *_evidence(), *_limitations()]


def _decoder() -> list[Claim]:
    gains = {"seg_type": "+2.6", "seg_event": "+3.0", "evt_type": "+3.1", "evt_event": "+4.4"}
    pyramid = ("MM-Pyr, LEAP", "MM-Pyr, MMIL")
    found = [
        Claim(f"{BETTER}, on MM-Pyr", PAPER, encoders.CHAPTER, *pyramid, score, published=gain)
        for score, gain in gains.items()
    ]
    for encoder in ("HAN", "VALOR"):
        mmil, leap = encoders.PAIRS[encoder]
        found.append(Claim(f"{BETTER} on any encoder: {encoder}", PAPER, encoders.CHAPTER, leap, mmil))
    layers = f"{BETTER} with as many blocks: more layers do not explain the gain"
    return [*found, *_overlap(), Claim(layers, OURS, MAIN, "LEAP", "MMIL + 2 blocks")]


def _overlap() -> list[Claim]:
    pair, gain = ("LEAP", "MMIL"), "+1.7, mean of unnamed scores"
    ranks = "Under L_basic, LEAP ranks events better than MMIL where two of a modality overlap"
    return [
        Claim(f"{BETTER} where events overlap", PAPER, MAIN, *pair, published=gain, overlapping=True),
        *(Claim(f"{ranks}: {name}", ADDED, MAIN, *pair, f"{name}_2: ap") for name in ("audio", "visual")),
    ]


def _systems() -> list[Claim]:
    printed = {"HAN": "+9.4", "VALOR": "+3.2", "CMPAE": "+1.7"}
    return [
        Claim(
            f"LEAP (on MM-Pyr) parses better than {name}, each as released",
            PRINTED,
            systems.CHAPTER,
            "LEAP, own",
            f"{name}, own",
            published=gain,
        )
        for name, gain in printed.items()
    ]


def _number_of_blocks() -> list[Claim]:
    chapter = (blocks.CHAPTER, "N = 2")
    return [
        Claim("Two blocks are better than one", PAPER, *chapter, "N = 1"),
        Claim("Two blocks are better than three", PAPER, *chapter, "N = 3"),
    ]


def _similarity_loss() -> list[Claim]:
    chapter, pyramid = losses.CHAPTER, losses.PYRAMID
    leap, mmil = (chapter, "LEAP, λ = 1", "LEAP"), (chapter, "MMIL, λ = 1", "MMIL")
    on_pyramid = (chapter, f"{pyramid}, λ = 1", pyramid)
    return [
        Claim("L_avss helps LEAP, on MM-Pyr", PAPER, *on_pyramid, published="about +1.0"),
        Claim("L_avss helps LEAP, on HAN", PAPER, *leap),
        Claim("L_avss helps MMIL, on HAN", PAPER, *mmil),
        Claim("L_avss makes similarity follow the EIoU", PAPER, *leap, "similarity_correlation"),
    ]


def _meaning_of_labels() -> list[Claim]:
    differ = "Labels have to differ: random orthogonal ones are better than near-identical ones"
    return [
        Claim("GloVe vectors of the class names are better than random ones", PAPER),
        Claim(differ, OURS, labels.CHAPTER, "random orthogonal", "near-identical"),
    ]


def _evidence() -> list[Claim]:
    found = []
    for modality in ("audio", "visual"):
        peak, chance = f"peak_{modality}", f"chance_{modality}"
        looks = f"A label embedding attends to the segments of its event, {modality}"
        tells = f"A refined label embedding indicates whether its event occurs, {modality}"
        found += [
            Claim(f"{looks}: more than by chance", PAPER, MAIN, "LEAP", "LEAP", peak, chance),
            Claim(f"{looks}: more than MMIL's time weights", PAPER, MAIN, "LEAP", "MMIL", peak),
            Claim(tells, PAPER, MAIN, "LEAP", "LEAP", f"separation_{modality}_2", 50.0),
        ]
    return found


def _limitations() -> list[Claim]:
    chapter, with_avss = pseudo_labels.CHAPTER, pseudo_labels.WITH_AVSS
    clean = pseudo_labels.CLEAN
    found = []
    for noise in pseudo_labels.STRONG:
        text = f"Limitation: it depends on good pseudo-labels ({noise} cost score)"
        found.append(Claim(text, PAPER, chapter, f"{with_avss}, {clean}", f"{with_avss}, {noise}"))
        text = f"{BETTER} with {noise}, too"
        found.append(Claim(text, ADDED, chapter, f"LEAP, {noise}", f"MMIL, {noise}"))
        text = f"Weighing L_avss by confidence helps against {noise}"
        confident = f"{pseudo_labels.CONFIDENT}, {noise}"
        found.append(Claim(text, OURS, chapter, confident, f"{with_avss}, {noise}"))
    return found


CLAIMS = _claims()


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of other chapters on which claims rest, as ``chapter: system``.

    On the shipped data set, `OTHER_LOSS` is added, which probes the main claim beyond L_basic.
    """
    runs: Grid = {}
    for claim in CLAIMS:
        if claim.chapter:
            found = claim.chapter.grid(profile, dataset)
            runs |= {claim.run_name(name): found[name] for name in claim.names()}
    if dataset == SHIPPED:
        runs[OTHER_LOSS_RUN] = audit.grid(profile, dataset)[OTHER_LOSS]
    return runs


CHAPTER = Chapter("30_ledger", grid)


def ledger(runs: Runs, overlapping: NDArray[np.bool_]) -> pd.DataFrame:
    """Every claim with its measurement and its verdict, by the rule of `leap.experiments.verdicts`.

    The p values that decide are adjusted for the number of claims that could be tested.

    Args:
        runs: records of `grid`'s runs.
        overlapping: mask (N,) of the test videos with overlapping events.

    Returns:
        One row per claim: ``claim``, ``published``, ``source``, ``measured`` (title of the measure),
        ``chapter``, the columns of `leap.experiments.compare.Difference.row` and ``adjusted`` (the adjusted p
        value), which are NaN where nothing could be measured, and ``verdict``.
    """
    rows = [_row(claim, runs, overlapping) for claim in CLAIMS]
    tested = [row for row in rows if row["measured"]]
    for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row |= {"adjusted": p, "verdict": verdict(row["difference"], p)}
    return pd.DataFrame(rows)


def other_loss(runs: Runs) -> pd.DataFrame:
    """MMIL trained with VALOR's loss minus LEAP trained with L_basic, paired, in the four summary scores.

    Args:
        runs: records of `grid`'s runs on the shipped data set.

    Returns:
        One row per score, in the form of `leap.experiments.tables.pair_table`.
    """
    pair = (OTHER_LOSS_RUN, f"{MAIN.notebook}: LEAP")
    return pair_table(runs, {"MMIL with VALOR's loss": pair}, SUMMARY_SCORES)


def other_loss_in_words(table: pd.DataFrame) -> str:
    """The differences of `other_loss` in a sentence, without a verdict."""
    parts = []
    for row in table.reset_index().to_dict("records"):
        difference = format_difference({name: row[name] for name in ("difference", "low", "high")})
        parts.append(f"{TITLES[row['score']]} {difference}")
    seeds = int(table["n"].iloc[0])
    return (
        f"MMIL with VALOR's loss minus LEAP with L_basic: {', '.join(parts)}; "
        f"{seeds} paired seed{'s' * (seeds != 1)} (21_audit)."
    )


def _row(claim: Claim, runs: Runs, overlapping: NDArray[np.bool_]) -> dict[str, Any]:
    """A row of `ledger` without what depends on the other rows."""
    row: dict[str, Any] = {"claim": claim.text, "published": claim.published, "source": claim.source}
    if claim.chapter is None:
        return row | {"measured": "", "chapter": "", "verdict": "not testable here"}
    ours, theirs = (runs[claim.run_name(name)] for name in (claim.system, claim.baseline))
    if claim.measure in TITLES:
        difference = paired(ours, theirs, claim.measure, overlapping if claim.overlapping else None)
    else:
        difference = _paired_measure(ours, theirs, claim)
    return row | {"measured": (TITLES | MEASURED)[claim.measure], "chapter": claim.notebook} | difference


def _paired_measure(ours: Sequence[Record], theirs: Sequence[Record], claim: Claim) -> dict[str, float]:
    """Difference × 100 of a measure over common seeds, with its interval over seeds."""
    pairs, against = seed_pairs(ours, theirs), claim.against or claim.measure
    first = np.array([[_measure(a, claim.measure)] for a, _ in pairs])  # (seeds, 1)
    second = np.array([[_measure(b, against)] for _, b in pairs])
    return paired_difference(first, second).row


def _measure(record: Record, name: str | float) -> float:
    """A measure of `MEASURED` as a fraction, or a constant that is given × 100."""
    if isinstance(name, float):
        return name / 100
    part, _, measure = name.rpartition(": ")
    value = record.segments[part][measure] if part else record.diagnostics[name]
    return value if name.startswith("similarity") else value / 100


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The ledger as text, indexed by verdict: claim, published result with its source, measurement."""
    rows = []
    for _, row in table.iterrows():
        measured = "–"
        if row["measured"]:
            seeds = f"{row['n']:.0f} seed{'s' * (row['n'] != 1)}"
            difference = format_difference({name: row[name] for name in ("difference", "low", "high")})
            adjusted = f"adjusted {format_p(row['adjusted'])}"
            measured = f"{row['measured']}: {difference}, {adjusted}, {seeds} ({row['chapter']})"
        published = f"{row['published']} ({row['source']})" if row["published"] else row["source"]
        rows.append({"claim": row["claim"], "published on LLP": published, "measured": measured})
    return pd.DataFrame(rows, index=pd.Index(table["verdict"], name="verdict"))


def tally(table: pd.DataFrame) -> str:
    """A sentence with the number of claims per verdict."""
    counts = table["verdict"].value_counts()
    return f"Of {len(table)} entries: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + "."
