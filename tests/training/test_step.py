from dataclasses import replace

import leap.training.step
import pytest
import torch

from leap.config import LossConfig, TrainConfig
from leap.errors import LeapError
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.presets import PRESETS, preset, scale_width
from leap.training.criterion import Criterion
from leap.training.cuda_graph import WARM_UP
from leap.training.optimizer import make_optimizer
from leap.training.trainer import Trainer, fit

WIDTHS = {"audio": 6, "visual_2d": 7}
on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def make_step(name, videos, dropout=0.0, record=True):
    """Steps of a scale_width preset's parser, in float32."""
    torch.manual_seed(0)
    config = scale_width(preset(name), 16)
    model = replace(config.model, dropout=dropout, visual_dropout=0.0, precision="float32")
    parser = build_parser(model, WIDTHS, random_orthogonal(3, 9)).to(videos.device).train()
    step = Trainer(parser, Criterion(config.loss), make_optimizer(parser, config.train), videos, clip=1.0)
    if not record:
        step._replay = None
    return step


def take(step, videos, steps=8):
    """Losses of steps at changing rates on changing videos, and the first parameter after them."""
    losses = []
    for index in range(steps):
        step.set_rate(1e-2 / (1 + index))
        part = torch.arange(index, index + 4, device=videos.device) % len(videos)
        losses.append({name: float(loss) for name, loss in step(part, 1.0, 0, 0.0).items()})
    return losses, step.optimizer.param_groups[0]["params"][0].detach().clone()


def test_what_is_recorded(make_videos, monkeypatch):
    """On a GPU, steps that all do the same; nothing else."""
    videos = make_videos(4, t=4, c=3)
    assert make_step("leap", videos)._replay is None
    monkeypatch.setattr(type(videos), "device", torch.device("cuda"))
    assert {name for name in PRESETS if make_step_without_device(name, videos)._replay is None} == {"cmpae"}
    monkeypatch.setattr(leap.training.step, "processes", lambda: 2)
    assert make_step_without_device("leap", videos)._replay is None


def make_step_without_device(name, videos):
    return Trainer(None, Criterion(preset(name).loss), None, videos)


def test_a_probability_that_is_nan_makes_the_total_nan(make_videos):
    step = make_step("leap", make_videos(4, t=4, c=3))
    before = step(torch.arange(4), 1.0, 0, 0.0)
    assert all(torch.isfinite(loss) for loss in before.values())
    with torch.no_grad():
        step.parser.decoder.audio.video_head.bias.fill_(torch.nan)
    assert step(torch.arange(4), 1.0, 0, 0.0)["total"].isnan()


@on_a_gpu
@pytest.mark.parametrize("name", PRESETS)
def test_replayed_steps_are_those_that_were_recorded(name, make_videos):
    videos = make_videos(6, t=4, c=3).to("cuda")
    losses, parameter = take(make_step(name, videos), videos)
    expected, other = take(make_step(name, videos, record=False), videos)
    for found, wanted in zip(losses, expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-4)
    torch.testing.assert_close(parameter, other, rtol=1e-2, atol=1e-3)


@on_a_gpu
def test_dropout_is_drawn_anew_by_every_replay(make_videos):
    videos = make_videos(4, t=4, c=3).to("cuda")
    step, part = make_step("leap", videos, dropout=0.5), torch.arange(4, device="cuda")
    step.set_rate(0.0)
    totals = []
    for _ in range(2):
        torch.manual_seed(5)
        totals.append([float(step(part, 1.0, 0, 0.0)["total"]) for _ in range(WARM_UP + 5)][-5:])
    assert len(set(totals[0])) == 5
    torch.manual_seed(5)
    again = [float(step(part, 1.0, 0, 0.0)["total"]) for _ in range(WARM_UP + 5)][-5:]
    assert again == totals[1]


@on_a_gpu
def test_a_training_on_a_gpu_is_that_on_a_cpu(make_videos, tmp_path):
    """Losses without dropout, and one line where they are not finite."""
    train, val = make_videos(12, t=4, c=3), make_videos(6, t=4, c=3, seed=1)
    config, losses = TrainConfig(epochs=6, batch=5, lr=1e-3, warmup=2), []
    for device in ("cpu", "cuda"):
        parser = make_step("leap", train).parser.to(device)
        arguments = Criterion(LossConfig(weight_avss=1.0)), train.to(device), val.to(device), config
        folder = tmp_path / device
        progress = fit(parser, *arguments, preset("leap").protocol, 0, folder)
        losses.append([entry["loss_total"] for entry in progress.history])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    with pytest.raises(LeapError, match="not finite"):
        fit(parser, *arguments[:3], replace(config, lr=1e30), preset("leap").protocol, 0, tmp_path / "nan")
