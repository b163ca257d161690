import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import leap.training.state as state
import leap.training.trainer as module
from leap.config import (
    AvssConfig,
    CosineSchedule,
    LeapConfig,
    LossConfig,
    MmilConfig,
    ModelConfig,
    Protocol,
    TrainConfig,
)
from leap.errors import LeapError
from leap.inference.evaluate import evaluate
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.presets import PRESETS, preset, scale_width
from leap.training.criterion import Criterion
from leap.training.optimizer import make_optimizer
from leap.training.schedules import rate_factor
from leap.training.trainer import Trainer, epoch_order, fit, selection_score, validate

MODEL = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
CONFIG = TrainConfig(epochs=4, batch=5, lr=1e-2, schedule=CosineSchedule(warmup=3))
PROTOCOL = Protocol()
WIDTHS = {"audio": 6, "visual_2d": 7}
AVSS = LossConfig(avss=AvssConfig())


def make_parser(seed=0, model=MODEL):
    torch.manual_seed(seed)
    return build_parser(model, WIDTHS, random_orthogonal(3, 9))


@pytest.fixture
def train(make_videos):
    return make_videos(12, t=4, c=3)


@pytest.fixture
def val(make_videos):
    return make_videos(6, t=4, c=3, seed=1)


def run(folder, train, val, seed=0, parser_seed=0, config=CONFIG):
    parser = make_parser(parser_seed)
    criterion = Criterion(AVSS)
    return parser, fit(parser, criterion, train, val, config, PROTOCOL, seed, folder)


def values(parser):
    return {name: tensor.clone() for name, tensor in parser.state_dict().items()}


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


def test_learning_rate_is_that_of_the_step(train):
    parser = make_parser()
    optimizer = make_optimizer(parser, CONFIG)
    Trainer(parser, Criterion(LossConfig()), optimizer, train, CONFIG, 0).train_one_epoch(2)
    last = rate_factor(3 * 3 - 1, 3, CONFIG)  # 12 videos in batches of 5 are 3 steps per epoch
    assert optimizer.param_groups[0]["lr"] == CONFIG.lr * last


def test_epoch_order_is_a_permutation_of_seed_and_epoch_alone():
    orders = {}
    for seed in range(3):
        for epoch in range(3):
            torch.manual_seed(seed + epoch)
            order = epoch_order(50, seed, epoch).tolist()
            torch.manual_seed(99)
            assert order == epoch_order(50, seed, epoch).tolist()
            assert sorted(order) == list(range(50))
            orders[tuple(order)] = seed, epoch
    assert len(orders) == 9


def test_mean_losses_of_an_epoch(train):
    """With nothing learnt the means are those of all videos, whatever the size of the last batch."""
    parser = make_parser(model=replace(MODEL, decoder=MmilConfig(), dropout=0.0))
    optimizer = torch.optim.SGD(parser.parameters(), lr=0.0)
    criterion = Criterion(LossConfig(avss=AvssConfig(weight=0.5)))
    means = Trainer(parser, criterion, optimizer, train, CONFIG, 0).train_one_epoch(0)
    losses = criterion(parser(train.audio, train.visual_2d), train)
    expected = {name: loss.item() for name, loss in losses.items()}
    assert means == pytest.approx(expected | {"total": criterion.total(losses).item()}, rel=1e-5)


def test_one_seed_gives_one_parser(train, val, tmp_path):
    first, _ = run(tmp_path / "a", train, val)
    torch.randn(3)
    second, _ = run(tmp_path / "b", train, val)
    other, _ = run(tmp_path / "c", train, val, seed=1)
    assert equal(values(first), values(second))
    assert not equal(values(first), values(other))


class InterruptionError(Exception):
    pass


def interrupt(monkeypatch, epoch):
    """Fail when the parser of an epoch, counted from 1, is evaluated."""
    calls = iter(range(1, CONFIG.epochs + 1))

    def failing(*arguments):
        if next(calls) == epoch:
            raise InterruptionError
        return validate(*arguments)

    monkeypatch.setattr(module, "validate", failing)


