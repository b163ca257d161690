from functools import partial

import torch
from torch import nn

import leap.models.layers.parallel_streams as module
from leap.models.layers.parallel_streams import parallel_streams


class Stream:
    """Stands for a stream of a GPU; notes what it waits for."""

    def __init__(self, name, waits):
        self.name, self.waits = name, waits

    def wait_stream(self, other):
        self.waits.append((self.name, other.name))


def test_results_in_the_order_of_the_calls():
    x, layers = torch.randn(3, 4), [nn.Linear(4, 2), nn.Linear(4, 5)]
    found = parallel_streams(*(partial(layer, x) for layer in layers))
    assert all(torch.equal(y, layer(x)) for y, layer in zip(found, layers, strict=True))


def test_in_a_graph_calls_part_and_meet_again(monkeypatch):
    """Each stream waits for what came before, and what comes after for each; memory is kept for both."""
    waits, kept, current = [], [], []
    monkeypatch.setattr(module, "_is_capturing", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: current[-1])
    monkeypatch.setattr(module, "_stream", lambda parent, index: Stream(f"{parent.name}{index}", waits))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: _Within(current, stream))
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda x, stream: kept.append((x.item(), stream.name)))
    current.append(Stream("main", waits))

    def inner(x):
        return parallel_streams(partial(torch.neg, x))[0]

    found = parallel_streams(partial(torch.neg, torch.tensor(1.0)), partial(inner, torch.tensor(2.0)))
    assert [y.item() for y in found] == [-1, -2]
    assert waits == [
        *(("main0", "main"), ("main1", "main")),
        *(("main10", "main1"), ("main1", "main10")),
        *(("main", "main0"), ("main", "main1")),
    ]
    inside = [(1.0, "main0"), (2.0, "main1"), (2.0, "main10"), (-2.0, "main1")]
    assert kept == [*inside, (-1.0, "main"), (-2.0, "main")]


class _Within:
    def __init__(self, current, stream):
        self.current, self.stream = current, stream

    def __enter__(self):
        self.current.append(self.stream)

    def __exit__(self, *_):
        self.current.pop()
