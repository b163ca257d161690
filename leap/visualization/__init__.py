"""Figures of the book and of the command line, and the page whose timeline follows a video."""

from leap.errors import require

require("matplotlib", "book")
