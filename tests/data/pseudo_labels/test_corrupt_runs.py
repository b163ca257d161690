import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.data.annotations import runs_of
from leap.data.pseudo_labels.corrupt_runs import corrupt_runs


def _generator(seed):
    return torch.Generator().manual_seed(seed)


def _runs(n, t, c, lengths, seed=0):
    """One run of a random length at a random place, or none, in every video and class."""
    generator = _generator(seed)
    length = torch.tensor(lengths)[torch.randint(len(lengths), (n, 1, c), generator=generator)]
    start = (torch.rand((n, 1, c), generator=generator) * (t - length + 1)).long()
    time = torch.arange(t)[:, None]
    there = torch.rand((n, 1, c), generator=generator) < 0.6
    return ((time >= start) & (time < start + length) & there).float()


@given(seed=st.integers(0, 1000), t=st.integers(1, 12), miss=st.floats(0, 1), false_alarm=st.floats(0, 1))
def test_runs_stay_within_the_weak_labels_and_vanish_as_a_whole(seed, t, miss, false_alarm):
    generator = _generator(seed)
    weak = (torch.rand(4, 3, generator=generator) < 0.6).float()
    pseudo = (torch.rand(4, t, 3, generator=generator) < 0.5).float() * weak[:, None]
    noisy = corrupt_runs(pseudo, weak, miss, false_alarm, generator)
    assert (noisy.shape, noisy.dtype) == (pseudo.shape, pseudo.dtype)
    assert set(noisy.unique().tolist()) <= {0, 1}
    assert (noisy <= weak[:, None]).all()
    for video, before in enumerate(pseudo):
        for label, start, end in runs_of(before.numpy()):
            assert len(noisy[video, start:end, label].unique()) == 1


def test_extreme_rates():
    pseudo, weak = _runs(20, 10, 3, [2, 4]), torch.ones(20, 3)
    assert torch.equal(corrupt_runs(pseudo, weak, 0, 0, _generator(0)), pseudo)
    assert not corrupt_runs(pseudo, weak, 1, 0, _generator(0)).any()
    assert corrupt_runs(pseudo, weak, 0, 1, _generator(0)).all()
    assert torch.equal(corrupt_runs(pseudo, weak, 1, 1, _generator(0)), 1 - pseudo)


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.8])
def test_every_segment_is_flipped_as_often_as_by_independent_errors(rate):
    pseudo, weak = _runs(4000, 10, 3, [1, 3, 6, 10]), torch.ones(4000, 3)
    missed = corrupt_runs(pseudo, weak, rate, 0, _generator(1)) < pseudo
    false = corrupt_runs(pseudo, weak, 0, rate, _generator(1)) > pseudo
    at = (0, 2)  # per segment: the first and the last are hit as often as the others
    assert (missed.sum(at) / pseudo.sum(at)).tolist() == pytest.approx([rate] * 10, abs=0.04)
    assert (false.sum(at) / (1 - pseudo).sum(at)).tolist() == pytest.approx([rate] * 10, abs=0.04)


def test_false_runs_are_as_long_as_the_runs():
    pseudo = torch.zeros(3000, 12, 1)
    pseudo[:1000, 4:8] = 1
    noisy = corrupt_runs(pseudo, torch.ones(3000, 1), 0, 0.05, _generator(2))
    found = [end - start for video in noisy[1000:] for _, start, end in runs_of(video.numpy()) if start]
    inside = [length for length in found if length >= 4]
    assert len(inside) > 0.6 * len(found)  # others are cut off by the end
    assert inside.count(4) > 0.7 * len(inside)  # others overlap


def test_without_runs_false_alarms_last_a_segment():
    noisy = corrupt_runs(torch.zeros(500, 10, 2), torch.ones(500, 2), 0.5, 0.3, _generator(3))
    assert noisy.mean() == pytest.approx(0.3, abs=0.02)
    assert (noisy[:, 1:] * noisy[:, :-1]).mean() == pytest.approx(0.09, abs=0.01)
