"""Numbered figures and tables of a notebook, as HTML that the book and a notebook show alike."""

import re
from base64 import b64encode
from collections import Counter
from html import escape
from io import BytesIO
from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure

from leap.errors import require

COUNTS: Counter[str] = Counter()
"""``"Figure"`` or ``"Table"`` → how many a notebook has shown; every notebook has a kernel of its own."""

LONG = re.compile(r"<(td|th)>(?=[^<]{31})")
"""Beginning of a cell of a table's body whose text may be broken into lines."""

ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
"""A row of a table's body."""

PERCENT = re.compile(r"(?<=\d) (?=%)")
"""The space between a number and its per cent sign, at which no line should break."""

EMPTY = "<td></td>"
"""A cell without content, which is no header of anything."""


def show_figure(figure: Figure, caption: str, alt: str, interactive: str = "", folded: bool = False) -> None:
    """Display a figure with its number and caption.

    Args:
        figure: the figure.
        caption: plain text, in which backticks mark code: first what the reader should see, then what is
            plotted, then seeds, intervals and split.
        alt: alternative text, for readers who cannot see the figure: what it shows, in a sentence or two.
        interactive: the figure as of `leap.visualization.interactive`, which the book draws in its place.
        folded: whether only the caption is seen until a reader unfolds the figure.
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    show_png(buffer.getvalue(), caption, alt, interactive, folded)


def show_png(content: bytes, caption: str, alt: str, interactive: str = "", folded: bool = False) -> None:
    """Display a figure that was saved as PNG; further arguments as of `show_figure`."""
    image = f'<img src="data:image/png;base64,{_base64(content)}" alt="{escape(alt)}">'
    data = interactive.replace("<", "\\u003c")  # or a name could close the element
    item = f'<script type="application/json" class="interactive">{data}</script>' if interactive else ""
    _display("Figure", caption, image + item, folded=folded)


def show_tables(*tables: pd.DataFrame, caption: str, folded: bool = False) -> None:
    """Display tables with their common number and caption, each with a link to its values as CSV.

    Args:
        tables: the tables; their texts are not cut.
        caption: as of `show_figure`.
        folded: as of `show_figure`.
    """
    number = COUNTS["Table"] + 1
    names = (
        [f"Table {number}{letter}" for letter in ascii_lowercase] if len(tables) > 1 else [f"Table {number}"]
    )
    named = list(zip(names, tables, strict=False))
    links = " ".join(_csv_link(table, name.lower().replace(" ", "-")) for name, table in named)
    bodies = "".join(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{_html(table)}</div>'
        for name, table in named
    )
    _display("Table", caption, bodies, links, folded)


def _display(kind: str, caption: str, content: str, links: str = "", folded: bool = False) -> None:
    """Display a numbered figure or table: figures above their caption, tables below."""
    shown = require("IPython.display", "book")
    COUNTS[kind] += 1
    identity = f"{kind} {COUNTS[kind]}"
    said = PERCENT.sub("\N{NO-BREAK SPACE}", escape(caption, quote=False))
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", said)
    below = f"<figcaption><strong>{identity}.</strong> {text} {links}</figcaption>"
    if folded:
        content = f"<details><summary>Show {identity}</summary>{content}</details>"
    parts = content + below if kind == "Figure" else below + content
    anchor = identity.lower().replace(" ", "-")
    shown.display(shown.HTML(f'<figure class="numbered" id="{anchor}">{parts}</figure>'))


def _html(table: pd.DataFrame) -> str:
    """A table as HTML, with minus signs, separated thousands, and the names of its index in its header.

    The row headers of the first column, which stays in place while the others scroll, are marked.
    """
    whole = {name: "{:,}".format for name in table.select_dtypes("integer").columns}
    with pd.option_context("display.max_colwidth", None):
        html = table.set_axis(_separated(table.index), axis="index").to_html(
            border=0, na_rep="–", index_names=False, formatters=whole
        )
    head, body = html.split("</thead>")
    above, row, last = head.rpartition("<tr")
    for name in table.index.names:
        cell = f"<th>{escape(str(name))}</th>" if name else EMPTY
        last = last.replace("<th></th>", cell, 1)
    body = _mark_first_column(LONG.sub(r'<\1 class="long">', body), table.index.nlevels)
    html = above.replace("<th></th>", EMPTY) + row + last + "</thead>" + body
    return PERCENT.sub("\N{NO-BREAK SPACE}", re.sub(r"(?<=>)-(?=\d)", "−", html))


def _separated(index: pd.Index) -> pd.Index:
    """An index whose integers are text with separated thousands."""
    frame = index.to_frame(index=False)
    for place, kind in enumerate(frame.dtypes):
        if pd.api.types.is_integer_dtype(kind):
            frame.isetitem(place, list(map("{:,}".format, frame.iloc[:, place])))
    if index.nlevels == 1:
        return pd.Index(frame.iloc[:, 0], name=index.name)
    return pd.MultiIndex.from_frame(frame, names=index.names)


def _mark_first_column(body: str, levels: int) -> str:
    """Mark the row headers of the first column; a row within a group has headers of inner levels only."""

    def marked(row: re.Match[str]) -> str:
        return row[0].replace("<th", "<th data-first", 1) if row[0].count("<th") == levels else row[0]

    return ROW.sub(marked, body)


def _csv_link(table: pd.DataFrame, name: str) -> str:
    """A link that saves a table as CSV, without a server."""
    content = _base64(table.to_csv().encode())
    return f'<a class="csv" download="{name}.csv" href="data:text/csv;base64,{content}">CSV</a>'


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
