"""Buttons that lead to the repository, if CITATION.cff has its address as ``repository-code``."""

from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config

BUTTONS = ("use_repository_button", "use_issues_button", "use_source_button")


def _configure(app: Sphinx, config: Config) -> None:
    """Tell the theme the address; without one, it shows no button."""
    citation = yaml.safe_load(Path(app.srcdir, "CITATION.cff").read_text(encoding="utf-8"))
    address = citation.get("repository-code")
    if address:
        config.html_theme_options |= {"repository_url": address} | dict.fromkeys(BUTTONS, True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook."""
    app.connect("config-inited", _configure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
