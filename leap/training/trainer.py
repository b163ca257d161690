"""Train one parser on videos in memory, on a CPU or a GPU, in one or several processes."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from leap.config import Protocol, TrainConfig
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.evaluate import evaluate
from leap.io.progress import with_progress
from leap.io.reason import os_reason
from leap.models.output import Parsing
from leap.training import cuda_graph
from leap.training.criterion import Criterion
from leap.training.distributed import all_scores, all_sum, rank, rank_slice, replicated, shard, world_size
from leap.training.losses import Losses
from leap.training.observers import NOBODY, Epoch, Observer
from leap.training.optimizer import clip_gradient, learning_rate, make_optimizer, set_learning_rate
from leap.training.schedules import rate_factor
from leap.training.state import Progress, TrainingState

EXPECTED = (
    "an encoder returns two streams (B, T, d), a decoder a Parsing with segment logits (B, T, C) and video "
    "probabilities (B, C), a loss scalars by name"
)


class DivergenceError(LeapError):
    """A training has a loss that is not finite."""


class Trainer:
    """The training steps of one parser.

    Args:
        parser: the parser to train.
        criterion: the losses.
        optimizer: optimizer of the parser's parameters, with one or several parameter groups.
        videos: training videos, on the device of the parser.
        config: config of the optimization.
        seed: seed of batch order and dropout.

    Attributes:
        gradient_norm: norm of the gradient before clipping, averaged over the steps of the last epoch.
    """

    def __init__(
        self,
        parser: nn.Module,
        criterion: Criterion,
        optimizer: torch.optim.Optimizer,
        videos: Videos,
        config: TrainConfig,
        seed: int,
    ) -> None:
        self.parser, self.criterion, self.optimizer = parser, criterion, optimizer
        self.videos, self.config, self.seed = videos, config, seed
        self.gradient_norm = math.nan
        self.on_gpu = videos.device.type == "cuda"
        replays = self.on_gpu and world_size() == 1 and criterion.replayable
        self.forward = cuda_graph.forward(parser, replays)
        self.run = cuda_graph.Replay(self.step) if replays else self.step

    def step(self, index: Tensor, weight: float = 1.0, iteration: int = 0, progress: float = 0.0) -> Losses:
        """Perform one training step.

        Args:
            index: indices of the step's videos, (B,).
            weight: weight of the loss, see `leap.training.distributed.shard`.
            iteration: index of the step within the epoch, from 0.
            progress: completed epochs.

        Returns:
            The losses by name; ``total``, their weighted sum, which is NaN if any video probability is not
            finite; and ``gradient_norm``, the norm of the gradient before clipping.
        """
        batch = self.criterion.targets(self.parser, self.videos[index], progress)
        parsing = self.forward(*batch.features)
        losses = self.criterion(parsing.without_nan(), batch, iteration)
        total = self.criterion.total(losses)
        self.optimizer.zero_grad(set_to_none=self.on_gpu)  # see make_optimizer
        (weight * total).backward()
        losses["gradient_norm"] = clip_gradient(self.optimizer, self.config.clip)
        self.optimizer.step()
        finite = torch.isfinite(parsing.video_audio + parsing.video_visual + parsing.video).all()
        losses["total"] = torch.where(finite, total, torch.nan)
        return {name: loss.detach() for name, loss in losses.items()}

    def train_one_epoch(self, epoch: int) -> dict[str, float]:
        """Train for one epoch; returns the mean of every loss and of the total over the training videos.

        Args:
            epoch: index of the epoch, from 0.

        Raises:
            DivergenceError: a video probability or a loss is not finite.
        """
        self.parser.train()
        # seed of dropout: the same in a resumed and an uninterrupted epoch, different for each rank
        torch.manual_seed(_mix(self.seed, epoch) + 10**9 * rank())
        videos, device = len(self.videos), self.videos.device
        batches = epoch_order(videos, self.seed, epoch).to(device).split(self.config.batch)
        sums = torch.zeros(1, device=device)
        for step, batch in enumerate(batches):
            factor = rate_factor(epoch * len(batches) + step, len(batches), self.config)
            set_learning_rate(self.optimizer, factor)
            index, weight = shard(batch)
            losses = self.run(index, weight, step, epoch + step / len(batches))
            sums = sums + weight / world_size() * torch.stack([*losses.values()]) * len(batch) / videos
        means = dict(zip(losses, all_sum(sums).tolist(), strict=True))
        self.gradient_norm = means.pop("gradient_norm")
        if not all(map(math.isfinite, means.values())):
            raise DivergenceError(f"epoch {epoch + 1}: a loss is not a finite number {means}; lower train.lr")
        return means


def fit(
    parser: nn.Module,
    criterion: Criterion,
    train: Videos,
    val: Videos,
    config: TrainConfig,
    protocol: Protocol,
    seed: int,
    folder: str | Path,
    identity: str = "",
    observer: Observer = NOBODY,
) -> Progress:
    """Train a parser, which ends with the weights of its best epoch on the validation videos.

    After every epoch, a checkpoint and one JSON line of ``log.jsonl`` are written to ``folder``; on a GPU at
    most every ten seconds. Training continues from a checkpoint in ``folder``. On a CPU, the result of a
    resumed training is bit-identical to that of an uninterrupted one. If torchrun started several processes,
    each computes its part of every batch, and rank 0 writes.

    Args:
        parser: the parser to train.
        criterion: the losses.
        train: training videos, on the device of the parser.
        val: validation videos, on the device of the parser.
        config: config of the optimization.
        protocol: decoding protocol of the validation.
        seed: seed of batch order and dropout.
        folder: folder of the checkpoint and of the log.
        identity: key of the training; a checkpoint with another identity is refused.
        observer: receives every epoch, on rank 0.

    Raises:
        LeapError: the checkpoint is damaged or belongs to another ``identity``, a loss is not finite, the
            parser has nothing to train, the validation videos have no dense labels, or losses or videos
            cannot be divided over the processes.
        OSError: a checkpoint cannot be written.
    """
    check_world(criterion, val)
    optimizer = make_optimizer(parser, config)
    trainer = Trainer(replicated(parser), criterion, optimizer, train, config, seed)
    with TrainingState(parser, optimizer, Path(folder), identity) as state:
        progress = state.load()
        if rank() == 0:
            observer.start(progress.history)
        for epoch in with_progress(range(len(progress.history), config.epochs), "epochs", unit="epoch"):
            losses = trainer.train_one_epoch(epoch)
            scores = validate(parser, val, protocol)
            score = selection_score(scores, config)
            if score > progress.best_score or (score == progress.best_score and config.ties == "later"):
                progress.best_epoch, progress.best_score = epoch + 1, score
                state.keep_best()
            progress.history.append({f"loss_{name}": value for name, value in losses.items()} | scores)
            if rank() == 0:  # the observer first: a kill between the two leaves no gap in what it keeps
                rate, norm = learning_rate(optimizer), trainer.gradient_norm
                observer.after_epoch(Epoch(epoch + 1, progress.history[-1], rate, norm, parser))
                state.save(progress, last=epoch + 1 == config.epochs)
        state.restore_best()
    return progress


def check_world(criterion: Criterion, val: Videos) -> None:
    """Refuse several processes if a loss needs whole batches or a process would not have a video to score.

    Raises:
        LeapError: losses or videos cannot be divided over the processes.
    """
    if len(val) < world_size():
        raise LeapError(f"{world_size()} processes have only {len(val)} val videos to score; start fewer")
    if world_size() > 1 and not criterion.shardable:
        raise LeapError("one of the losses compares the videos of a whole batch; train in one process")


def check_step(parser: nn.Module, criterion: Criterion, videos: Videos) -> None:
    """Parse a few videos and compute their losses once, to refuse incompatible parts before training.

    Raises:
        LeapError: the encoder, the decoder or the loss raises an error, or an output of the decoder or the
            total loss has a wrong shape.
    """
    state = parser.training
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            parsing = parser.eval()(*videos.features)
            check_shapes(parsing, *videos.pseudo_audio.shape)
            loss = criterion.total(criterion(parsing.without_nan(), videos))
    except LeapError:
        raise
    except Exception as error:  # a custom part may raise anything
        if refused := os_reason(error):
            raise LeapError(f"a first step on two videos: {refused}") from None
        what = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise LeapError(f"the parts do not work together ({what}); {EXPECTED}") from error
    if loss.shape:
        raise LeapError(f"the total loss is no single number but has shape {tuple(loss.shape)}; {EXPECTED}")
    parser.train(state)


def check_shapes(parsing: Parsing, videos: int, segments: int, classes: int) -> None:
    """Refuse a parsing in which an output that every decoder must return has a wrong shape.

    Args:
        parsing: the parsing.
        videos: B.
        segments: T.
        classes: C.

    Raises:
        LeapError: an output has a wrong shape; the message names it.
    """
    shapes = {
        "segment": (videos, segments, classes),
        "video": (videos, classes),
        "encoded": (videos, segments, *parsing.encoded_audio.shape[-1:]),
    }
    outputs = [f"{kind}_{modality}" for kind in shapes for modality in ("audio", "visual")]
    for name in [*outputs, "video"]:
        found, expected = tuple(getattr(parsing, name).shape), shapes[name.partition("_")[0]]
        if found != expected:
            raise LeapError(f"the decoder's {name} has the shape {found}, not {expected}; {EXPECTED}")


def validate(parser: nn.Module, videos: Videos, protocol: Protocol) -> dict[str, float]:
    """The ten scores × 100 on videos with dense labels; each rank parses its slice of the videos."""
    return evaluate(parser, videos[rank_slice()], protocol, all_scores)


def selection_score(scores: dict[str, float], config: TrainConfig) -> float:
    """The validation score by which epochs are compared: one of the ten scores or the mean of all."""
    if config.selection == "mean":
        return sum(scores.values()) / len(scores)
    return scores[config.selection]


def epoch_order(videos: int, seed: int, epoch: int) -> Tensor:
    """Order of the videos in an epoch, (N,), determined by seed and epoch, so a resumed run repeats it.

    >>> sorted(epoch_order(4, seed=0, epoch=1).tolist())
    [0, 1, 2, 3]
    """
    generator = torch.Generator().manual_seed(_mix(seed, epoch))
    return torch.randperm(videos, generator=generator)


def _mix(seed: int, epoch: int) -> int:
    return seed * 100_003 + epoch
