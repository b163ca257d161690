"""Titles of the ten scores in tables and figures, the scores that sum them up, and words about them."""

from collections.abc import Iterable

TITLES = {
    "seg_a": "seg A",
    "seg_v": "seg V",
    "seg_av": "seg AV",
    "seg_type": "seg Type@AV",
    "seg_event": "seg Event@AV",
    "evt_a": "evt A",
    "evt_v": "evt V",
    "evt_av": "evt AV",
    "evt_type": "evt Type@AV",
    "evt_event": "evt Event@AV",
}
"""Title of each score, in the order of tables; ``seg`` means segment level, ``evt`` event level."""

SUMMARY_SCORES = ("seg_type", "seg_event", "evt_type", "evt_event")
"""The four summary scores: Type@AV and Event@AV, at segment and at event level."""


def spelled_out(score: str) -> str:
    """The name of a score in a sentence.

    >>> spelled_out("seg_type"), spelled_out("evt_a")
    ('segment-level Type@AV', 'event-level A')
    """
    return _levels_spelled_out(TITLES[score])


def listed(names: Iterable[str]) -> str:
    """Names as in a sentence; semicolons separate names with commas.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a, b", "c", "d"])
    ('a', 'a, b and c', 'a, b; c; and d')
    """
    *first, last = names
    if not first:
        return last
    commas = any(", " in name for name in (*first, last))
    return f"{'; '.join(first)}; and {last}" if commas else f"{', '.join(first)} and {last}"


def titled(title: str, text: str) -> str:
    """A sentence about the panel of a title, in which scores are spelled out.

    >>> titled("seg Type@AV", "all are above 0")
    'Segment-level Type@AV: all are above 0.'
    """
    sentence = f"{_levels_spelled_out(title)}: {text}." if title else f"{text}."
    return sentence[0].upper() + sentence[1:]


def _levels_spelled_out(title: str) -> str:
    return title.replace("seg ", "segment-level ").replace("evt ", "event-level ")
