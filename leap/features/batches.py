"""Batched inference, whose working memory does not grow with the length of the video."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BATCH = 16
"""Usual number of inputs per forward pass: seconds or frames."""


def in_batches(items: Iterable[Tensor], size: int) -> Iterator[list[Tensor]]:
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
        return torch.cat([network(torch.stack(batch)) for batch in in_batches(inputs, size)]).numpy()
