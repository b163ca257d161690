import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

import leap.training.state as module
from leap.errors import LeapError
from leap.training.optimizer import flatten
from leap.training.state import Progress, TrainingState


def make_state(folder, flat=True, sizes=(2, 4), identity="this"):
    """The state of a training after a step, with an optimiser of one vector or of every parameter."""
    torch.manual_seed(0)
    parser = nn.ParameterList(torch.randn(size) for size in sizes)
    optimizer = torch.optim.Adam([flatten(list(parser))] if flat else parser)
    sum(parameter.square().sum() for parameter in parser).backward()
    optimizer.step()
    return TrainingState(parser, optimizer, folder, identity)


@pytest.fixture
def on_side_stream(tmp_path, monkeypatch):
    """A state that is written as a GPU's is, without one."""
    monkeypatch.setattr(module, "_side_stream", lambda: None)
    state = make_state(tmp_path)
    state.on_gpu = True
    state.keep_best()
    return state


def epochs(number):
    return Progress([{"loss_total": float(epoch)} for epoch in range(number)], number, 1.0)


def moments(state):
    """The optimiser's moments of all parameters, in their order."""
    values = state.optimizer.state_dict()["state"].values()
    return [torch.cat([entry[key].flatten() for entry in values]) for key in ("exp_avg", "exp_avg_sq")]


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("read", [True, False])
def test_what_is_written_is_read_on_any_kind_of_device(read, written, tmp_path):
    """One vector on a CPU, separate tensors on a GPU."""
    state, again = make_state(tmp_path, written), make_state(tmp_path, read)
    state.keep_best()
    with torch.no_grad():
        for parameter in state.parser:
            parameter.mul_(3)
    for entry in state.optimizer.state.values():
        entry["exp_avg"].add_(1)
    state.save(epochs(2))
    assert again.load() == epochs(2)
    for one, other in zip(again.parser, state.parser, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(moments(again), moments(state), strict=True):
        assert torch.equal(one, other)
    again.restore_best()
    torch.testing.assert_close(3 * again.parser[1], state.parser[1])


class Tied(nn.Module):
    """One layer and one buffer under two names each, and a buffer that is not contiguous."""

    def __init__(self):
        super().__init__()
        self.audio = self.visual = nn.Linear(2, 2)
        self.register_buffer("offset", torch.ones(3, 2).cumsum(0).t())
        self.register_buffer("shift", self.offset)


def tied_state(folder, flat):
    parser = Tied()
    optimizer = torch.optim.Adam([flatten(list(parser.parameters()))] if flat else parser.parameters())
    parser.visual(parser.audio(torch.ones(1, 2))).sum().backward()
    optimizer.step()
    return TrainingState(parser, optimizer, folder, "this")


@pytest.mark.parametrize("flat", [True, False])
def test_shared_tensors_are_written_read_and_stay_shared(flat, tmp_path):
    state, again = (tied_state(tmp_path, flat) for _ in range(2))
    best = {name: value.clone() for name, value in state.parser.state_dict().items()}
    state.keep_best()
    with torch.no_grad():
        state.parser.audio.weight.mul_(3)
        state.parser.offset.add_(1)
    state.save(epochs(1))
    assert again.load() == epochs(1)
    assert again.parser.audio.weight is again.parser.visual.weight
    assert again.parser.offset is again.parser.shift
    for name, value in state.parser.state_dict().items():
        assert torch.equal(again.parser.state_dict()[name], value), name
    for one, other in zip(moments(again), moments(state), strict=True):
        assert torch.equal(one, other)
    again.restore_best()
    for name, value in best.items():
        assert torch.equal(again.parser.state_dict()[name], value), name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identity": "that"}, "of another config or other data"),
        ({"sizes": (3, 3)}, "loading"),
        ({"sizes": (6,)}, ""),
    ],
)
def test_a_state_of_another_training_is_refused(changes, reason, tmp_path):
    state = make_state(tmp_path)
    state.keep_best()
    state.save(epochs(1))
    what = rf"not a checkpoint of this training \([^\n]*{reason}[^\n]*\); move it away to train anew"
    pattern = rf"checkpoint\.safetensors: {what}$"
    with pytest.raises(LeapError, match=pattern):
        make_state(tmp_path, **changes).load()


