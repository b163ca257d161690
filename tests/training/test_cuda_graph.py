import torch

import leap.training.cuda_graph
from leap.training.cuda_graph import WARM_UP, Replay


def test_only_first_calls_run_and_each_size_is_recorded_once(monkeypatch):
    ran, recorded, replayed = [], [], []

    class Graph:
        def __init__(self, function, index):
            recorded.append(len(index))

        def replay(self, index):
            replayed.append(index.tolist())
            return {"sum": index.sum()}

    monkeypatch.setattr(leap.training.cuda_graph, "Graph", Graph)
    monkeypatch.setattr(leap.training.cuda_graph, "aside", lambda function: function())
    function = Replay(lambda index: ran.append(index.tolist()) or {"sum": index.sum()})
    calls = [torch.arange(size) + call for call in range(WARM_UP + 2) for size in (3, 2)]
    assert [int(function(index)["sum"]) for index in calls] == [int(index.sum()) for index in calls]
    assert ran == [index.tolist() for index in calls[: 2 * WARM_UP]]
    assert replayed == [index.tolist() for index in calls[2 * WARM_UP :]]
    assert recorded == [3, 2]
