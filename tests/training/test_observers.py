from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from leap.config import AvssConfig, CosineSchedule, LeapConfig, LossConfig, ModelConfig, Protocol, TrainConfig
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.training import trainer as module
from leap.training.criterion import Criterion
from leap.training.observers import Observer
from leap.training.optimizer import make_optimizer
from leap.training.schedules import rate_factor
from leap.training.trainer import Trainer, fit

MODEL = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
CONFIG = TrainConfig(epochs=3, batch=5, lr=1e-2, schedule=CosineSchedule(warmup=3))
AVSS = LossConfig(avss=AvssConfig())


class Witness(Observer):
    """Keeps what it is told; parses with the parser, as a logger does."""

    def __init__(self, videos=None):
        self.began, self.epochs, self.videos = [], [], videos

    def start(self, history):
        self.began.append(len(history))

    def after_epoch(self, epoch):
        self.epochs.append(epoch)
        if self.videos:
            epoch.parser.eval()(*self.videos.features)


@pytest.fixture
def videos(make_videos):
    """Training and validation videos."""
    return make_videos(12, t=4, c=3), make_videos(6, t=4, c=3, seed=1)


def make_parser(dropout=0.2):
    torch.manual_seed(0)
    model = replace(MODEL, dropout=dropout)
    return build_parser(model, {"audio": 6, "visual_2d": 7}, random_orthogonal(3, 9))


def run(folder, videos, observer=None, config=CONFIG):
    watching = {"observer": observer} if observer else {}
    return fit(make_parser(), Criterion(AVSS), *videos, config, Protocol(), 0, folder, **watching)


def test_an_observer_is_told_of_every_epoch(videos, tmp_path):
    witness = Witness()
    progress = run(tmp_path, videos, witness)
    assert witness.began == [0]
    assert [epoch.number for epoch in witness.epochs] == [1, 2, 3]
    assert [epoch.entry for epoch in witness.epochs] == progress.history
    for epoch in witness.epochs:  # 12 videos in batches of 5 are 3 steps per epoch
        assert epoch.learning_rate == CONFIG.lr * rate_factor(3 * epoch.number - 1, 3, CONFIG)
        assert epoch.gradient_norm > 0


def test_a_watched_training_is_the_same_bit_for_bit(videos, tmp_path):
    witness = Witness(videos[1])
    assert run(tmp_path / "watched", videos, witness) == run(tmp_path / "alone", videos)
    folders = tmp_path / "watched", tmp_path / "alone"
    log, other = ((folder / "log.jsonl").read_bytes() for folder in folders)
    assert log == other
    state, other = (load_file(folder / "checkpoint.safetensors") for folder in folders)
    assert state.keys() == other.keys()
    assert all(torch.equal(value, other[name]) for name, value in state.items())


def test_a_resumed_training_tells_of_the_epochs_that_are_left(videos, tmp_path, monkeypatch):
    witness = Witness()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module.TrainingState, "save", interrupted(3, module.TrainingState.save))
        run(tmp_path, videos, witness)
    assert [epoch.number for epoch in witness.epochs] == [1, 2, 3]  # told of before the checkpoint
    again = Witness()
    run(tmp_path, videos, again)
    assert again.began == [2]
    assert [epoch.number for epoch in again.epochs] == [3]
    assert again.epochs[0].entry == witness.epochs[2].entry
    assert again.epochs[0].gradient_norm == witness.epochs[2].gradient_norm


def interrupted(call, function):
    """The function, which stops the process at a call, counted from 1."""
    calls = iter(range(1, call + 1))

    def stopping(*arguments, **options):
        if next(calls) == call:
            raise KeyboardInterrupt
        return function(*arguments, **options)

    return stopping


@pytest.mark.parametrize("clip", [None, 1e-3, 1e3])
def test_the_gradient_norm_is_that_before_clipping(clip, videos):
    parser, criterion = make_parser(dropout=0.0).train(), Criterion(AVSS)
    batch = videos[0][torch.arange(4)]
    criterion.total(criterion(parser(*batch.features), batch)).backward()
    gradients = [p.grad.flatten() for p in parser.parameters() if p.grad is not None]
    expected = torch.cat(gradients).norm().item()
    config = replace(CONFIG, clip=clip)
    fresh = make_parser(dropout=0.0).train()
    trainer = Trainer(fresh, Criterion(AVSS), make_optimizer(fresh, config), videos[0], config, 0)
    assert trainer.step(torch.arange(4))["gradient_norm"].item() == pytest.approx(expected, rel=1e-5)
    left = torch.cat([p.grad.flatten() for p in fresh.parameters()]).norm().item()
    assert left == pytest.approx(min(expected, clip or expected), rel=1e-3)


def test_the_gradient_norm_of_an_epoch_is_the_mean_over_its_steps(videos, monkeypatch):
    """Weighted by the videos of the steps."""
    parser, norms = make_parser(), iter([1.0, 2.0, 5.0])
    monkeypatch.setattr(module, "clip_gradient", lambda *_: torch.tensor(next(norms)))
    trainer = Trainer(parser, Criterion(AVSS), make_optimizer(parser, CONFIG), videos[0], CONFIG, 0)
    assert "gradient_norm" not in trainer.train_one_epoch(0)
    assert trainer.gradient_norm == pytest.approx((5 * 1 + 5 * 2 + 2 * 5) / 12)


def test_a_gradient_that_is_not_finite_does_not_stop_a_training(videos, monkeypatch):
    """As before it was measured; a loss that is not finite does."""
    parser = make_parser()
    monkeypatch.setattr(module, "clip_gradient", lambda *_: torch.tensor(torch.inf))
    trainer = Trainer(parser, Criterion(AVSS), make_optimizer(parser, CONFIG), videos[0], CONFIG, 0)
    assert trainer.train_one_epoch(0)["total"] > 0
    assert trainer.gradient_norm == torch.inf


def test_of_several_processes_the_first_tells_its_observer(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "rank", lambda: 1)
    witness = Witness()
    run(tmp_path, videos, witness)
    assert witness.began == witness.epochs == []
