"""The words of a class name or a description."""

import re


def words(text: str) -> list[str]:
    """Lower-case words: runs of letters and digits.

    >>> words("Frying_(food)")
    ['frying', 'food']
    """
    return re.findall(r"[^\W_]+", text.lower())
