"""Sphinx hooks that mend what Jupyter Book and docutils write into every page."""

from sphinx.application import Sphinx


def _leave_out(app, pagename, templatename, context, doctree):
    """Drop the scripts that would run cells in a browser, and repeated lines of script.

    Jupyter Book adds the former whatever ``_config.yml`` says, and twice, which is an error in a browser.
    """
    scripts = {_content(script): script for script in context["script_files"]}
    context["script_files"] = [script for content, script in scripts.items() if "thebe" not in content]


def _content(script) -> str:
    return str(script.filename or script.attributes.get("body"))


def _list_citations(app, pagename, templatename, context, doctree):
    """Make the entries of a bibliography items of its list; docutils' own role for them is out of use."""
    context["body"] = context.get("body", "").replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("html-page-context", _leave_out)
    app.connect("html-page-context", _list_citations)
    return {"parallel_read_safe": True}