@pytest.mark.parametrize("epoch", range(1, CONFIG.epochs + 1))
def test_resumed_equals_uninterrupted_bit_for_bit(epoch, train, val, tmp_path, monkeypatch):
    whole, progress = run(tmp_path / "whole", train, val)
    with monkeypatch.context() as patch, pytest.raises(InterruptionError):
        interrupt(patch, epoch)
        run(tmp_path / "parts", train, val)
    torch.randn(3)
    fresh = 0 if epoch == 1 else 7  # initial values matter only before the first checkpoint
    resumed, resumed_progress = run(tmp_path / "parts", train, val, parser_seed=fresh)
    assert equal(values(resumed), values(whole))
    assert resumed_progress == progress
    assert (tmp_path / "parts/log.jsonl").read_bytes() == (tmp_path / "whole/log.jsonl").read_bytes()
    assert_same_checkpoint(tmp_path / "parts", tmp_path / "whole")


def assert_same_checkpoint(*folders):
    first, second = (load_file(folder / "checkpoint.safetensors") for folder in folders)
    assert equal(first, second)
    assert {name.split(".")[0] for name in first} == {"last", "best", "optimizer"}


def test_another_trainings_checkpoint_is_refused(train, val, tmp_path):
    def fit_as(identity):
        parser, criterion = make_parser(), Criterion(LossConfig())
        return fit(parser, criterion, train, val, CONFIG, PROTOCOL, 0, tmp_path, identity)

    progress = fit_as("one")
    assert fit_as("one") == progress
    with pytest.raises(LeapError, match=r"^[^\n]*checkpoint\.safetensors[^\n]*other config[^\n]*$"):
        fit_as("two")


@pytest.mark.parametrize("epoch", [1, 2, CONFIG.epochs])
def test_a_kill_between_checkpoint_and_log_leaves_no_short_log(epoch, train, val, tmp_path, monkeypatch):
    """Also after the last epoch, when nothing is left to train."""
    whole, progress = run(tmp_path / "whole", train, val)
    writes = iter(range(1, CONFIG.epochs + 1))

    def failing(path, text):
        if next(writes) == epoch:
            raise InterruptionError
        path.write_text(text)

    with monkeypatch.context() as patch, pytest.raises(InterruptionError):
        patch.setattr(state, "atomic_write", failing)
        run(tmp_path / "parts", train, val)
    log = tmp_path / "parts" / "log.jsonl"
    assert (log.read_text().count("\n") if log.exists() else 0) == epoch - 1
    resumed, resumed_progress = run(tmp_path / "parts", train, val, parser_seed=7)
    assert log.read_bytes() == (tmp_path / "whole/log.jsonl").read_bytes()
    assert resumed_progress == progress
    assert equal(values(resumed), values(whole))


def test_a_frozen_encoder_leaves_training_as_it_came(train, val, tmp_path):
    parser = make_parser()
    parser.encoder.requires_grad_(False)
    before = values(parser)
    fit(parser, Criterion(AVSS), train, val, replace(CONFIG, weight_decay=0.5), PROTOCOL, 0, tmp_path)
    moved = {
        name.split(".")[0] for name, value in values(parser).items() if not torch.equal(value, before[name])
    }
    assert moved == {"frontend", "decoder"}


def test_finished_training_is_not_repeated(train, val, tmp_path, monkeypatch):
    parser, progress = run(tmp_path, train, val)
    monkeypatch.setattr(Trainer, "train_one_epoch", None)
    again, same = run(tmp_path, train, val, parser_seed=7)
    assert equal(values(again), values(parser))
    assert same == progress


@pytest.mark.parametrize(
    ("scores", "best"), [([1, 3, 2, 0], 2), ([1, 3, 3, 2], 3), ([0, 0, 0, 0], 4), ([5, 4, 3, 2], 1)]
)
def test_best_epoch_is_kept_and_ties_go_to_the_later(scores, best, train, val, tmp_path, monkeypatch):
    seen = []

    def scored(parser, *_):
        seen.append(values(parser))
        return {"seg_type": float(scores[len(seen) - 1])}

    monkeypatch.setattr(module, "validate", scored)
    parser, progress = run(tmp_path, train, val)
    assert (progress.best_epoch, progress.best_score) == (best, scores[best - 1])
    assert equal(values(parser), seen[best - 1])
    assert not equal(seen[0], seen[1])


def test_log_has_a_json_line_per_epoch(train, val, tmp_path):
    _, progress = run(tmp_path, train, val)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == progress.history
    assert len(lines) == CONFIG.epochs
    assert {"loss_total", "loss_avss", "loss_segment_audio", "seg_type", "evt_event"} <= lines[0].keys()
    assert max(line["seg_type"] for line in lines) == progress.best_score


