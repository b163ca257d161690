"""Training and evaluation of one parser on videos held in memory, the processor's or a GPU's."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from leap.config import TrainConfig
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.decode import Protocol, decode
from leap.models.output import Parsing
from leap.training.criterion import Criterion
from leap.training.distributed import all_scores, all_sum, mine, processes, rank, replicated, share
from leap.training.schedules import learning_rate
from leap.training.state import Progress, TrainingState
from leap.training.step import Step

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Predictions:
    """Decoded events and the probabilities behind them, on the CPU.

    Attributes:
        audio: decoded audio events, (N, T, C), zeros and ones.
        visual: decoded visual events, (N, T, C), zeros and ones.
        probability_audio: segment probabilities, (N, T, C).
        probability_visual: segment probabilities, (N, T, C).
    """

    audio: Tensor
    visual: Tensor
    probability_audio: Tensor
    probability_visual: Tensor


def flat(parser: nn.Module) -> nn.Parameter:
    """A parser's parameters as one vector, of which they and their gradients become views.

    To clip and update one vector takes a few operations; hundreds of small tensors, a share of every step.
    """
    parameters = list(parser.parameters())
    sizes = [parameter.numel() for parameter in parameters]
    vector = nn.Parameter(nn.utils.parameters_to_vector(parameters).detach())
    vector.grad = torch.zeros_like(vector)
    parts = vector.detach().split(sizes), vector.grad.split(sizes)
    for parameter, values, gradient in zip(parameters, *parts, strict=True):
        parameter.data, parameter.grad = values.view_as(parameter), gradient.view_as(parameter)
    return vector


def make_optimizer(parser: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The config's optimiser over all parameters, which are `flat` but on a GPU.

    There it updates any number of them in a few operations, and gradients are to be dropped before a step;
    those of a flat vector are to be zeroed.
    """
    kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[config.optimizer]
    on_a_gpu = next(parser.parameters()).is_cuda
    return kind(
        list(parser.parameters()) if on_a_gpu else [flat(parser)],
        lr=torch.tensor(config.lr, device="cuda") if on_a_gpu else config.lr,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=True,
        capturable=on_a_gpu,
    )


def epoch_order(videos: int, seed: int, epoch: int) -> Tensor:
    """Order of the videos in an epoch; it depends on seed and epoch alone, so a resumed run repeats it."""
    generator = torch.Generator().manual_seed(_mix(seed, epoch))
    return torch.randperm(videos, generator=generator)


def parse_videos(parser: nn.Module, videos: Videos) -> Iterator[Parsing]:
    """Parse videos in batches, in eval mode and without gradients."""
    parser.eval()
    with torch.inference_mode():
        for start in range(0, len(videos), EVALUATION_BATCH):
            batch = videos[start : start + EVALUATION_BATCH]
            yield parser(batch.audio, batch.visual_2d, batch.visual_3d)


def predict(parser: nn.Module, videos: Videos, protocol: Protocol) -> Predictions:
    """Decode the events of all videos."""
    parts: list[tuple[Tensor, ...]] = []
    for parsing in parse_videos(parser, videos):
        audio, visual = decode(parsing, protocol)
        parts.append((audio, visual, parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()))
    return Predictions(*(torch.cat(column).cpu() for column in zip(*parts, strict=True)))


def evaluate(parser: nn.Module, videos: Videos, protocol: Protocol) -> dict[str, float]:
    """The ten scores on videos with dense labels, each process taking its share of them."""
    videos = videos[mine()]
    predictions, (true_audio, true_visual) = predict(parser, videos, protocol), videos.truth()
    return all_scores(predictions.audio, predictions.visual, true_audio.cpu(), true_visual.cpu())


def selection_score(scores: dict[str, float], config: TrainConfig) -> float:
    """What epochs are compared by on val: one score, or the mean of all ten."""
    if config.selection == "mean":
        return sum(scores.values()) / len(scores)
    return scores[config.selection]


def train_one_epoch(
    parser: nn.Module,
    criterion: Criterion,
    optimizer: torch.optim.Optimizer,
    videos: Videos,
    config: TrainConfig,
    seed: int,
    epoch: int,
) -> dict[str, float]:
    """One pass over the training videos; returns the mean of each named loss and of the total.

    Raises:
        LeapError: if a probability or a loss is not finite.
    """
    return _train_one_epoch(Step(parser, criterion, optimizer, videos, config.clip), config, seed, epoch)


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
    """Train a parser and leave it with the weights of its best epoch on val.

    After every epoch ``folder`` holds a checkpoint and one more JSON line in ``log.jsonl``. If a
    checkpoint is there already, training goes on from it; on the CPU the result equals an
    uninterrupted run bit for bit. Where torchrun started several processes, each takes its share of every
    batch, and the first writes.

    Raises:
        LeapError: if the checkpoint is damaged or of another ``identity``, the loss is not finite, or
            losses or videos do not divide over the processes.
    """
    if len(val) < processes():
        raise LeapError(f"{processes()} processes have only {len(val)} val videos to score; take fewer")
    if processes() > 1 and not criterion.divides:
        raise LeapError("label denoising and confident L_avss need whole batches; train in one process")
    optimizer, replica = make_optimizer(parser, config), replicated(parser)
    step = Step(replica, criterion, optimizer, train, config.clip)
    with TrainingState(parser, optimizer, Path(folder), identity) as state:
        progress = state.load()
        for epoch in tqdm(range(len(progress.history), config.epochs), "epochs", disable=None, leave=False):
            losses = _train_one_epoch(step, config, seed, epoch)
            scores = evaluate(parser, val, protocol)
            score = selection_score(scores, config)
            if score > progress.best_score or (score == progress.best_score and config.ties == "later"):
                progress.best_epoch, progress.best_score = epoch + 1, score
                state.keep_best()
            progress.history.append({f"loss_{name}": value for name, value in losses.items()} | scores)
            if rank() == 0:
                state.save(progress, last=epoch + 1 == config.epochs)
        state.restore_best()
    return progress


def _train_one_epoch(step: Step, config: TrainConfig, seed: int, epoch: int) -> dict[str, float]:
    step.parser.train()
    # dropout: a resumed epoch draws what an uninterrupted one does, and no process what another does
    torch.manual_seed(_mix(seed, epoch) + 10**9 * rank())
    videos = len(step.videos)
    batches = epoch_order(videos, seed, epoch).to(step.videos.device).split(config.batch)
    sums = torch.zeros(1, device=step.videos.device)
    for index, batch in enumerate(batches):
        step.set_rate(learning_rate(epoch * len(batches) + index, len(batches), config))
        part, weight = share(batch)
        losses = step(part, weight, index, epoch + index / len(batches))
        sums = sums + weight / processes() * torch.stack([*losses.values()]) * len(batch) / videos
    means = {name: all_sum(value) for name, value in zip(losses, sums, strict=True)}
    if not all(map(math.isfinite, means.values())):
        raise LeapError(f"epoch {epoch + 1}: the loss is not finite {means}; lower train.lr")
    return means


def _mix(seed: int, epoch: int) -> int:
    return seed * 100_003 + epoch
