"""Add bursty errors to pseudo-labels: whole runs of ones vanish, and false runs appear.

A run is a maximal sequence of ones of one class. Errors that last as long as events are the hard case for
smoothing over time, which assumes that errors are independent from segment to segment.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

HALVINGS = 60
"""Bisection steps, which exhaust the precision of a float64 in 0…1."""


def corrupt_runs(
    pseudo: Tensor, weak: Tensor, miss_rate: float, false_alarm_rate: float, generator: torch.Generator
) -> Tensor:
    """Delete and insert runs of pseudo-labels at random within the weak labels.

    Each segment is flipped with the same probability as by `corrupt`, but not independently of its neighbors.
    A run of ones is deleted as a whole. False runs have the lengths of the runs in ``pseudo`` and start
    equally often in every segment, also before the first; a one in their way stays as it is.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones.
        weak: weak labels, (N, C); labels of classes outside them become 0.
        miss_rate: probability that a run is deleted, and hence that a 1 becomes 0.
        false_alarm_rate: probability that a 0 of a class of the weak label is within a false run.
        generator: random generator on the device of ``pseudo``.

    Returns:
        Corrupted pseudo-labels, (N, T, C), zeros and ones.
    """
    run = _run_of(pseudo)
    kept = torch.rand(pseudo.shape, generator=generator, device=pseudo.device).gather(1, run) >= miss_rate
    added = _false_runs(pseudo, _run_lengths(pseudo, run), false_alarm_rate, generator)
    return torch.where(pseudo > 0, kept, added).to(pseudo.dtype) * weak[:, None].to(pseudo.dtype)


def _run_of(pseudo: Tensor) -> Tensor:
    """Index of the run that each one belongs to, counted within its video and class, (N, T, C)."""
    ones = (pseudo > 0).long()
    starts = ones.clone()
    starts[:, 1:] -= ones[:, 1:] * ones[:, :-1]
    return (starts.cumsum(1) - 1).clamp(min=0)


def _run_lengths(pseudo: Tensor, run: Tensor) -> Tensor:
    """Lengths of all runs, (R,); a single run of one segment if there is none."""
    lengths = torch.zeros_like(run).scatter_add(1, run, (pseudo > 0).long())
    return lengths[lengths > 0] if lengths.any() else lengths.new_ones(1)


def _false_runs(pseudo: Tensor, lengths: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """Segments within false runs, (N, T, C), each with the given probability."""
    n, t, c = pseudo.shape
    chance = _start_probability(lengths, t, rate)
    starts = torch.rand((n, 2 * t - 1, c), generator=generator, device=pseudo.device) < chance
    drawn = torch.randint(len(lengths), starts.shape, generator=generator, device=pseudo.device)
    reach = lengths[drawn] * starts  # (N, 2T - 1, C), length of the false run that starts there
    return torch.stack([reach[:, t - 1 - k : 2 * t - 1 - k] > k for k in range(t)]).any(0)


def _start_probability(lengths: Tensor, t: int, rate: float) -> float:
    """Probability of a start per segment that puts a segment within a false run with probability ``rate``.

    A segment is outside all false runs if none that started k segments earlier is longer than k, for every k.
    """
    longer = [float((lengths > k).double().mean()) for k in range(t)]
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        outside = prod(1 - middle * share for share in longer)
        low, high = (middle, high) if 1 - outside < rate else (low, middle)
    return low
