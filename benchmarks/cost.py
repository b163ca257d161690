"""What every preset costs on LLP's features: ``python -m benchmarks.cost table --help``.

Each system is measured in a process of its own, with one thread.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import typer
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from leap.criterion import Criterion
from leap.data.videos import Videos
from leap.engine import make_optimizer
from leap.models.parser import Parser, build_parser
from leap.presets import PRESETS, preset

CLASSES, SEGMENTS, FRAMES = 25, 10, 8
WIDTHS = {"audio": 128, "visual_2d": 2048, "visual_3d": 512, "clap": 768, "clip": 768}
BATCH, REPEATS = 32, 7

app = typer.Typer(pretty_exceptions_enable=False)


def inputs(name: str) -> dict[str, int]:
    """Widths of what a preset reads."""
    audio, visual = preset(name).model.inputs
    return {"audio": WIDTHS[audio], "visual_2d": WIDTHS[visual], "visual_3d": WIDTHS["visual_3d"]}


def random_videos(name: str) -> Videos:
    """A batch; CMPAE's front end averages frames itself, the others read averages."""
    widths, frames = inputs(name), FRAMES if preset(name).model.elu else 1
    labels = (torch.rand(BATCH, SEGMENTS, CLASSES) < 0.1).float()
    return Videos(
        audio=torch.randn(BATCH, SEGMENTS, widths["audio"]),
        visual_2d=torch.randn(BATCH, SEGMENTS * frames, widths["visual_2d"]),
        visual_3d=torch.randn(BATCH, SEGMENTS, widths["visual_3d"]),
        weak=labels.amax(1),
        pseudo_audio=labels,
        pseudo_visual=labels,
    )


def parse(parser: Parser, videos: Videos) -> None:
    """Parse without gradients."""
    with torch.inference_mode():
        parser(videos.audio, videos.visual_2d, videos.visual_3d)


def train(parser: Parser, name: str, videos: Videos, optimizer: torch.optim.Optimizer) -> None:
    """One step of the preset's training, without denoising."""
    criterion = Criterion(preset(name).loss)
    parsing = parser.train()(videos.audio, videos.visual_2d, videos.visual_3d)
    optimizer.zero_grad(set_to_none=True)
    criterion.total(criterion(parsing, videos)).backward()
    optimizer.step()


def flops(parser: Parser, videos: Videos) -> int:
    """Floating-point operations of parsing one video; a multiplication with its addition counts as two."""
    one = videos[:1]
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        parser(one.audio, one.visual_2d, one.visual_3d)  # with gradients: fused kernels are not counted
    return counter.get_total_flops()


def milliseconds(task: object, *arguments: object) -> float:
    """Median time of a task a video, after one call to warm up."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        task(*arguments)  # type: ignore[operator]
        times.append(1000 * (time.perf_counter() - started) / BATCH)
    return statistics.median(times[1:])


def peak() -> float:
    """The largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@app.command()
def one(name: str) -> None:
    """Measure one preset and print the numbers as JSON."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    before, videos = peak(), random_videos(name)
    parser = build_parser(preset(name).model, inputs(name), torch.randn(CLASSES, 300)).eval()
    row = {"parameters": sum(p.numel() for p in parser.parameters())}
    row["parse ms"] = milliseconds(parse, parser, videos)
    row["parse MiB"] = peak() - before
    row["GFLOP"] = flops(parser, videos) / 1e9
    optimizer = make_optimizer(parser, preset(name).train)
    row["train ms"] = milliseconds(train, parser, name, videos, optimizer)
    row["train MiB"] = peak() - before
    print(json.dumps(row))


@app.command()
def table(out: Annotated[Path, typer.Option(help="The CSV file to write.")]) -> None:
    """Measure all presets, one after the other, and write the table."""
    rows = {}
    for name in PRESETS:
        command = [sys.executable, "-m", "benchmarks.cost", "one", name]
        rows[name] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(name, rows[name])
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("preset")
    out.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(out, float_format="%.4f")


if __name__ == "__main__":
    app()
