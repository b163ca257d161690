"""Sphinx math renderer: LaTeX to MathML Core while building, so that pages need no script and no network."""

from html import escape

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

CONVERTER = LatexToMathML(annotation=True, fancy_error=False)
logger = logging.getLogger(__name__)


def _convert(node: nodes.Element, displaystyle: bool) -> str:
    """The node's LaTeX as MathML; what cannot be converted is a warning and stays LaTeX."""
    try:
        return CONVERTER.convert_with_local_state(node.astext(), displaystyle=displaystyle)
    except LatexError as error:
        logger.warning("equation not understood: %s", error, location=node)
        return f"<code>{escape(node.astext())}</code>"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write ``$...$``."""
    translator.body.append(f'<span class="math">{_convert(node, displaystyle=False)}</span>')
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write ``$$...$$``; the number, where there is one, stays visible while a long equation scrolls."""
    translator.body.append(translator.starttag(node, "div", CLASS="equation"))
    translator.body.append(f'<div class="scroll">{_convert(node, displaystyle=True)}</div>')
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer as ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
