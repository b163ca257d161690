"""Batched inference, whose working memory does not grow with the length of the video."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Item = TypeVar("Item")

BATCH = 16
"""Usual number of inputs per forward pass: seconds or frames."""

GROWTH = 1024
"""Rows by which an array of features grows."""


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Group successive items into lists of ``size``; the last list may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def embed(
    network: Callable[[Tensor], Tensor], inputs: Iterable[Tensor], size: int = BATCH
) -> NDArray[np.float32]:
    """Apply a network to stacked inputs, without gradients.

    Args:
        network: function of n stacked inputs, (n, …) → (n, width).
        inputs: N inputs of equal shape (…), N ≥ 1.
        size: inputs per forward pass.

    Returns:
        One row per input, (N, width).
    """
    with torch.inference_mode():
        return stacked(network(torch.stack(batch)).numpy() for batch in in_batches(inputs, size))


def stacked(parts: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Parts one below another; unlike `np.concatenate`, it never holds parts and result at once.

    Args:
        parts: at least one array, each (n, width).

    Returns:
        All rows, (N, width), in an array that grew step by step.
    """
    iterator = iter(parts)
    whole = next(iterator).copy()
    rows = len(whole)
    for part in iterator:
        if rows + len(part) > len(whole):
            whole.resize((rows + max(GROWTH, len(part)), *whole.shape[1:]), refcheck=False)
        whole[rows : rows + len(part)] = part
        rows += len(part)
    whole.resize((rows, *whole.shape[1:]), refcheck=False)
    return whole
