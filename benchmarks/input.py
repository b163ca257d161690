"""Time to load an epoch's input, and throughput of evaluation and parsing: ``python -m benchmarks.input``.

Random videos in LLP's official layout are packed. ``input.csv`` compares an epoch that loads each video's
files and averages its frames, as the releases do, with an epoch over the packed videos, and states the memory
that the packed videos occupy. ``evaluation.csv`` compares ``leap evaluate``, from the store to the scores,
with the forward passes only.
"""

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
import typer
from torch import Tensor

from benchmarks.cost import BATCH, inputs
from benchmarks.measure import in_own_process, medians, peak, write_table
from leap.config import Protocol
from leap.data.annotations import read_weak_labels
from leap.data.llp.features import FEATURES, PSEUDO_LABELS, feature_file
from leap.data.llp.pack import pack_llp
from leap.data.store import FeatureStore
from leap.data.videos import Videos
from leap.inference.evaluate import evaluate
from leap.inference.predict import parse_videos
from leap.models.parser import build_parser
from leap.presets import preset
from leap.training.trainer import epoch_order
from tests.official_tree import make_up_tree

VIDEOS = {"train": 1_000, "val": 100, "test": 1200}
REPEATS = 5
TRAINING = [source for source in (*FEATURES, *PSEUDO_LABELS) if source.name not in ("clip", "clap")]

app = typer.Typer(pretty_exceptions_enable=False)


def from_files(root: Path, names: tuple[str, ...], average: bool = True) -> Iterator[list[Tensor]]:
    """Batches loaded from every video's official files; ``average`` averages the frames of each second."""
    for batch in epoch_order(len(names), 0, 0).split(BATCH):
        paths = [[root / feature_file(root, s, names[i]) for i in batch.tolist()] for s in TRAINING]
        tensors = [
            torch.from_numpy(np.stack([np.load(path, allow_pickle=False) for path in column]))
            for column in paths
        ]
        yield [_averaged(tensor) for tensor in tensors] if average else tensors


def _averaged(x: Tensor) -> Tensor:
    """Average the frames of each second, if there are several."""
    return x.unflatten(1, (10, -1)).mean(2) if x.shape[1] > 10 else x


def from_store(videos: Videos) -> Iterator[Videos]:
    """Batches drawn from the packed videos in memory."""
    for batch in epoch_order(len(videos), 0, 0).split(BATCH):
        yield videos[batch]


def exhaust(epoch: Iterator[object]) -> None:
    """Draw all batches."""
    for _ in epoch:
        pass


@app.command()
def memory(path: Path) -> None:
    """Print the MiB of memory that the videos of a store occupy while an epoch is drawn from them."""
    before = peak()
    with FeatureStore(path) as store:
        train, _ = store.videos("train"), store.videos("val")
    exhaust(from_store(train))
    print(json.dumps(peak() - before))


def epochs(root: Path, path: Path) -> dict[str, dict[str, float]]:
    """Seconds of an epoch's input from files and from the store, and the size of the packed videos."""
    names = read_weak_labels(root / "annotations", "train").filenames
    with FeatureStore(path) as store:
        videos = store.videos("train")
    ways = {
        "official files": lambda: exhaust(from_files(root, names)),
        "packed store": lambda: exhaust(from_store(videos)),
    }
    rows, steps = {}, -(-len(names) // BATCH)
    for way, seconds in medians(ways, REPEATS).items():
        rows[way] = {"videos": len(names), "s per epoch": seconds, "ms per step": 1000 * seconds / steps}
    packed = rows["packed store"]
    packed["×"] = rows["official files"]["s per epoch"] / packed["s per epoch"]
    packed["MiB on disk"] = path.stat().st_size / 2**20
    packed["MiB in memory"] = in_own_process("benchmarks.input", "memory", path)
    packed["MiB more"] = packed["MiB in memory"] - packed["MiB on disk"]
    return rows


def parse_all(parser: torch.nn.Module, videos: Videos) -> None:
    """Run only the forward passes."""
    exhaust(parse_videos(parser, videos))


def score_all(parser: torch.nn.Module, path: Path, protocol: Protocol) -> None:
    """Load and score the test videos, as ``leap evaluate`` does after it has read the parser."""
    with FeatureStore(path) as store:
        evaluate(parser, store.videos("test"), protocol)


def evaluations(path: Path) -> dict[str, dict[str, float]]:
    """Videos per second of the forward passes and of the whole evaluation, and their ratio."""
    rows = {}
    with FeatureStore(path) as store:
        videos = store.videos("test")
    for name in ("han", "leap"):
        config = preset(name)
        parser = build_parser(config.model, inputs(name), torch.randn(25, 300))
        tasks = {
            "parsing": partial(parse_all, parser, videos),
            "evaluation": partial(score_all, parser, path, config.protocol),
        }
        rates = {task: len(videos) / seconds for task, seconds in medians(tasks, REPEATS).items()}
        rows[name] = rates | {"fraction": rates["evaluation"] / rates["parsing"]}
    return rows


@app.command()
def table() -> None:
    """Measure and write both tables."""
    with tempfile.TemporaryDirectory() as folder:
        root, path = make_up_tree(Path(folder), VIDEOS), Path(folder) / "llp.h5"
        pack_llp(root, path)
        write_table(epochs(root, path), "input", "input")
        write_table(evaluations(path), "evaluation", "preset")


if __name__ == "__main__":
    app()
