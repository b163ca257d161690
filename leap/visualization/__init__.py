"""Figures of the book and the command line, and an HTML page whose timeline follows the playing video."""

from leap.errors import require

require("matplotlib", "book")
