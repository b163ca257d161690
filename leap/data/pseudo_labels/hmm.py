"""Two-state hidden Markov model of pseudo-labels over time, fitted by Baum-Welch without dense labels.

In a segment, an event is *absent* (state 0) or *present* (state 1). States persist from segment to segment,
and a pseudo-label depends on the state of its segment only. Equations: L. R. Rabiner, "A tutorial on hidden
Markov models and selected applications in speech recognition", Proceedings of the IEEE 77(2), 1989.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ITERATIONS = 200
"""Steps of Baum-Welch."""


class Hmm(NamedTuple):
    """Parameters of the model, in float64.

    Attributes:
        initial: probability of each state in the first segment, (2,).
        transition: probability of state j after state i, (2, 2); rows sum to 1.
        emission: probability of the pseudo-label 1 in each state, (2,).
    """

    initial: Tensor
    transition: Tensor
    emission: Tensor

    @property
    def miss_rate(self) -> float:
        """Probability of the pseudo-label 0 where the event is present."""
        return 1 - float(self.emission[1])

    @property
    def false_alarm_rate(self) -> float:
        """Probability of the pseudo-label 1 where the event is absent."""
        return float(self.emission[0])

    @property
    def stay(self) -> tuple[float, float]:
        """Probabilities that an absent event stays absent, and that a present event stays present."""
        return float(self.transition[0, 0]), float(self.transition[1, 1])


class Posterior(NamedTuple):
    """States of M sequences of T labels, given the labels.

    Attributes:
        states: probability of each state in each segment, (M, T, 2).
        transitions: expected number of transitions from state i to state j, (M, 2, 2).
        log_likelihood: natural logarithm of the probability of each sequence, (M,).
    """

    states: Tensor
    transitions: Tensor
    log_likelihood: Tensor


def denoise(pseudo: Tensor, weak: Tensor) -> tuple[Tensor, Hmm]:
    """Fit the model to the pseudo-labels of one modality, and estimate where events are present.

    A sequence is the pseudo-labels of one class of the weak label in one video; all classes share the model.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones.
        weak: weak labels, (N, C).

    Returns:
        Posterior probabilities that events are present, (N, T, C) in float64, 0 outside the weak label, and
        the fitted parameters.
    """
    inside = weak > 0
    sequences = pseudo.transpose(1, 2)[inside]  # (M, T)
    hmm = fit(sequences)
    present = torch.zeros_like(pseudo.transpose(1, 2), dtype=torch.float64)
    present[inside] = infer(hmm, sequences).states[..., 1]
    return present.transpose(1, 2), hmm


def fit(sequences: Tensor) -> Hmm:
    """Maximize the likelihood by `ITERATIONS` steps of Baum-Welch from `starting_values`.

    The result does not depend on the order of the sequences. A parameter on which they have no bearing keeps
    its starting value: all of them if there is no sequence, the transitions if T is 1.

    Args:
        sequences: labels, (M, T), zeros and ones.

    Returns:
        The parameters; *present* is the state in which the label 1 is more probable.
    """
    hmm = starting_values()
    if not len(sequences):
        return hmm
    distinct, counts = sequences.unique(dim=0, return_counts=True)
    for _ in range(ITERATIONS):
        hmm = _maximize(hmm, infer(hmm, distinct), distinct, counts)
    return hmm if hmm.emission[0] <= hmm.emission[1] else _swap_states(hmm)


def starting_values() -> Hmm:
    """Persistent states, and 15 % errors of either kind."""
    values = [0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [0.15, 0.85]
    return Hmm(*(torch.tensor(value, dtype=torch.float64) for value in values))


def infer(hmm: Hmm, sequences: Tensor) -> Posterior:
    """Forward-backward algorithm, normalized in every segment.

    Args:
        hmm: parameters under which each sequence has a positive probability.
        sequences: labels, (M, T), zeros and ones.

    Returns:
        Probabilities and expected counts, in float64.
    """
    likelihood = torch.where(sequences[..., None] > 0, hmm.emission, 1 - hmm.emission)  # (M, T, 2)
    forward, scale = _forward(hmm, likelihood)
    likelihood = likelihood / scale
    backward = _backward(hmm, likelihood)
    ahead = (likelihood * backward)[:, 1:]
    transitions = torch.einsum("mti,ij,mtj->mij", forward[:, :-1], hmm.transition, ahead)
    return Posterior(forward * backward, transitions, scale.log().sum((1, 2)))


def _forward(hmm: Hmm, likelihood: Tensor) -> tuple[Tensor, Tensor]:
    """States given the labels up to each segment, (M, T, 2), and probability of its label, (M, T, 1)."""
    predicted, states, scales = hmm.initial.expand(len(likelihood), 2), [], []
    for now in likelihood.unbind(1):
        scales.append((predicted * now).sum(1, keepdim=True))
        states.append(predicted * now / scales[-1])
        predicted = states[-1] @ hmm.transition
    return torch.stack(states, 1), torch.stack(scales, 1)


def _backward(hmm: Hmm, likelihood: Tensor) -> Tensor:
    """Factors, (M, T, 2), that turn `_forward`'s states into states given all labels."""
    factors = [torch.ones_like(likelihood[:, 0])]
    for after in likelihood[:, 1:].flip(1).unbind(1):
        factors.append((after * factors[-1]) @ hmm.transition.T)
    return torch.stack(factors[::-1], 1)


def _maximize(hmm: Hmm, posterior: Posterior, sequences: Tensor, counts: Tensor) -> Hmm:
    """Relative frequencies in the expected counts of states, transitions and labels."""
    states = posterior.states * counts[:, None, None]
    transitions = (posterior.transitions * counts[:, None, None]).sum(0)
    first, labeled = states[:, 0].sum(0), (states * sequences[..., None]).sum((0, 1))
    return Hmm(
        first / first.sum(),
        _share(transitions, transitions.sum(1, keepdim=True), hmm.transition),
        _share(labeled, states.sum((0, 1)), hmm.emission),
    )


def _share(part: Tensor, whole: Tensor, otherwise: Tensor) -> Tensor:
    return torch.where(whole > 0, part / whole, otherwise)


def _swap_states(hmm: Hmm) -> Hmm:
    return Hmm(hmm.initial.flip(0), hmm.transition.flip(0, 1), hmm.emission.flip(0))