def test_a_lack_of_memory_does_not_advise_to_remove_the_checkpoint(tmp_path, monkeypatch):
    state = make_state(tmp_path)
    state.keep_best()
    state.save(epochs(1))

    def fail(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 40 bytes")

    monkeypatch.setattr(module, "open_tensors", fail)
    with pytest.raises(LeapError, match=r"checkpoint\.safetensors: cannot be read \(not enough memory\)$"):
        state.load()


def test_without_a_checkpoint_training_starts(tmp_path):
    assert make_state(tmp_path).load() == Progress()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", ["", '{"loss_total": 0.0}\n', '{"loss_total": 0.0}\n{"loss_', None])
def test_a_log_that_a_kill_left_short_is_completed(left, tmp_path):
    """The log is written after the checkpoint, so a kill may come between."""
    state = make_state(tmp_path)
    state.keep_best()
    state.save(epochs(2))
    whole = state.log.read_text()
    assert whole == '{"loss_total": 0.0}\n{"loss_total": 1.0}\n'
    state.log.unlink()
    if left is not None:
        state.log.write_text(left)
    make_state(tmp_path).load()
    assert state.log.read_text() == whole


def test_on_a_gpu_only_the_last_epoch_and_one_in_ten_seconds_are_written(on_side_stream, monkeypatch):
    now, written = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        on_side_stream, "_write", lambda tensors, metadata, log, stream: written.append(log.count("\n"))
    )
    with on_side_stream:
        for epoch, seconds in enumerate([0, 4, 8, 11, 12, 13], start=1):
            now[0] = 100.0 + seconds
            on_side_stream.save(epochs(epoch), last=epoch == 6)
    assert written == [1, 4, 6]


def test_at_the_end_all_is_written(on_side_stream, tmp_path):
    with on_side_stream:
        on_side_stream.save(epochs(1))
        with torch.no_grad():
            on_side_stream.parser[0].fill_(9)  # training goes on
    again = make_state(tmp_path)
    assert again.load() == epochs(1)
    assert not (again.parser[0] == 9).any()


@pytest.mark.parametrize("when", ["next", "end"])
def test_a_failed_write_beside_training_is_not_lost(when, on_side_stream, monkeypatch):
    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(on_side_stream, "_write", fail)
    with pytest.raises(OSError, match="the disk is full"), on_side_stream:
        on_side_stream.save(epochs(1))
        if when == "next":
            on_side_stream.save(epochs(2), last=True)
            pytest.fail("the failure was lost")


def fail_to_write(*_):
    raise OSError(28, "No space left on device")


def test_a_failed_write_does_not_mask_what_stopped_the_training(on_side_stream, monkeypatch):
    monkeypatch.setattr(on_side_stream, "_write", fail_to_write)
    error = LeapError("the loss is not finite")
    with pytest.raises(LeapError) as caught, on_side_stream:
        on_side_stream.save(epochs(1))
        raise error
    assert caught.value is error
    (note,) = error.__notes__
    assert note.endswith("checkpoint.safetensors: not written either (no space left on the disk)")


def test_a_failed_write_is_raised_once(on_side_stream, monkeypatch):
    monkeypatch.setattr(on_side_stream, "_write", fail_to_write)
    with pytest.raises(OSError, match="No space left"), on_side_stream:
        on_side_stream.save(epochs(1))
    with pytest.raises(OSError, match="No space left") as caught, make_failing(on_side_stream) as state:
        state.save(epochs(2), last=True)
        state.save(epochs(3), last=True)
    assert not hasattr(caught.value, "__notes__")


def make_failing(state):
    """The state with a new writer, which fails."""
    state._writer = ThreadPoolExecutor(1)
    return state
