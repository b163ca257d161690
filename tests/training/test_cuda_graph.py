"""Steps that are captured once and replayed, and weights cast to bfloat16 in one copy."""

from dataclasses import replace

import pytest
import torch
from torch.func import functional_call

import leap.training.trainer as trainer_module
from leap.config import AvssConfig, LossConfig, StepSchedule, TrainConfig
from leap.errors import LeapError
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.presets import PRESETS, preset, scale_width
from leap.training import cuda_graph
from leap.training.criterion import Criterion
from leap.training.cuda_graph import WARM_UP, Replay, bfloat16_weights, forward
from leap.training.optimizer import make_optimizer, set_learning_rate
from leap.training.trainer import Trainer, fit
from tests.models.product import WIDTHS, without_dropout

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def test_first_calls_run_and_each_batch_size_is_captured_once(monkeypatch):
    ran, captured, replayed = [], [], []

    class Graph:
        def __init__(self, function, index):
            captured.append(len(index))

        def replay(self, index):
            replayed.append(index.tolist())
            return {"sum": index.sum()}

    monkeypatch.setattr(cuda_graph, "Graph", Graph)
    monkeypatch.setattr(cuda_graph, "on_side_stream", lambda function: function())
    function = Replay(lambda index: ran.append(index.tolist()) or {"sum": index.sum()})
    calls = [torch.arange(size) + call for call in range(WARM_UP + 2) for size in (3, 2)]
    found = [int(function(index, 1.0, 3, 0.5)["sum"]) for index in calls]
    assert found == [int(index.sum()) for index in calls]
    assert ran == [index.tolist() for index in calls[: 2 * WARM_UP]]
    assert replayed == [index.tolist() for index in calls[2 * WARM_UP :]]
    assert captured == [3, 2]


def make_parser(name, precision="float32", dropout=0.0):
    """The parser of a preset, at a small width."""
    torch.manual_seed(0)
    model = without_dropout(scale_width(preset(name), 16).model, precision=precision)
    return build_parser(replace(model, dropout=dropout), WIDTHS, random_orthogonal(3, 9)).train()


def make_trainer(name, videos, dropout=0.0, replays=True):
    """The steps of a preset's training, clipped, at the rate that is set."""
    config, parser = scale_width(preset(name), 16), make_parser(name, dropout=dropout).to(videos.device)
    settings = replace(config.train, clip=1.0, lr=1.0)
    trainer = Trainer(parser, Criterion(config.loss), make_optimizer(parser, settings), videos, settings, 0)
    if not replays:
        trainer.run = trainer.step
    return trainer


def test_what_is_replayed(make_videos, monkeypatch):
    """On a GPU, in one process, steps that all perform the same computation."""
    videos = make_videos(4, t=4, c=3)
    assert not isinstance(make_trainer("leap", videos).run, Replay)
    monkeypatch.setattr(type(videos), "device", torch.device("cuda"))

    def replays(name):
        settings = preset(name).train
        return isinstance(Trainer(None, Criterion(preset(name).loss), None, videos, settings, 0).run, Replay)

    assert {name for name in PRESETS if not replays(name)} == {"cmpae", "uwav"}
    monkeypatch.setattr(trainer_module, "world_size", lambda: 2)
    assert not any(map(replays, PRESETS))


def outcome(name, videos, at_once):
    """Outputs and gradients of a preset's parser in bfloat16."""
    parser = make_parser(name, "bfloat16")
    weights = bfloat16_weights(parser) if at_once else {}
    parsing = functional_call(parser, weights, videos.features)
    outputs = (parsing.segment_audio, parsing.segment_visual, parsing.video_audio, parsing.video)
    sum(output.square().sum() for output in outputs).backward()
    return outputs, {name: parameter.grad for name, parameter in parser.named_parameters()}


