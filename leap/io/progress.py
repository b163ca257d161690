"""Progress bars of work that takes more than a moment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from multiprocessing import parent_process
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

DELAY = 2
"""Seconds before a bar appears; what takes less needs none."""


def with_progress(
    items: Iterable[Item],
    description: str,
    total: int | None = None,
    unit: str = "it",
    in_notebook: bool = False,
) -> Iterator[Item]:
    """Iterate with a progress bar that leaves no trace.

    The bar appears after `DELAY`, only on a terminal and not in worker processes.

    Args:
        items: the items to iterate over.
        description: text before the bar.
        total: number of items; None if the items have a length, or if it is unknown.
        unit: what an item is.
        in_notebook: whether the bar also appears in a notebook, which is no terminal.
    """
    hidden = False if in_notebook else None  # None: hidden unless on a terminal
    return iter(tqdm(items, description, total, unit=unit, **_options(hidden)))


def progress_bar(description: str, total: int | None, unit: str) -> tqdm[Any]:
    """A bar as of `with_progress` that is updated by hand.

    Args:
        description: text before the bar.
        total: number of units; None if it is unknown.
        unit: what is counted; bytes, ``"B"``, are shown in thousands and millions.
    """
    return tqdm(desc=description, total=total, unit=unit, unit_scale=unit == "B", **_options(None))


def _options(hidden: bool | None) -> dict[str, Any]:
    return {"disable": True if _is_worker() else hidden, "leave": False, "delay": DELAY}


def _is_worker() -> bool:
    """Whether another process of the same work shows the bars: the parent, or torchrun's first process."""
    return parent_process() is not None or os.environ.get("LOCAL_RANK", "0") != "0"
