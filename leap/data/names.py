"""Names of videos and classes: one spelling for each, and names that readers cannot distinguish.

Unicode writes an accented letter as one character or as two. macOS stores file names in the second form, most
programs write the first, so the names of a table and of its files may differ although they look the same. All
names are therefore read in the first form (NFC).
"""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import normalize


def spelled(name: str) -> str:
    """Spell a name in Unicode's composed form, NFC."""
    return normalize("NFC", name)


def folded(name: str) -> str:
    """Key that names share if some file system, or a reader, cannot tell them apart.

    Example:
        >>> folded("Dog ") == folded("dog")
        True
    """
    return spelled(spelled(name).casefold()).strip()


def first_repeat(keys: Iterable[str]) -> tuple[int, int] | None:
    """Find the first key that repeats an earlier one.

    Returns:
        Positions of the earlier key and of its first repetition; None if all keys differ.

    Example:
        >>> first_repeat(["a", "b", "a"]), first_repeat(["a", "b"])
        ((0, 2), None)
    """
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        earlier = first.setdefault(key, index)
        if earlier != index:
            return earlier, index
    return None