@pytest.mark.parametrize("name", PRESETS)
def test_one_copy_of_all_weights_is_what_autocast_does(name, make_videos):
    videos = make_videos(4, t=4, c=3)
    (outputs, gradients), (theirs, their_gradients) = (outcome(name, videos, at) for at in (True, False))
    assert all(torch.equal(*pair) for pair in zip(outputs, theirs, strict=True))
    for parameter, gradient in gradients.items():
        expected = their_gradients[parameter]
        if expected is not None:
            assert gradient.dtype == torch.float32
            torch.testing.assert_close(gradient, expected, rtol=0, atol=0, msg=parameter)
        assert expected is not None or gradient is None or not gradient.any()  # no output depends on it


def test_norms_and_labels_stay_in_float32():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Conv1d(4, 2, 1))
    found = bfloat16_weights(model)
    assert set(found) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(weight.dtype == torch.bfloat16 for weight in found.values())


def test_only_replayed_steps_in_bfloat16_cast_all_weights_at_once(make_videos):
    videos, exact, rounded = make_videos(4, t=4, c=3), make_parser("leap"), make_parser("leap", "bfloat16")
    for parser, replays in ((exact, True), (exact, False), (rounded, False)):
        assert forward(parser, replays) is parser
    found, expected = forward(rounded, True)(*videos.features), rounded(*videos.features)
    assert torch.equal(found.segment_audio, expected.segment_audio)
    assert found.segment_audio.dtype == torch.float32


def steps(trainer, videos, number=8):
    """Losses of steps at changing rates on changing videos, and the first parameter after them."""
    losses = []
    for index in range(number):
        set_learning_rate(trainer.optimizer, 1e-2 / (1 + index))
        part = torch.arange(index, index + 4, device=videos.device) % len(videos)
        losses.append({name: float(loss) for name, loss in trainer.run(part, 1.0, 0, 0.0).items()})
    return losses, trainer.optimizer.param_groups[0]["params"][0].detach().clone()


@on_a_gpu
@pytest.mark.parametrize("name", PRESETS)
def test_replayed_steps_are_those_that_were_captured(name, make_videos):
    videos = make_videos(6, t=4, c=3).to("cuda")
    losses, parameter = steps(make_trainer(name, videos), videos)
    expected, other = steps(make_trainer(name, videos, replays=False), videos)
    for found, wanted in zip(losses, expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-4)
    torch.testing.assert_close(parameter, other, rtol=1e-2, atol=1e-3)


@on_a_gpu
def test_dropout_is_drawn_anew_by_every_replay(make_videos):
    videos = make_videos(4, t=4, c=3).to("cuda")
    trainer, part = make_trainer("leap", videos, dropout=0.5), torch.arange(4, device="cuda")
    set_learning_rate(trainer.optimizer, 0.0)
    totals = []
    for _ in range(2):
        torch.manual_seed(5)
        totals.append([float(trainer.run(part)["total"]) for _ in range(WARM_UP + 5)][-5:])
    assert len(set(totals[0])) == 5
    torch.manual_seed(5)
    again = [float(trainer.run(part)["total"]) for _ in range(WARM_UP + 5)][-5:]
    assert again == totals[1]


@on_a_gpu
def test_a_training_on_a_gpu_is_that_on_a_cpu(make_videos, tmp_path):
    """Without dropout, also where it moves from one to the other; losses that are not finite are one line."""
    train, val = make_videos(12, t=4, c=3), make_videos(6, t=4, c=3, seed=1)
    config = TrainConfig(epochs=6, batch=5, lr=1e-3, schedule=StepSchedule(period=2, factor=0.5))

    def run(device, folder, **changes):
        parser, criterion = make_parser("leap").to(device), Criterion(LossConfig(avss=AvssConfig()))
        videos, settings = (train.to(device), val.to(device)), replace(config, **changes)
        progress = fit(parser, criterion, *videos, settings, preset("leap").protocol, 0, tmp_path / folder)
        return [entry["loss_total"] for entry in progress.history]

    whole = run("cpu", "cpu")
    assert run("cuda", "cuda") == pytest.approx(whole, rel=1e-3)
    run("cuda", "moved", epochs=3)
    assert run("cpu", "moved") == pytest.approx(whole, rel=1e-3)
    with pytest.raises(LeapError, match="not finite"):
        run("cuda", "nan", lr=1e30)
