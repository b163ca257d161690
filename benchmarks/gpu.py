"""Training at the paper's size on a GPU: ``python -m benchmarks.gpu --help``.

Our implementation keeps all videos on the device, rounds the factors of products to bfloat16 and replays its
steps as a CUDA graph. The release's implementation trains in float32 and loads every video's files. Features
are random, in LLP's shapes. ``gpu.csv`` holds the seconds of a whole training; those of the release are
extrapolated from a few steps. ``gpu_precision.csv`` holds the scores of the same seeds in both precisions on
simulated videos. Both commands also run on a CPU, as a test.
"""

import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from benchmarks.cost import BATCH, FRAMES, random_videos
from benchmarks.input import from_files
from benchmarks.measure import write_table
from benchmarks.precision import SCORES, at, compared
from benchmarks.step import FEATURES, averaged, our_model, preset_of, release_loss, release_model, take
from leap.config import RunConfig
from leap.data.annotations import read_weak_labels
from leap.data.llp_sim import simulate_llp
from leap.data.registry import default_labels
from leap.data.store import FeatureStore
from leap.data.videos import Videos
from leap.experiments.records import TYPE_MEANS
from leap.inference.predict import predict
from leap.metrics import per_video_scores
from leap.presets import preset
from leap.training.criterion import Criterion
from leap.training.run import train
from leap.training.trainer import fit
from tests.official_tree import make_up_tree

FEW, VAL = 20, 649
"""Number of timed steps of the release's implementation; number of videos in LLP's val."""

app = typer.Typer(pretty_exceptions_enable=False)


def many(videos: int) -> Videos:
    """The given number of random videos: one random batch, repeated."""
    batch = averaged(random_videos(FEATURES, FRAMES))
    return batch[torch.arange(videos) % len(batch)]


def ours(videos: int, epochs: int, device: str) -> float:
    """Seconds of our whole training, including transfer, evaluation after every epoch and checkpoints."""
    config, model = preset_of(512), our_model(512, "bfloat16").to(device)
    training, val = many(videos), many(min(VAL, videos))
    val = replace(val, true_audio=val.pseudo_audio, true_visual=val.pseudo_visual)
    settings = replace(config.train, epochs=epochs, batch=BATCH)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        criterion, places = Criterion(config.loss), (training.to(device), val.to(device))
        fit(model, criterion, *places, settings, config.protocol, 0, folder)
    return time.perf_counter() - started


def release(videos: int, epochs: int, device: str) -> float:
    """Seconds of the release's training without evaluation, extrapolated from `FEW` steps."""
    model = release_model(512).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    labels = random_videos(FEATURES, FRAMES).to(device)
    with tempfile.TemporaryDirectory() as folder:
        root = make_up_tree(Path(folder), {"train": (1 + FEW) * BATCH, "val": 1, "test": 1})
        batches = from_files(root, read_weak_labels(root / "annotations", "train").filenames, average=False)
        for count in (1, FEW):  # the first step is a warm-up
            started = time.perf_counter()
            for audio, visual_2d, visual_3d, *_ in islice(batches, count):
                batch = replace(labels, audio=audio, visual_2d=visual_2d, visual_3d=visual_3d).to(device)
                take(model, lambda parsing: release_loss(parsing, labels), optimizer, batch, none=True)
            if device != "cpu":
                torch.cuda.synchronize()
        return (time.perf_counter() - started) / FEW * -(-videos // BATCH) * epochs


@app.command()
def speed(device: str = "cuda", videos: int = 10_000, epochs: int = 30) -> None:
    """Time both implementations and write ``gpu.csv``."""
    seconds = {"the release's way": release(videos, epochs, device), "ours": ours(videos, epochs, device)}
    rows = {
        name: {"videos": videos, "epochs": epochs, "s": value, "×": seconds["the release's way"] / value}
        for name, value in seconds.items()
    }
    write_table(rows, "gpu", "way", device)


def scores(config: RunConfig, store: FeatureStore, device: str) -> dict[str, NDArray[np.float64]]:
    """Train a run and return the scores of every test video, (N,), by name."""
    with tempfile.TemporaryDirectory() as folder:
        parser, _ = train(config, store, Path(folder), device)
    videos = store.videos("test", config.model.inputs)
    predictions = predict(parser.to(device), videos.to(device), config.protocol)
    found = per_video_scores(predictions.audio, predictions.visual, *videos.truth())
    return {key: np.mean([found[part] for part in TYPE_MEANS[key]], axis=0) for key in SCORES.values()}


@app.command()
def precision(device: str = "cuda", videos: int = 1_000, seeds: int = 5) -> None:
    """Train on simulated videos in both precisions and write ``gpu_precision.csv``."""
    with tempfile.TemporaryDirectory() as folder:
        path, base = simulate_llp(Path(folder) / "llp_sim.h5", videos), preset("leap")
        model = replace(base.model, labels=default_labels("llp-sim"))
        with FeatureStore(path) as store:
            configs = [replace(base, dataset=store.dataset, model=model, seed=seed) for seed in range(seeds)]
            exact = [scores(config, store, device) for config in at("float32", configs)]
            rounded = [scores(config, store, device) for config in at("bfloat16", configs)]
    rows = {
        score: compared([found[key] for found in exact], [found[key] for found in rounded])
        for score, key in SCORES.items()
    }
    write_table(rows, "gpu_precision", "score", device)


if __name__ == "__main__":
    app()
