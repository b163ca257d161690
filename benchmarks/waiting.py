"""How long a user waits: ``python -m benchmarks.waiting table``, and ``… make`` for the commands of make.

Clips are generated: a moving test picture of 640 × 360 pixels at 25 frames per second, and a tone. Every
command is a process of its own, as a user starts it, with the number of threads that PyTorch chooses unless
a row says otherwise.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import imageio_ffmpeg
import pandas as pd
import torch
import typer

from benchmarks.measure import RESULTS, write_table
from leap.data.registry import open_dataset
from leap.experiments.cells import CELLS, profile_config
from leap.experiments.grid import SHIPPED
from leap.training.criterion import Criterion
from leap.training.optimizer import make_optimizer
from leap.training.run import initial_parser
from leap.training.trainer import Trainer

CLIPS, REPEATS = 12, 3
KINDS = "yamnet,efficientnet_lite0"
ROOT = Path(__file__).parents[1]

app = typer.Typer(pretty_exceptions_enable=False)


def make_clip(path: Path, seconds: int) -> Path:
    """Generate a clip."""
    sources = (f"testsrc2=size=640x360:rate=25:duration={seconds}", f"sine=frequency=440:duration={seconds}")
    inputs = [part for source in sources for part in ("-f", "lavfi", "-i", source)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *inputs, "-shortest", str(path)]
    subprocess.run(command, check=True)
    return path


def seconds_of(*command: object, folder: Path = ROOT, threads: int = 0) -> float:
    """Wall-clock seconds of a command."""
    environment = os.environ | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
    started = time.perf_counter()
    subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def leap(*arguments: object, threads: int = 0) -> float:
    """Wall-clock seconds of a command of the package."""
    return seconds_of(sys.executable, "-m", "leap", *arguments, threads=threads)


def parsing(folder: Path) -> dict[str, dict[str, float]]:
    """Rows of parsing: fetching the networks, a first clip, and a minute of video on one thread."""
    short, minute = make_clip(folder / "short.mp4", 10), make_clip(folder / "minute.mp4", 60)
    fetched = leap("weights", "fetch", "everyday", "--weights", folder / "weights")
    out = ("--out", folder / "timeline", "--force")
    first = [leap("parse", short, *out) for _ in range(REPEATS)]
    long = [leap("parse", minute, *out, threads=1) for _ in range(REPEATS)]
    return {
        "fetch the networks, 49 MB": {"s": fetched},
        "parse a first clip of 10 s": {"s": statistics.median(first)},
        "parse a clip of 60 s, one thread": {"s": (s := statistics.median(long)), "× real time": 60 / s},
    }


def extraction(folder: Path) -> dict[str, dict[str, float]]:
    """Rows of the extraction of features of the taggers, by number of workers."""
    clips = folder / "clips"
    clips.mkdir()
    for index in range(CLIPS):
        make_clip(clips / f"{index}.mp4", 10)
    rows = {}
    for workers in (1, 2):
        command = ("features", "extract", clips, "--out", folder / f"features-{workers}", "--kinds", KINDS)
        s = leap(*command, "--workers", workers)
        name = f"extract features of {CLIPS} clips of 10 s, {workers} worker{'s' * (workers > 1)}"
        rows[name] = {"s": s, "clips per hour": 3600 * CLIPS / s}
    return rows


def training() -> dict[str, dict[str, float]]:
    """Rows of training LEAP at the width of the studies: a step, and an epoch of AV-Digits, one thread."""
    torch.set_num_threads(1)
    config = profile_config(CELLS["HAN, LEAP (separate), L_basic"], "full", SHIPPED)
    with open_dataset(SHIPPED) as store:
        videos, parser = store.videos("train"), initial_parser(config, store)
    criterion, optimizer = Criterion(config.loss), make_optimizer(parser, config.train)
    trainer = Trainer(parser, criterion, optimizer, videos, config.train, config.seed)
    times = []
    for epoch in range(REPEATS + 1):
        started = time.perf_counter()
        trainer.train_one_epoch(epoch)
        times.append(time.perf_counter() - started)
    s = statistics.median(times[1:])
    steps = -(-len(videos) // config.train.batch)
    return {
        "a training step of LEAP on HAN, AV-Digits, one thread": {"s": s / steps},
        "an epoch of it": {"s": s},
    }


@app.command()
def table() -> None:
    """Measure parsing, extraction and training; write the table, with the rows of `make` as they are."""
    with tempfile.TemporaryDirectory() as folder:
        rows = parsing(Path(folder)) | extraction(Path(folder)) | training()
    write(rows)


@app.command()
def make() -> None:
    """Measure the commands of make in a fresh clone, after installation; add them to the table."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "leap"
        subprocess.run(["git", "clone", "--quiet", ROOT, tree], check=True)
        installed = seconds_of("make", ".venv/installed", folder=tree)
        rows = {name: {"s": seconds_of(*name.split(), folder=tree)} for name in ("make book", "make test")}
    write({"install with all extras": {"s": installed}} | rows)


def write(rows: Mapping[str, Mapping[str, float]]) -> None:
    """Write rows to the table; rows of other names stay."""
    path = RESULTS / "waiting.csv"
    before = pd.read_csv(path, index_col=0).to_dict("index") if path.exists() else {}
    write_table({str(name): row for name, row in before.items()} | dict(rows), "waiting", "what")


if __name__ == "__main__":
    app()
