"""Cost of the decoders by number of classes and of segments: ``python -m benchmarks.sizes table``.

Every point is one training step of a decoder on random streams, in a separate process with one thread.
"""

import itertools
import json
from functools import partial

import pandas as pd
import torch
import typer

from benchmarks.measure import RESULTS, in_own_process, medians, peak
from leap.models.decoders.leap import Leap
from leap.models.decoders.mmil import Mmil

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
    """Forward pass, and backward pass from segment logits and video probabilities."""
    parsing = decoder(*streams, labels)
    loss = sum(getattr(parsing, name).mean() for name in ("segment_audio", "segment_visual", "video"))
    loss.backward()


@app.command()
def point(name: str, classes: int, segments: int) -> None:
    """Print one point as JSON: milliseconds of a step, and MiB by which it raises the peak memory."""
    torch.set_num_threads(1)
    decoder, labels = make_decoder(name, classes), torch.randn(classes, LABEL_WIDTH)
    audio, visual = (torch.randn(BATCH, segments, WIDTH, requires_grad=True) for _ in range(2))
    before, task = peak(), partial(step, decoder, (audio, visual), labels)
    milliseconds = 1000 * medians({"step": task}, REPEATS)["step"]
    print(json.dumps({"ms": milliseconds, "MiB": peak() - before}))


@app.command()
def table() -> None:
    """Measure all points and write the table."""
    rows = {}
    for name, classes, segments in itertools.product(("MMIL", "LEAP"), CLASSES, SEGMENTS):
        rows[name, classes, segments] = in_own_process("benchmarks.sizes", "point", name, classes, segments)
        print(name, classes, segments, rows[name, classes, segments], flush=True)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.rename_axis(["decoder", "classes", "segments"]).to_csv(RESULTS / "sizes.csv", float_format="%.1f")


if __name__ == "__main__":
    app()
