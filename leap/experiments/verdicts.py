"""Verdicts on measured differences, by the same rule for all comparisons."""

from collections.abc import Mapping, Sequence
from typing import Literal

from leap.experiments.compare import ALPHA
from leap.experiments.records import Record
from leap.experiments.tables import format_difference, paired
from leap.metrics.titles import spelled_out

Verdict = Literal["supported", "contradicted", "inconclusive"]

WORDS: dict[Verdict, str] = {
    "supported": "above",
    "contradicted": "below",
    "inconclusive": "not clearly different from",
}


def verdict(difference: float, p: float) -> Verdict:
    """Verdict on the claim that a difference is above 0, from its two-sided p value.

    The p value of a single test decides as its interval does; where several claims are judged together, their
    adjusted p values decide.

    >>> verdict(1.0, 0.01), verdict(-1.0, 0.01), verdict(1.0, 0.2)
    ('supported', 'contradicted', 'inconclusive')
    """
    if p >= ALPHA:
        return "inconclusive"
    return "supported" if difference > 0 else "contradicted"


def compare_in_words(
    runs: Mapping[str, Sequence[Record]], system: str, baseline: str, scores: Sequence[str]
) -> str:
    """A sentence that compares a system with a baseline: verdicts, differences with intervals, paired seeds.

    Args:
        runs: records by system.
        system: name of the system.
        baseline: name of the baseline.
        scores: the scores that are compared.
    """
    parts: list[str] = []
    last = ""
    for score in scores:
        difference = paired(runs[system], runs[baseline], score)
        word = WORDS[verdict(difference["difference"], difference["p"])]
        relation = "" if word == last else f"{word} {'it' if last else _quoted(baseline)} "
        parts.append(f"{relation}in {spelled_out(score)} ({format_difference(difference)})")
        last = word
    seeds = int(difference["n"])
    return f"{_quoted(system)} is {' and '.join(parts)}; {seeds} paired {'seed' if seeds == 1 else 'seeds'}."


def _quoted(name: str) -> str:
    """The name of a system in a sentence, in quotation marks where it could be taken for words of it."""
    return f"“{name}”" if ", " in name or name[0].islower() else name
