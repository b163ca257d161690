"""Split class names and descriptions into words."""

import re


def words(text: str) -> list[str]:
    """Split a text into lower-case words, runs of letters and digits.

    Example:
        >>> words("Frying_(food)")
        ['frying', 'food']
    """
    return re.findall(r"[^\W_]+", text.lower())
