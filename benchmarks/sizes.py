"""Cost of the decoders by the numbers of classes and segments: ``python -m benchmarks.sizes table``.

Every point is a training step of a decoder alone on random streams, in a process of its own, with one thread.
"""

import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import torch
import typer

from leap.models.leap import Leap
from leap.models.mmil import Mmil

WIDTH, FFN, HEADS, BLOCKS, LABEL_WIDTH = 512, 512, 8, 2, 300
BATCH, REPEATS = 32, 5
CLASSES, SEGMENTS = (25, 100, 300, 1_000), (10, 30, 100)

app = typer.Typer(pretty_exceptions_enable=False)


def make_decoder(name: str, classes: int) -> torch.nn.Module:
    """MMIL as published, or LEAP with the paper's sizes."""
    if name == "MMIL":
        return Mmil(WIDTH, classes)
    return Leap(WIDTH, LABEL_WIDTH, FFN, BLOCKS, HEADS)


def step(decoder: torch.nn.Module, streams: tuple[torch.Tensor, torch.Tensor], labels: torch.Tensor) -> None:
    """Forward and backward pass from all that is trained on."""
    parsing = decoder(*streams, labels)
    loss = sum(getattr(parsing, name).mean() for name in ("segment_audio", "segment_visual", "video"))
    loss.backward()


def peak() -> float:
    """The largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@app.command()
def point(name: str, classes: int, segments: int) -> None:
    """Print one point: milliseconds and MiB of a step, above what it starts from."""
    torch.set_num_threads(1)
    decoder, labels = make_decoder(name, classes), torch.randn(classes, LABEL_WIDTH)
    audio, visual = (torch.randn(BATCH, segments, WIDTH, requires_grad=True) for _ in range(2))
    before, times = peak(), []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        step(decoder, (audio, visual), labels)
        times.append(1000 * (time.perf_counter() - started))
    print(json.dumps({"ms": statistics.median(times[1:]), "MiB": peak() - before}))


@app.command()
def table(out: Path = Path("results/benchmarks/sizes.csv")) -> None:
    """Measure all points and write the table."""
    rows = {}
    for name, classes, segments in itertools.product(("MMIL", "LEAP"), CLASSES, SEGMENTS):
        command = [sys.executable, "-m", "benchmarks.sizes", "point", name, str(classes), str(segments)]
        rows[name, classes, segments] = json.loads(subprocess.check_output(command))
        print(name, classes, segments, rows[name, classes, segments], flush=True)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.rename_axis(["decoder", "classes", "segments"]).to_csv(out, float_format="%.1f")


if __name__ == "__main__":
    app()
