"""Role ``chapter``: a link to a chapter by its number, as in "Chapter 6"."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole


class _Chapter(nodes.Inline, nodes.TextElement):
    """A mention of a chapter, before the chapters have numbers."""


class ChapterRole(SphinxRole):
    """Mention of the chapter whose document the role's text names, as an absolute path without suffix."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Note the document; `_resolve` knows the numbers."""
        return [_Chapter("", document=self.text.lstrip("/"))], []


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn mentions into links.

    Raises:
        KeyError: a mentioned document has no number in the table of contents.
    """
    for mention in list(doctree.findall(_Chapter)):
        document = mention["document"]
        (number,) = app.env.toc_secnumbers[document][""]
        address = app.builder.get_relative_uri(docname, document)
        mention.replace_self(nodes.reference("", f"Chapter {number}", internal=True, refuri=address))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role."""
    app.add_node(_Chapter)
    app.add_role("chapter", ChapterRole())
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
