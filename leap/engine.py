"""Training and evaluation of one parser on videos held in memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from leap.config import TrainConfig
from leap.data.videos import Videos
from leap.decoding import Protocol, decode
from leap.errors import LeapError
from leap.files import atomic_path
from leap.losses import Criterion
from leap.metrics import parsing_scores
from leap.models.parsing import Parsing

EVALUATION_BATCH = 256
SELECTION = "seg_type"  # model selection on val, as in HAN, MM-Pyr and LEAP


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


@dataclass
class Progress:
    """How far a training is: what a checkpoint holds besides tensors.

    Attributes:
        history: one entry an epoch: losses, val scores.
        best_epoch: epoch with the best val score so far, counted from 1; ties go to the later epoch.
        best_score: its val segment-level Type@AV.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_score: float = -1.0


def learning_rate(step: int, steps: int, config: TrainConfig) -> float:
    """Rate at a step counted from 0: linear warm-up, then half a cosine down to 0."""
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    return config.lr * 0.5 * (1 + cos(pi * (step - config.warmup) / max(1, steps - config.warmup)))


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
    """The ten scores on videos with dense labels."""
    predictions = predict(parser, videos, protocol)
    return parsing_scores(
        predictions.audio, predictions.visual, videos.true_audio.cpu(), videos.true_visual.cpu()
    )


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
        LeapError: if the total loss is not finite.
    """
    parser.train()
    torch.manual_seed(_mix(seed, epoch))  # dropout: a resumed epoch draws what an uninterrupted one does
    batches = epoch_order(len(videos), seed, epoch).split(config.batch)
    sums: dict[str, Tensor] = {}
    for index, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(epoch * len(batches) + index, config.epochs * len(batches), config)
        losses = _step(parser, criterion, optimizer, videos[batch], config.clip)
        for name, loss in losses.items():
            sums[name] = sums.get(name, torch.zeros(())) + loss.detach() * len(batch) / len(videos)
    means = {name: float(value) for name, value in sums.items()}
    if not all(map(torch.isfinite, sums.values())):
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
) -> Progress:
    """Train a parser and leave it with the weights of its best epoch on val.

    After every epoch ``folder`` holds a checkpoint and one more JSON line in ``log.jsonl``. If a
    checkpoint is there already, training goes on from it; on the CPU the result equals an
    uninterrupted run bit for bit.
    """
    optimizer = torch.optim.AdamW(
        parser.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True
    )
    state = _TrainingState(parser, optimizer, Path(folder))
    progress = state.load()
    for epoch in tqdm(range(len(progress.history), config.epochs), "epochs", disable=None, leave=False):
        losses = train_one_epoch(parser, criterion, optimizer, train, config, seed, epoch)
        scores = evaluate(parser, val, protocol)
        if scores[SELECTION] >= progress.best_score:
            progress.best_epoch, progress.best_score = epoch + 1, scores[SELECTION]
            state.keep_best()
        progress.history.append({f"loss_{name}": value for name, value in losses.items()} | scores)
        state.save(progress)
    state.restore_best()
    return progress


def _step(
    parser: nn.Module, criterion: Criterion, optimizer: torch.optim.Optimizer, batch: Videos, clip: float
) -> dict[str, Tensor]:
    losses = criterion(parser(batch.audio, batch.visual_2d, batch.visual_3d), batch)
    total = criterion.total(losses)
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    nn.utils.clip_grad_norm_(parser.parameters(), clip)
    optimizer.step()
    return losses | {"total": total}


def _mix(seed: int, epoch: int) -> int:
    return seed * 100_003 + epoch


class _TrainingState:
    """Parser, best parser and optimiser state, in memory and in ``checkpoint.safetensors``."""

    def __init__(self, parser: nn.Module, optimizer: torch.optim.Optimizer, folder: Path) -> None:
        self.parser, self.optimizer = parser, optimizer
        self.path = folder / "checkpoint.safetensors"
        self.log = folder / "log.jsonl"
        self.best: dict[str, Tensor] = {}

    def keep_best(self) -> None:
        self.best = {name: tensor.clone() for name, tensor in self.parser.state_dict().items()}

    def restore_best(self) -> None:
        self.parser.load_state_dict(self.best)

    def save(self, progress: Progress) -> None:
        tensors = _prefixed("last", self.parser.state_dict()) | _prefixed("best", self.best)
        for index, values in self.optimizer.state_dict()["state"].items():
            tensors |= _prefixed(f"optimizer.{index}", values)
        with atomic_path(self.path) as temporary:
            save_file(tensors, temporary, {"progress": json.dumps(vars(progress))})
        with atomic_path(self.log) as temporary:
            temporary.write_text("".join(json.dumps(entry) + "\n" for entry in progress.history))

    def load(self) -> Progress:
        if not self.path.exists():
            return Progress()
        with safe_open(self.path, framework="pt") as file:
            progress = Progress(**json.loads(file.metadata()["progress"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        self.parser.load_state_dict(_unprefixed("last", tensors))
        self.best = _unprefixed("best", tensors)
        self._load_optimizer(tensors)
        return progress

    def _load_optimizer(self, tensors: dict[str, Tensor]) -> None:
        values = self.optimizer.state_dict()
        states: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _unprefixed("optimizer", tensors).items():
            index, key = name.split(".", 1)
            states.setdefault(int(index), {})[key] = tensor
        self.optimizer.load_state_dict(values | {"state": states})


def _prefixed(prefix: str, tensors: dict[str, Any]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor.clone() for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
