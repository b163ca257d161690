"""Training at the paper's size on a GPU: ``python -m benchmarks.gpu --help``.

Ours holds all videos on the device and trains in bfloat16, compiled; the release's way trains in float32 and
loads every video's files. Random features of LLP's shapes; ``gpu.csv`` has seconds for the epochs asked for,
the release's from a few of its steps. Runs on a CPU, too, to see that it does.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
import typer

from benchmarks.cost import BATCH, FRAMES, random_videos
from benchmarks.input import from_files
from benchmarks.measure import product, write_table
from benchmarks.step import FEATURES, averaged, our_model, preset_of, release_loss, release_model, take
from leap.criterion import Criterion
from leap.data.annotations import read_weak_labels
from leap.data.videos import Videos
from leap.engine import fit
from tests.official_tree import make_up_tree

FEW = 20
"""Steps by which the release's way is judged."""


def many(videos: int) -> Videos:
    """So many random videos."""
    batch = averaged(random_videos(FEATURES, FRAMES))
    return batch[torch.arange(videos) % len(batch)]


def ours(videos: int, epochs: int, device: str, compiled: bool) -> float:
    """Seconds of the whole training, compilation and transfer included."""
    config, model = preset_of(512), our_model(512, "bfloat16").to(device)
    train, val = many(videos), many(BATCH)
    val = replace(val, true_audio=val.pseudo_audio, true_visual=val.pseudo_visual)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        fit(
            model,
            Criterion(config.loss),
            train.to(device),
            val.to(device),
            replace(config.train, epochs=epochs, batch=BATCH),
            config.protocol,
            0,
            folder,
            compiled=compiled,
        )
    return time.perf_counter() - started


def release(videos: int, epochs: int, device: str) -> float:
    """Seconds that the same takes the release's way, from a few steps."""
    model = release_model(512).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    labels = random_videos(FEATURES, FRAMES).to(device)
    with tempfile.TemporaryDirectory() as folder:
        root = make_up_tree(Path(folder), {"train": FEW * BATCH, "val": 1, "test": 1})
        names = read_weak_labels(root / "annotations", "train").filenames
        started = time.perf_counter()
        for audio, visual_2d, visual_3d, *_ in from_files(root, names, average=False):
            batch = replace(labels, audio=audio, visual_2d=visual_2d, visual_3d=visual_3d).to(device)
            take(model, lambda parsing: release_loss(parsing, labels), optimizer, batch, none=True)
        if device != "cpu":
            torch.cuda.synchronize()
        return (time.perf_counter() - started) / FEW * -(-videos // BATCH) * epochs


def main(device: str = "cuda", videos: int = 10_000, epochs: int = 30, compiled: bool = True) -> None:
    """Measure both and write the table."""
    seconds = {"the release's way": release(videos, epochs, device)}
    seconds["ours"] = ours(videos, epochs, device, compiled)
    rows = {
        name: {"videos": videos, "epochs": epochs, "s": value, "×": seconds["the release's way"] / value}
        for name, value in seconds.items()
    }
    write_table(rows, "gpu", product(device))


if __name__ == "__main__":
    typer.run(main)
