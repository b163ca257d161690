"""How far the extraction of one video is, where somebody waits for it."""

from collections.abc import Iterable, Iterator
from multiprocessing import parent_process
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def watched(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """The items, counted on a terminal; workers are counted by their parent instead."""
    hidden = None if parent_process() is None else True
    return iter(tqdm(items, what, total, disable=hidden, leave=False))
