import pandas as pd

from leap.experiments.leaders import leaders_in_words


def test_the_highest_line_is_named_at_every_place():
    index = pd.Index([500, 2_000, 10_000])
    lines = {
        name: pd.DataFrame({"mean": means}, index) for name, means in {"A": [1, 5, 3], "B": [2, 4, 1]}.items()
    }
    assert leaders_in_words({"25 classes": lines}) == (
        "25 classes: the highest mean is that of B at 500 and that of A at 2,000 and 10,000."
    )