def test_training_lowers_the_loss(train, val, tmp_path):
    _, progress = run(tmp_path, train, val, config=replace(CONFIG, epochs=8))
    assert progress.history[-1]["loss_total"] < 0.9 * progress.history[0]["loss_total"]


def test_a_loss_that_is_not_finite_is_one_line(train, val, tmp_path):
    parser = make_parser()
    with torch.no_grad():
        next(parser.encoder.parameters()).fill_(float("nan"))
    with pytest.raises(LeapError, match=r"^[^\n]*a loss is not a finite number[^\n]*; lower train\.lr$"):
        fit(parser, Criterion(LossConfig()), train, val, CONFIG, PROTOCOL, 0, tmp_path)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_damaged_checkpoint_is_one_line(train, val, tmp_path):
    run(tmp_path, train, val)
    path = tmp_path / "checkpoint.safetensors"
    for content in (b"", b"no tensors", path.read_bytes()[:-9]):
        path.write_bytes(content)
        with pytest.raises(LeapError, match=r"^[^\n]*checkpoint\.safetensors[^\n]*$"):
            run(tmp_path, train, val)


def test_a_probability_that_is_nan_makes_the_total_nan(train):
    parser = make_parser()
    trainer = Trainer(parser, Criterion(AVSS), make_optimizer(parser, CONFIG), train, CONFIG, 0)
    assert all(torch.isfinite(loss) for loss in trainer.step(torch.arange(4)).values())
    with torch.no_grad():
        parser.decoder.audio.video_head.bias.fill_(torch.nan)
    assert trainer.step(torch.arange(4))["total"].isnan()


def test_a_step_of_no_weight_moves_nothing(train):
    """A rank without a video takes part so."""
    parser = make_parser()
    optimizer = torch.optim.SGD(parser.parameters(), lr=1.0)
    trainer, before = Trainer(parser, Criterion(AVSS), optimizer, train, CONFIG, 0), values(parser)
    losses = trainer.step(torch.arange(4), weight=0.0)
    assert equal(values(parser), before)
    assert losses["total"] > 0
    trainer.step(torch.arange(4))
    assert not equal(values(parser), before)


def test_validation_scores_are_those_of_evaluation(val):
    parser = make_parser()
    assert validate(parser, val, PROTOCOL) == evaluate(parser, val, PROTOCOL)


def test_true_labels_never_influence_training(train, val, tmp_path):
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    swapped = replace(train, true_audio=train.true_visual[order], true_visual=1 - train.true_audio)
    first, _ = run(tmp_path / "a", train, val)
    second, _ = run(tmp_path / "b", swapped, val)
    assert equal(values(first), values(second))


def test_pseudo_labels_do_influence_training(train, val, tmp_path):
    first, _ = run(tmp_path / "a", train, val)
    second, _ = run(tmp_path / "b", replace(train, pseudo_audio=1 - train.pseudo_audio), val)
    assert not equal(values(first), values(second))


def test_epochs_are_compared_by_one_score_or_by_all():
    scores = {"seg_type": 10.0, "evt_a": 30.0, "seg_a": 50.0}
    assert selection_score(scores, TrainConfig()) == 10
    assert selection_score(scores, TrainConfig(selection="evt_a")) == 30
    assert selection_score(scores, TrainConfig(selection="mean")) == 30


@pytest.mark.parametrize(("ties", "best"), [("later", 4), ("earlier", 1)])
def test_ties_go_to_the_epoch_that_the_release_takes(ties, best, train, val, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "validate", lambda *arguments: {"seg_type": 5.0})
    config = replace(CONFIG, ties=ties)
    progress = fit(make_parser(), Criterion(LossConfig()), train, val, config, PROTOCOL, 0, tmp_path)
    assert progress.best_epoch == best


@pytest.mark.parametrize("name", PRESETS)
def test_all_of_a_step_is_on_the_device_of_the_videos(name, make_videos):
    """On the device that has shapes only, and refuses tensors of another."""
    config = scale_width(preset(name), 16)
    videos = make_videos(4, t=4, c=3).to("meta")
    parser = make_parser(model=config.model).to("meta").train()
    criterion, optimizer = Criterion(config.loss), make_optimizer(parser, config.train)
    losses = criterion(parser(videos.audio, videos.visual_2d), videos)
    criterion.total(losses).backward()
    assert all(loss.is_meta for loss in losses.values())
    assert all(parameter.grad.is_meta for parameter in parser.parameters() if parameter.grad is not None)
    assert all(parameter.is_meta for parameter in optimizer.param_groups[0]["params"])
