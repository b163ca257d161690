"""Time to pack LLP, and to read an epoch with and without packing: ``python -m benchmarks.llp_pack --help``.

The root must contain all videos in the official layout; ``python -m tests.official_tree`` makes a random one.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import typer

from benchmarks.input import TRAINING, exhaust, from_store
from leap.data.annotations import read_weak_labels
from leap.data.llp.features import PSEUDO_LABELS, Source, read_features, read_pseudo_labels
from leap.data.store import FeatureStore
from leap.training.trainer import epoch_order


def forget(folder: Path) -> int:
    """Drop a folder's files from the page cache; returns their size in bytes."""
    size = 0
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            size += path.stat().st_size
    return size


def pack(root: Path, out: Path, workers: int) -> dict[str, float]:
    """Pack in a separate process with a cold page cache; returns its time, rate, memory and sizes."""
    size = forget(root)
    command = [sys.executable, "-m", "leap", "data", "pack", "llp", "--root", root, "--out", out]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit("the pack failed")
    row = {
        "seconds": seconds,
        "MiB/s read": size / 2**20 / seconds,
        "peak memory MiB": usage.ru_maxrss / 1024,
    }
    return row | {"read MiB": size / 2**20, "written MiB": out.stat().st_size / 2**20}


def epoch_of_files(root: Path, names: tuple[str, ...]) -> float:
    """Seconds to load every training video's files in random order, as a data loader does."""
    started = time.perf_counter()
    for index in epoch_order(len(names), 0, 0).tolist():
        for source in TRAINING:
            load(root, source, names[index])
    return time.perf_counter() - started


def load(root: Path, source: Source, name: str) -> np.ndarray:
    """Load one file; frames are averaged over each second."""
    if source in PSEUDO_LABELS:
        return np.asarray(read_pseudo_labels(root, source, name))
    return np.asarray(read_features(root, source, name, "float32", kept=False))


def epoch_of_store(path: Path) -> tuple[float, float]:
    """Seconds to read the training videos into memory, and to draw an epoch's batches from them."""
    started = time.perf_counter()
    with FeatureStore(path) as store:
        videos = store.videos("train")
    read = time.perf_counter()
    exhaust(from_store(videos))
    return read - started, time.perf_counter() - read


def main(root: Path, out: Path = Path("results/benchmarks/llp_pack.csv")) -> None:
    """Measure and write the table."""
    names, rows = read_weak_labels(root / "annotations", "train").filenames, {}
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        store = Path(folder) / "llp.h5"
        for workers in (1, 2, 4):
            rows[f"pack, {workers} threads, files not in memory"] = pack(root, store, workers)
        forget(root / "feats")
        rows["epoch from official files, not in memory"] = {"seconds": epoch_of_files(root, names)}
        rows["epoch from official files, again"] = {"seconds": epoch_of_files(root, names)}
        read, epoch = epoch_of_store(store)
        rows["packed: reading the training videos, once"] = {"seconds": read}
        rows["packed: epoch"] = {"seconds": epoch}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("what")
    table.to_csv(out, float_format="%.1f")
    print(table.round(1).to_string())


if __name__ == "__main__":
    typer.run(main)
