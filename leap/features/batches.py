"""Networks applied batch by batch, so that memory does not grow with the video."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BATCH = 16
"""Seconds or frames that a network sees at once."""


def in_batches(items: Iterable[Tensor], size: int) -> Iterator[list[Tensor]]:
    """Lists of ``size`` successive items; the last may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def embed(network: Callable[[Tensor], Tensor], inputs: Iterable[Tensor]) -> NDArray[np.float32]:
    """Apply a network to stacked inputs, without gradients.

    Args:
        network: (n, …) → (n, width).
        inputs: single inputs, (…); N in all.

    Returns:
        One row per input, (N, width).
    """
    with torch.inference_mode():
        return torch.cat([network(torch.stack(batch)) for batch in in_batches(inputs, BATCH)]).numpy()
