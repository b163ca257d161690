import numpy as np
import pandas as pd
import pytest

from leap.visualization.effects import effect_plot, off_scale_rows
from leap.visualization.palette import LEAP, MMIL, TRUTH


def effects(**rows):
    """A table of effects whose intervals have half-width 1."""
    found = pd.DataFrame({"difference": rows.values()}, index=rows.keys(), dtype=float)
    return found.assign(low=found["difference"] - 1, high=found["difference"] + 1)


def names(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


def drawn(container):
    """Places of the points of a series, and the ends of its intervals."""
    points, _, (bars,) = container
    return points.get_xdata().tolist(), [segment[:, 0].tolist() for segment in bars.get_segments()]


def test_panels_share_their_range_and_list_rows_from_the_largest_mean():
    panels = {"seg A": {"": effects(a=1, b=4, c=2)}, "evt V": {"": effects(a=1, b=1, c=3)}}
    axes = effect_plot(panels, "difference").axes
    assert [axis.get_title() for axis in axes] == ["seg A", "evt V"]
    assert [axis.get_xlabel() for axis in axes] == ["", "difference"]
    assert [names(axis) for axis in axes] == [["b", "c", "a"]] * 2
    assert axes[0].get_xlim() == axes[1].get_xlim()
    assert drawn(axes[0].containers[0]) == ([1, 4, 2], [[0, 2], [3, 5], [1, 3]])
    assert axes[0].containers[0][0].get_ydata().tolist() == [5, 1, 3]  # rows are two lines high
    for axis in axes:
        assert [line.get_xdata() for line in axis.lines if len(line.get_xdata()) == 2][-1] == [0, 0]
        assert axis.containers[0][0].get_color() == TRUTH
    assert axes[0].figure.legends == []


def test_systems_share_the_rows_of_a_panel_and_keep_their_colours():
    panels = {"first": {"MMIL": effects(a=3, b=1), "LEAP": effects(a=4)}, "second": {"LEAP": effects(b=2)}}
    figure = effect_plot(panels, "gain")
    first, second = figure.axes
    assert (names(first), names(second)) == (["a", "b"], ["b"])
    mmil, leap = (container[0] for container in first.containers)
    assert (mmil.get_color(), leap.get_color()) == (MMIL, LEAP)
    assert mmil.get_ydata().tolist() == [1, 4]
    assert leap.get_ydata().tolist() == [2]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["MMIL", "LEAP"]


def test_a_row_that_would_compress_the_others_is_written_at_the_edge():
    panels = {"seg A": {"": effects(a=1, b=0, far=-50)}}
    (axis,) = effect_plot(panels, "difference").axes
    assert names(axis) == ["a", "b", "far"]
    assert drawn(axis.containers[0])[0] == [1, 0]
    assert min(axis.get_xlim()) > -5
    (text,) = axis.texts
    assert text.get_text() == "← −50.0 [−51.0, −49.0], off scale"
    assert text.get_position()[1] == names(axis).index("far") * 2 + 1


@pytest.mark.parametrize(
    ("rows", "far"),
    [
        ({"a": 1, "b": -2}, set()),
        ({"a": 1, "b": 12}, {"b"}),  # the interval of b begins at 11, that of a ends at 2
        ({"a": 1, "b": 10.5}, set()),
        ({"a": 1, "b": -40, "c": 60}, {"b", "c"}),
        ({"a": 50}, set()),
    ],
)
def test_far_rows_are_more_than_five_times_as_far_as_all_others(rows, far):
    assert off_scale_rows({"": {"": effects(**rows)}}) == far


def test_a_row_is_off_scale_only_if_it_is_so_in_every_panel():
    assert off_scale_rows({"x": {"": effects(a=1, b=40)}, "y": {"": effects(a=1, b=2)}}) == set()


def test_differences_without_intervals_are_drawn_as_points():
    table = effects(a=1, b=2).assign(low=np.nan, high=np.nan)
    (axis,) = effect_plot({"": {"": table}}, "difference").axes
    assert axis.containers[0][0].get_xdata().tolist() == [1, 2]
