import json

import pandas as pd
import pytest

from leap.visualization.interactive import interactive_effects
from leap.visualization.palette import LEAP, MMIL

COLUMNS = ["difference", "low", "high"]


def table(**rows):
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


@pytest.fixture
def item():
    panels = {
        "first": {"LEAP": table(a=(1.0, 0.5, 1.5), b=(-2.0, -3.0, -1.0)), "MMIL": table(b=(4.0, 3.0, 5.0))},
        "second": {"LEAP": table(a=(0.1, -0.1, 0.3))},
    }
    return json.loads(interactive_effects(panels, "points"))


def models(item, name):
    """Attributes of all models of a kind, in any depth."""
    found, stack = [], [item]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if node.get("name") == name and "attributes" in node:
                found.append(node["attributes"])
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return found


def sources(item):
    """Series and row → interval in words."""
    columns = [dict(source["data"]["entries"]) for source in models(item, "ColumnDataSource")]
    return {
        (series, row): said
        for data in columns
        for series, row, said in zip(data["series"], data["row"], data["said"], strict=True)
    }


def test_every_effect_is_drawn_with_its_interval_in_words(item):
    found = sources(item)
    assert found["LEAP", "b"] == "−2.0 [−3.0, −1.0]"
    assert found["MMIL", "b"] == "+4.0 [+3.0, +5.0]"


def test_panels_share_the_axis_and_the_order_of_rows(item):
    rows = [panel["factors"] for panel in models(item, "FactorRange")]
    assert sorted(rows) == [["a"], ["a", "b"]]  # from bottom to top: b has the larger mean
    assert json.dumps(item).count('"DataRange1d"') == 1
    assert {axis["axis_label"] for axis in models(item, "LinearAxis") if "axis_label" in axis} == {"points"}


def test_series_have_the_colours_of_their_systems(item):
    colours = {marker["line_color"]["value"] for marker in models(item, "Scatter")}
    assert {LEAP, MMIL} == {colour.upper() for colour in colours}
    assert {entry["label"]["value"] for entry in models(item, "LegendItem")} == {"LEAP", "MMIL"}


def test_a_legend_with_long_names_has_one_column_and_titles_of_axes_are_wrapped_for_a_phone():
    def drawn(*names):
        panel = {name: table(a=(1.0, 0.5, 1.5)) for name in names}
        return json.loads(interactive_effects({"": panel}, "LEAP − MMIL, primary measure, points"))

    short, long = drawn("MMIL", "LEAP"), drawn("LEAP (denoised labels) − LEAP", "ours − LEAP")
    assert [models(item, "Legend")[0]["ncols"] for item in (short, long)] == [2, 1]
    titles = {axis["axis_label"] for axis in models(short, "LinearAxis") if "axis_label" in axis}
    assert titles == {"LEAP − MMIL, primary\nmeasure, points"}


def test_a_series_without_name_has_no_legend():
    text = interactive_effects({"": {"": table(a=(1.0, 0.5, 1.5))}}, "points")
    assert models(json.loads(text), "Legend") == []


def test_where_rows_are_off_scale_only_the_picture_is_shown():
    far = table(a=(1.0, 0.5, 1.5), b=(-60.0, -62.0, -58.0))
    assert interactive_effects({"": {"": far}}, "points") == ""
