import time

import pytest
import torch
from torch import nn

import leap.training.state as module
from leap.training.state import Progress, TrainingState


def make_state(folder, parts=1):
    """The state of a training whose optimiser updates one vector, or several."""
    torch.manual_seed(0)
    parser = nn.ParameterList(torch.randn(6 // parts) for _ in range(parts))
    optimizer = torch.optim.Adam(parser.parameters())
    sum(parameter.square().sum() for parameter in parser).backward()
    optimizer.step()
    return TrainingState(parser, optimizer, folder, "this")


@pytest.fixture
def aside(tmp_path, monkeypatch):
    """A state that is written as a GPU's is, where there is none."""
    monkeypatch.setattr(module, "_another_stream", lambda: None)
    state = make_state(tmp_path)
    state.aside = True
    state.keep_best()
    return state


def epochs(number):
    return Progress([{"loss_total": float(epoch)} for epoch in range(number)], number, 1.0)


def test_what_is_written_is_read_again(tmp_path):
    state, again = make_state(tmp_path), make_state(tmp_path)
    state.keep_best()
    with torch.no_grad():
        state.parser[0].mul_(3)
    state.save(epochs(2))
    assert again.load() == epochs(2)
    assert torch.equal(again.parser[0], state.parser[0])
    again.restore_best()
    torch.testing.assert_close(3 * again.parser[0], state.parser[0])
    first, second = (s.optimizer.state_dict()["state"][0] for s in (state, again))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("parts", [(1, 2), (2, 1), (2, 3)])
def test_a_state_of_other_parameters_is_refused(parts, tmp_path):
    written, read = (make_state(tmp_path, number) for number in parts)
    written.keep_best()
    written.save(epochs(1))
    tensors = {name: torch.zeros(()) for name in written.parser.state_dict()}
    read.parser.load_state_dict = lambda values: tensors  # the optimiser's is what differs between devices
    with pytest.raises(module.LeapError, match="made on a device of another kind"):
        read.load()


def test_aside_only_the_last_epoch_and_one_in_ten_seconds_are_written(aside, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    written = []
    monkeypatch.setattr(
        aside, "_write", lambda tensors, metadata, log, stream: written.append(log.count("\n"))
    )
    with aside:
        for epoch, seconds in enumerate([0, 4, 8, 11, 12, 13], start=1):
            now[0] = 100.0 + seconds
            aside.save(epochs(epoch), last=epoch == 6)
    assert written == [1, 4, 6]


def test_at_the_end_all_is_written(aside, tmp_path):
    with aside:
        aside.save(epochs(1))
        with torch.no_grad():
            aside.parser[0].fill_(9)  # training goes on
    again = make_state(tmp_path)
    assert again.load() == epochs(1)
    assert not (again.parser[0] == 9).any()


@pytest.mark.parametrize("when", ["next", "end"])
def test_a_failure_aside_is_not_lost(when, aside, monkeypatch):
    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(aside, "_write", fail)
    with pytest.raises(OSError, match="the disk is full"), aside:
        aside.save(epochs(1))
        if when == "next":
            aside.save(epochs(2), last=True)
            pytest.fail("the failure was lost")
