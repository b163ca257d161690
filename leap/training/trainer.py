"""Training of one parser on videos held in memory, on a CPU or a GPU, in one process or several."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from leap.config import Protocol, TrainConfig
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.predict import predict
from leap.training import cuda_graph
from leap.training.criterion import Criterion
from leap.training.distributed import all_scores, all_sum, rank, rank_slice, replicated, shard, world_size
from leap.training.losses import Losses
from leap.training.optimizer import make_optimizer, optimized, set_learning_rate
from leap.training.schedules import rate_factor
from leap.training.state import Progress, TrainingState

EXPECTED = (
    "an encoder returns two streams (B, T, d), a decoder a Parsing with segment logits (B, T, C) and video "
    "probabilities (B, C), a loss scalars by name"
)


class Trainer:
    """The training steps of one parser.

    Args:
        parser: the parser to train.
        criterion: its losses.
        optimizer: optimiser of its parameters, with one or several parameter groups.
        videos: training videos.
        config: the optimisation.
        seed: seed of batch order and dropout.
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
        self.on_gpu = videos.device.type == "cuda"
        replays = self.on_gpu and world_size() == 1 and criterion.replayable
        self.forward = cuda_graph.forward(parser, replays)
        self.run = cuda_graph.Replay(self.step) if replays else self.step

    def step(self, index: Tensor, weight: float = 1.0, iteration: int = 0, progress: float = 0.0) -> Losses:
        """One training step.

        Args:
            index: videos of the step, (B,).
            weight: weight of their loss, see `leap.training.distributed.shard`.
            iteration: index of the step within the epoch, from 0.
            progress: epochs completed.

        Returns:
            The losses by name and, weighted, their ``total``, which is NaN where a probability is.
        """
        batch = self.criterion.targets(self.parser, self.videos[index], progress)
        parsing = self.forward(*batch.features)
        losses = self.criterion(parsing.without_nan(), batch, iteration)
        total = self.criterion.total(losses)
        self.optimizer.zero_grad(set_to_none=self.on_gpu)  # see make_optimizer
        (weight * total).backward()
        if self.config.clip is not None:
            clip_grad_norm_(optimized(self.optimizer), self.config.clip)
        self.optimizer.step()
        finite = torch.isfinite(parsing.video_audio + parsing.video_visual + parsing.video).all()
        losses["total"] = torch.where(finite, total, torch.nan)
        return {name: loss.detach() for name, loss in losses.items()}

    def train_one_epoch(self, epoch: int) -> dict[str, float]:
        """One pass over the training videos; returns the mean of every loss and of the total.

        Raises:
            LeapError: a probability or a loss is not finite.
        """
        self.parser.train()
        # dropout: a resumed epoch draws what an uninterrupted one does, and each rank its own numbers
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
        if not all(map(math.isfinite, means.values())):
            raise LeapError(f"epoch {epoch + 1}: the loss is not finite {means}; lower train.lr")
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
) -> Progress:
    """Train a parser and leave it with the weights of its best epoch on the validation videos.

    After every epoch ``folder`` holds a checkpoint, and one more JSON line in ``log.jsonl``. Training
    continues from a checkpoint found there; on a CPU the result equals that of an uninterrupted training bit
    for bit. Where torchrun started several processes, each takes its part of every batch, and the first one
    writes.

    Raises:
        LeapError: the checkpoint is damaged or of another ``identity``, the loss is not finite, or losses or
            videos cannot be divided over the processes.
    """
    check_world(criterion, val)
    optimizer = make_optimizer(parser, config)
    trainer = Trainer(replicated(parser), criterion, optimizer, train, config, seed)
    with TrainingState(parser, optimizer, Path(folder), identity) as state:
        progress = state.load()
        for epoch in tqdm(range(len(progress.history), config.epochs), "epochs", disable=None, leave=False):
            losses = trainer.train_one_epoch(epoch)
            scores = validate(parser, val, protocol)
            score = selection_score(scores, config)
            if score > progress.best_score or (score == progress.best_score and config.ties == "later"):
                progress.best_epoch, progress.best_score = epoch + 1, score
                state.keep_best()
            progress.history.append({f"loss_{name}": value for name, value in losses.items()} | scores)
            if rank() == 0:
                state.save(progress, last=epoch + 1 == config.epochs)
        state.restore_best()
    return progress


def check_world(criterion: Criterion, val: Videos) -> None:
    """Refuse several processes where a loss needs whole batches, or where a process would have no video.

    Raises:
        LeapError: losses or videos cannot be divided over the processes.
    """
    if len(val) < world_size():
        raise LeapError(f"{world_size()} processes have only {len(val)} val videos to score; take fewer")
    if world_size() > 1 and not criterion.shardable:
        raise LeapError("these losses need whole batches (BasicLoss.shardable); train in one process")


def check_step(parser: nn.Module, criterion: Criterion, videos: Videos) -> None:
    """Parse a few videos and compute their losses once, so parts that do not fit are refused beforehand.

    Raises:
        LeapError: the encoder, the decoder or the loss fails, or returns other shapes than it should.
    """
    state = parser.training
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            parsing = parser.eval()(*videos.features)
            losses = criterion(parsing.without_nan(), videos)
            segments, loss = parsing.segment_audio.shape, criterion.total(losses).shape
    except LeapError:
        raise
    except Exception as error:  # of code of one's own, of any kind
        what = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise LeapError(f"the parts do not work together ({what}); {EXPECTED}") from error
    if segments != videos.pseudo_audio.shape or loss:
        raise LeapError(f"segment logits of shape {tuple(segments)}, a loss of {tuple(loss)}; {EXPECTED}")
    parser.train(state)


def validate(parser: nn.Module, videos: Videos, protocol: Protocol) -> dict[str, float]:
    """The ten scores × 100 on videos with dense labels, each rank scoring its part of them."""
    videos = videos[rank_slice()]
    predictions, (true_audio, true_visual) = predict(parser, videos, protocol), videos.truth()
    return all_scores(predictions.audio, predictions.visual, true_audio.cpu(), true_visual.cpu())


def selection_score(scores: dict[str, float], config: TrainConfig) -> float:
    """The score by which epochs are compared on the validation split."""
    if config.selection == "mean":
        return sum(scores.values()) / len(scores)
    return scores[config.selection]


def epoch_order(videos: int, seed: int, epoch: int) -> Tensor:
    """Order of the videos in an epoch, (N,), from seed and epoch alone, so a resumed run repeats it.

    >>> sorted(epoch_order(4, seed=0, epoch=1).tolist())
    [0, 1, 2, 3]
    """
    generator = torch.Generator().manual_seed(_mix(seed, epoch))
    return torch.randperm(videos, generator=generator)


def _mix(seed: int, epoch: int) -> int:
    return seed * 100_003 + epoch
