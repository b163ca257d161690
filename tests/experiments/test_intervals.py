import numpy as np
import pandas as pd

from leap.experiments.intervals import intervals_in_words


def effects(**rows):
    found = pd.DataFrame({"difference": rows.values()}, index=rows.keys(), dtype=float)
    return found.assign(low=found["difference"] - 1, high=found["difference"] + 1)


def test_few_intervals_are_named_and_many_are_counted():
    panels = {"seg A": {"": effects(a=2, b=0, c=3)}, "evt V": {"": effects(a=2, b=0, c=3, d=4, e=-0.5)}}
    assert intervals_in_words(panels) == (
        "Segment-level A: the interval is above 0 for a and c and includes 0 for b. "
        "Event-level V: of 5 intervals, 3 are above 0 and none is below 0."
    )


def test_series_are_named_and_rows_without_interval_passed_over():
    unknown = effects(b=9).assign(low=np.nan, high=np.nan)
    panels = {"": {"MMIL": pd.concat([effects(a=-2), unknown])}, "none": {"": unknown}}
    assert intervals_in_words(panels) == "The interval is below 0 for MMIL, a."
