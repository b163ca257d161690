import base64
import json
import re
import sys
from io import StringIO

import pandas as pd
import pytest
from IPython import display
from matplotlib.figure import Figure

from leap.errors import LeapError
from leap.visualization import numbered
from leap.visualization.numbered import show_figure, show_png, show_tables


@pytest.fixture
def shown(monkeypatch):
    """The HTML that is displayed, by a notebook that has shown nothing yet."""
    found = []
    monkeypatch.setattr(display, "display", lambda part: found.append(part.data))
    monkeypatch.setattr(numbered, "COUNTS", numbered.Counter())
    return found


def header_cells(html):
    """The texts of the header of a table, by row."""
    header = re.search(r"<thead>(.*?)</thead>", html, re.DOTALL)[1]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in header.split("</tr>")[:-1]]


TABLE = pd.DataFrame({"change": [-1.5, 2.0], "claim": ["it is so " * 20 + "indeed", "a < b"]}, ["A−B", "C"])


def test_figures_and_tables_are_numbered_apart(shown):
    show_figure(Figure(), "First.", "One")
    show_tables(TABLE, caption="Second.")
    show_figure(Figure(), "Third.", "Three")
    captions = [re.search(r"<figcaption>(.*?\.)</strong> (\w+)", html).groups() for html in shown]
    assert captions == [
        ("<strong>Figure 1.", "First"),
        ("<strong>Table 1.", "Second"),
        ("<strong>Figure 2.", "Third"),
    ]
    assert [re.search(r'id="(.*?)"', html)[1] for html in shown] == ["figure-1", "table-1", "figure-2"]


def test_a_figure_is_part_of_the_page_and_has_an_alternative_text(shown):
    show_png(b"\x89PNG", 'Two systems, "A" & B.', "Bars of A <and> B")
    assert 'alt="Bars of A &lt;and&gt; B"' in shown[0]
    assert base64.b64decode(re.search(r"base64,([^\"]+)", shown[0])[1]) == b"\x89PNG"


def test_captions_are_plain_text_with_code(shown):
    show_png(b"", "<img src=x> of `a_b` & c", "")
    assert "&lt;img src=x&gt; of <code>a_b</code> &amp; c" in shown[0]


def test_a_table_is_shown_whole_with_minus_signs_and_a_dash_for_nothing(shown):
    show_tables(TABLE.assign(none=float("nan")), caption="A table.")
    assert "it is so indeed" in shown[0]
    assert ">−1.5<" in shown[0]
    assert ">-" not in shown[0].replace("><", "")
    assert shown[0].count("<td>–</td>") == 2
    assert "a &lt; b" in shown[0]


def test_the_name_of_the_index_is_in_the_header(shown):
    show_tables(TABLE.rename_axis("system"), caption="A table.")
    assert header_cells(shown[0]) == [["system", "change", "claim"]]


def test_thousands_are_separated_in_cells_and_row_headers(shown):
    show_tables(pd.DataFrame({"n": [1234567], "x": [0.5]}, pd.Index([2000], name="videos")), caption="A.")
    assert re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", shown[0]) == [
        "videos", "n", "x", "2,000", "1,234,567", "0.5"
    ]  # fmt: skip


def test_only_headers_of_the_first_column_are_marked(shown):
    rows = pd.MultiIndex.from_tuples([("A", "x"), ("A", "y" * 40), ("B", "x")], names=["group", "member"])
    show_tables(pd.DataFrame({"n": [1, 2, 3]}, rows), caption="A table.")
    assert re.findall(r"<th data-first[^>]*>(\w)", shown[0]) == ["A", "B"]
    assert '<th class="long">yyy' in shown[0]


def test_no_line_breaks_before_a_per_cent_sign(shown):
    show_tables(pd.DataFrame({"n": ["2 % of seconds"]}, ["5 % misses"]), caption="With 95 % intervals.")
    assert "2\N{NO-BREAK SPACE}%" in shown[0]
    assert "5\N{NO-BREAK SPACE}%" in shown[0]
    assert "95\N{NO-BREAK SPACE}%" in shown[0]


def test_every_level_of_an_index_has_its_name_above_it_and_no_header_is_empty(shown):
    rows = pd.MultiIndex.from_tuples([("A", "x"), ("B", "y")], names=["system", None])
    columns = pd.MultiIndex.from_product([["audio"], ["MMIL", "LEAP"]])
    show_tables(pd.DataFrame([[1, 2], [3, 4]], rows, columns), caption="A table.")
    assert header_cells(shown[0]) == [["", "", "audio"], ["system", "", "MMIL", "LEAP"]]
    assert "<th></th>" not in shown[0]


def test_tables_share_a_caption_and_each_has_its_values_as_csv(shown):
    show_tables(TABLE, TABLE.T, caption="Two tables.")
    assert shown[0].count("<figcaption>") == 1
    links = re.findall(r'download="(.*?)" href="data:text/csv;base64,(.*?)"', shown[0])
    assert [name for name, _ in links] == ["table-1a.csv", "table-1b.csv"]
    read = pd.read_csv(StringIO(base64.b64decode(links[0][1]).decode()), index_col=0)
    pd.testing.assert_frame_equal(read, TABLE)


def test_a_single_table_has_the_name_of_its_number(shown):
    show_tables(TABLE, caption="One table.")
    assert 'download="table-1.csv"' in shown[0]


def test_wide_tables_scroll_and_can_be_reached_by_keyboard(shown):
    show_tables(TABLE, caption="A table.")
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Table 1">' in shown[0]


def test_without_jupyter_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(LeapError, match=r"^IPython is not installed: pip install 'leap-avvp\[book\]'$"):
        show_figure(Figure(), "", "")


def test_long_texts_may_be_broken_into_lines(shown):
    show_tables(TABLE, caption="Long.")
    assert len(re.findall(r'<td class="long">it is so', shown[0])) == 1
    assert "<td>−1.5</td>" in shown[0]


def test_an_interactive_figure_is_beside_its_picture(shown):
    show_figure(Figure(), "One.", "One", '{"name": "a</script>b"}')
    (html,) = shown
    data = re.search(r'<img [^>]*><script type="application/json" class="interactive">(.*?)</script>', html)[
        1
    ]
    assert "<" not in data
    assert json.loads(data) == {"name": "a</script>b"}


def test_what_is_folded_keeps_its_caption_in_sight(shown):
    show_tables(TABLE, caption="Details.", folded=True)
    show_figure(Figure(), "Another.", "One", folded=True)
    for html, name in zip(shown, ("Table 1", "Figure 1"), strict=True):
        fold = re.search(r"<details><summary>Show (.*?)</summary>(.*?)</details>", html, re.DOTALL)
        assert fold[1] == name
        assert "<figcaption>" not in fold[2]
        assert ("<table" in fold[2]) == (name == "Table 1")
