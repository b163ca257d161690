"""Baum-Welch against enumeration of all paths, against hmmlearn's numbers, and on simulated runs."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from leap.data.pseudo_labels.hmm import Hmm, denoise, fit, infer, starting_values

LABELS = torch.tensor([[0, 0, 1, 1, 0], [1, 1, 0, 1, 1], [0, 0, 0, 0, 1], [1, 0, 0, 1, 0], [1, 1, 1, 0, 0]])


def _simulate(n, t, hmm, seed=0):
    """States and labels, (N, T) each."""
    generator = torch.Generator().manual_seed(seed)
    states = [torch.multinomial(hmm.initial, n, True, generator=generator)]
    for _ in range(t - 1):
        states.append(torch.multinomial(hmm.transition[states[-1]], 1, generator=generator)[:, 0])
    states = torch.stack(states, 1)
    return states, (torch.rand(n, t, generator=generator) < hmm.emission[states]).long()


def _enumerate(hmm, sequence):
    """Probability of a sequence, of its states, (T, 2), and expected transitions, (2, 2), over all paths."""
    initial, transition, emission = (values.tolist() for values in hmm)
    states, transitions = np.zeros((len(sequence), 2)), np.zeros((2, 2))
    for path in product((0, 1), repeat=len(sequence)):
        joint = initial[path[0]]
        for before, after in pairwise(path):
            joint *= transition[before][after]
        for state, label in zip(path, sequence, strict=True):
            joint *= emission[state] if label else 1 - emission[state]
        states[range(len(path)), path] += joint
        for step in pairwise(path):
            transitions[step] += joint
    whole = states[0].sum()
    return whole, states / whole, transitions / whole


def _fit_by_enumeration(sequences, iterations):
    hmm, labels = starting_values(), np.array(sequences)
    for _ in range(iterations):
        _, states, transitions = (
            np.array(part) for part in zip(*(_enumerate(hmm, x) for x in sequences), strict=True)
        )
        moves = transitions.sum(0)
        parts = (
            states[:, 0].mean(0),
            moves / moves.sum(1, keepdims=True),
            (states * labels[..., None]).sum((0, 1)) / states.sum((0, 1)),
        )
        hmm = Hmm(*map(torch.from_numpy, parts))
    return hmm


def _assert_close(found, expected, atol=1e-12):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, torch.as_tensor(other), rtol=0, atol=atol)


UNEQUAL = Hmm(
    torch.tensor([0.7, 0.3], dtype=torch.float64),
    torch.tensor([[0.8, 0.2], [0.35, 0.65]], dtype=torch.float64),
    torch.tensor([0.05, 0.6], dtype=torch.float64),
)


@pytest.mark.parametrize("t", [1, 2, 5])
def test_posteriors_equal_enumeration_over_all_paths(t):
    sequences = torch.tensor(list(product((0, 1), repeat=t)))
    posterior = infer(UNEQUAL, sequences)
    expected = [_enumerate(UNEQUAL, sequence) for sequence in sequences.tolist()]
    wholes, states, transitions = (np.array(part) for part in zip(*expected, strict=True))
    _assert_close(posterior, (states, transitions, np.log(wholes)))
    assert wholes.sum() == pytest.approx(1)


@pytest.mark.parametrize("iterations", [1, 2, 15])
def test_baum_welch_equals_enumeration(iterations, monkeypatch):
    monkeypatch.setattr("leap.data.pseudo_labels.hmm.ITERATIONS", iterations)
    _assert_close(fit(LABELS), _fit_by_enumeration(LABELS.tolist(), iterations))


def test_fit_equals_hmmlearn():
    """Numbers of CategoricalHMM in hmmlearn 0.3.3, with 200 iterations from the same starting values."""
    labels = _simulate(60, 10, UNEQUAL)[1]
    hmm = fit(labels)
    initial = [0.827353379532, 0.172646620468]
    transition = [[0.828551406143, 0.171448593857], [0.31865044046, 0.68134955954]]
    emission = [0.088245994811, 0.596704967452]
    expected = (torch.tensor(values, dtype=torch.float64) for values in (initial, transition, emission))
    _assert_close(hmm, expected, atol=1e-10)
    posterior = infer(hmm, labels)
    assert float(posterior.log_likelihood.sum()) == pytest.approx(-329.01919491588967, abs=1e-9)
    first = [0.154570997328, 0.513857871087, 0.212042005386, 0.132954198641, 0.145249835567]
    first += [0.269348823712, 0.711347836203, 0.598378586333, 0.893846219129, 0.897931766475]
    assert posterior.states[0, :, 1].tolist() == pytest.approx(first, abs=1e-10)


def test_likelihood_never_falls(monkeypatch):
    likelihoods = []
    for iterations in range(12):
        monkeypatch.setattr("leap.data.pseudo_labels.hmm.ITERATIONS", iterations)
        likelihoods.append(float(infer(fit(LABELS), LABELS).log_likelihood.sum()))
    assert (np.diff(likelihoods) > 0).all()


def test_known_parameters_are_recovered():
    true = Hmm(
        torch.tensor([0.6, 0.4], dtype=torch.float64),
        torch.tensor([[0.95, 0.05], [0.1, 0.9]], dtype=torch.float64),
        torch.tensor([0.1, 0.7], dtype=torch.float64),
    )
    states, labels = _simulate(20_000, 10, true)
    found = fit(labels)
    _assert_close(found, true, atol=0.02)
    assert found.miss_rate == pytest.approx(0.3, abs=0.02)
    assert found.false_alarm_rate == pytest.approx(0.1, abs=0.02)
    assert found.stay == pytest.approx((0.95, 0.9), abs=0.02)
    present = infer(found, labels).states[..., 1]
    assert ((present > 0.5) == states).double().mean() > (labels == states).double().mean() + 0.05
    certain = (present > 0.85) & (present < 0.95)
    assert states[certain].double().mean() == pytest.approx(float(present[certain].mean()), abs=0.02)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6), t=st.integers(1, 8), share=st.floats(0, 1))
def test_present_is_the_state_with_more_ones_and_all_is_finite(seed, n, t, share):
    labels = (torch.rand(n, t, generator=torch.Generator().manual_seed(seed)) < share).float()
    hmm = fit(labels)
    posterior = infer(hmm, labels)
    assert all(values.isfinite().all() for values in (*hmm, *posterior))
    assert hmm.emission[0] <= hmm.emission[1]
    torch.testing.assert_close(posterior.states.sum(-1), torch.ones(n, t, dtype=torch.float64))


def test_states_that_traded_places_are_put_right(monkeypatch):
    """Of these labels, Baum-Welch itself leaves the first state with more ones than the second."""
    labels = torch.tensor([[0, 1, 1, 0, 1, 0, 1], [1, 1, 1, 1, 0, 1, 1], [1, 1, 0, 1, 1, 0, 1]])
    monkeypatch.setattr("leap.data.pseudo_labels.hmm.ITERATIONS", 60)
    traded = _fit_by_enumeration(labels.tolist(), 60)
    assert traded.emission[0] > traded.emission[1]
    hmm = fit(labels)
    _assert_close(hmm, (traded.initial.flip(0), traded.transition.flip(0, 1), traded.emission.flip(0)), 1e-9)


@pytest.mark.parametrize("value", [0, 1])
def test_labels_that_never_change_stay(value):
    pseudo = torch.full((5, 10, 2), float(value))
    present, _ = denoise(pseudo, torch.ones(5, 2))
    assert ((present > 0.5) == pseudo).all()


def test_labels_constant_in_every_video_stay():
    pseudo = torch.tensor([0.0, 1.0, 1.0])[:, None, None].expand(3, 10, 2)
    present, hmm = denoise(pseudo, torch.ones(3, 2))
    torch.testing.assert_close(present, pseudo.double())
    assert (hmm.miss_rate, hmm.false_alarm_rate, *hmm.stay) == pytest.approx((0, 0, 1, 1))


def test_one_segment_says_nothing_about_transitions():
    present, hmm = denoise(torch.tensor([0.0, 1.0, 1.0])[:, None, None], torch.ones(3, 1))
    assert torch.equal(hmm.transition, starting_values().transition)
    assert (present > 0.5)[:, 0, 0].tolist() == [False, True, True]


def test_no_pair_leaves_the_starting_values():
    present, hmm = denoise(torch.zeros(3, 10, 2), torch.zeros(3, 2))
    assert all(torch.equal(*pair) for pair in zip(hmm, starting_values(), strict=True))
    assert (present.shape, float(present.abs().sum())) == ((3, 10, 2), 0)
    assert denoise(torch.zeros(0, 10, 2), torch.zeros(0, 2))[0].shape == (0, 10, 2)


def test_videos_are_denoised_alike_in_any_order_and_only_within_the_weak_label():
    generator = torch.Generator().manual_seed(0)
    weak = (torch.rand(40, 3, generator=generator) < 0.6).float()
    pseudo = (torch.rand(40, 10, 3, generator=generator) < 0.5).float() * weak[:, None]
    order = torch.randperm(40, generator=generator)
    (present, hmm), (moved, again) = denoise(pseudo, weak), denoise(pseudo[order], weak[order])
    assert torch.equal(moved, present[order])
    assert all(torch.equal(*pair) for pair in zip(hmm, again, strict=True))
    assert not present[(weak == 0)[:, None].expand_as(present)].any()
    sequences = pseudo.transpose(1, 2)[weak > 0]
    assert torch.equal(present.transpose(1, 2)[weak > 0], infer(hmm, sequences).states[..., 1])


def test_a_long_sequence_does_not_underflow():
    labels = _simulate(3, 3000, UNEQUAL)[1]
    posterior = infer(UNEQUAL, labels)
    assert posterior.states.isfinite().all()
    assert (posterior.log_likelihood < -745).all()  # the probability itself is 0 in float64
