import numpy as np
import pandas as pd

from leap.experiments.published import inconsistent_means, published
from leap.experiments.tables import TITLES


def test_every_row_has_its_source_and_a_score():
    table = published()
    assert table["source"].str.len().gt(2).all()
    assert table[list(TITLES)].notna().any(axis=1).all()
    assert set(table["kind"]) == {"system", "pseudo-labels"}
    assert table.index.is_unique
    assert len(table) == 25


def test_scores_are_percentages():
    scores = published()[list(TITLES)].to_numpy()
    assert np.nanmin(scores) > 40
    assert np.nanmax(scores) < 90


def test_what_is_printed_wrong_is_named():
    """MM-Pyr's three scores are 61.1, 60.3 and 55.8, whose mean is 59.1."""
    sentence = inconsistent_means()
    assert "MM-Pyr (segment-level Type@AV 59.7, mean of the three 59.1)" in sentence
    assert "HAN" not in sentence
    assert sentence.count("mean of the three") == 6


def test_some_rows_as_printed():
    table = published()
    assert table.loc["HAN", "evt_event"] == 48.0
    assert table.loc["MM-Pyr + LEAP", ["seg_type", "seg_event", "evt_type", "evt_event"]].tolist() == [
        64.8,
        63.6,
        60.2,
        57.4,
    ]
    assert pd.isna(table.loc["MM-Pyr + LEAP", "seg_a"])
