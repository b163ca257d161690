import numpy as np
import pytest

from leap.visualization.palette import WIDTH
from leap.visualization.rows import add_legend, row_places, stacked_rows


def test_every_series_has_a_line_of_its_own_and_rows_are_apart():
    places = np.concatenate(row_places({"a": 3, "b": 1, "c": 2}))
    assert (np.diff(places) >= 1).all()
    assert places[:3].tolist() == [1, 2, 3]


def test_panels_are_as_high_as_their_rows_and_long_names_are_wrapped():
    long = "a name of more than twenty-six characters"
    figure, (first, second) = stacked_rows([{"a": 1, "b": 1}, {long: 1}])
    assert (first.get_ylim(), second.get_ylim()) == ((4, 0), (3, 0))
    assert second.get_yticklabels()[0].get_text() == "a name of more than\ntwenty-six characters"
    assert figure.get_size_inches()[0] == WIDTH


@pytest.mark.parametrize(
    ("labels", "shown"), [(["a", "b"], ["a", "b"]), (["a", "a"], None), (["", "a"], None)]
)
def test_a_legend_lists_every_name_once_if_there_are_several(labels, shown):
    figure, axes = stacked_rows([{"x": 1}] * 2)
    for axis, label in zip(axes, labels, strict=True):
        axis.plot([0], [1], label=label)
    add_legend(figure, axes)
    found = [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]
    assert found == ([shown] if shown else [])
