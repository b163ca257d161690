import pandas as pd

from leap.visualization.alternatives import curve_text, dot_text, effect_text

ROWS = pd.DataFrame({"difference": [1.0, 60.0], "low": [0.0, 59.0], "high": [2.0, 61.0]}, index=["a", "b"])


def test_effects_are_described_by_panels_rows_and_series():
    text = effect_text(
        {"seg A": {"MMIL": ROWS, "LEAP": ROWS}, "evt V": {"LEAP": ROWS}}, "gain\n(right of 0: LEAP)"
    )
    assert text == (
        "Points with intervals, gain (right of 0: LEAP): 2 panels below one another (seg A and evt V), with "
        "a vertical line at 0. The rows are a and b. Colours and markers distinguish MMIL and LEAP. Off "
        "scale, and written at the edge: b."
    )
    assert effect_text({"": {"": ROWS[:1]}}, "gain") == (
        "Points with intervals, gain: one panel, with a vertical line at 0. The rows are a."
    )


def test_curves_and_dots_are_described():
    line = pd.DataFrame({"mean": [1.0]}, index=pd.Index([1], name="videos"))
    assert curve_text({"25 classes": {"MMIL": line, "LEAP": line}}, "score") == (
        "Line plot of score by videos: one panel (25 classes), with a line for MMIL and LEAP and error "
        "bars of one standard deviation."
    )
    table = pd.DataFrame({"chance": [1.0, 2.0], "GloVe": 3.0}, index=["dog, sea", "rain"])
    assert dot_text({"audio": table}, "precision") == (
        "Dot plot of precision: one panel (audio), with a row for dog, sea; and rain, and in each row a "
        "marker for chance and GloVe."
    )
