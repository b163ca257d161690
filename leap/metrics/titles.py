"""Titles of the ten scores in tables and figures, and the scores that sum them up."""

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
    return TITLES[score].replace("seg", "segment-level").replace("evt", "event-level")
