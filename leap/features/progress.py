"""Progress bars within one video."""

from collections.abc import Iterable, Iterator
from multiprocessing import parent_process
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def with_progress(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    """Iterate with a progress bar, shown only on a terminal and not in worker processes.

    Args:
        items: the items to iterate over.
        description: text before the bar.
        total: number of items.
    """
    hidden = None if parent_process() is None else True  # None: shown only on a terminal
    return iter(tqdm(items, description, total, disable=hidden, leave=False))
