"""What every preset costs on LLP's features: ``python -m benchmarks.cost table --help``.

Each system is measured in a process of its own, with one thread.
"""

import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
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
    optimizer.zero_grad(set_to_none=False)
    criterion.total(criterion(parsing, videos)).backward()
    optimizer.step()


def flops(parser: Parser, videos: Videos) -> int:
    """Floating-point operations of parsing one video; a multiplication with its addition counts as two."""
    one = videos[:1]
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        parser(one.audio, one.visual_2d, one.visual_3d)  # with gradients: fused kernels are not counted
    return counter.get_total_flops()


def milliseconds(task: Callable[[], None], device: str) -> float:
    """Median time of a task a video, after one call to warm up."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        task()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - started) / BATCH)
    return statistics.median(times[1:])


def peak(device: str) -> float:
    """The largest memory so far, MiB: of this process, or on the GPU."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def product(device: str) -> str:
    """Name of the processor or GPU."""
    if device != "cpu":
        return torch.cuda.get_device_name()
    listed = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", listed.read_text()) if listed.exists() else None
    return found[1] if found else platform.machine()


@app.command()
def one(name: str, device: str = "cpu") -> None:
    """Measure one preset and print the numbers as JSON."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    videos = random_videos(name).to(device)
    before = peak(device)
    parser = build_parser(preset(name).model, inputs(name), torch.randn(CLASSES, 300)).eval().to(device)
    row: dict[str, float | str] = {"parameters": sum(p.numel() for p in parser.parameters())}
    row["parse ms"] = milliseconds(partial(parse, parser, videos), device)
    row["parse MiB"] = peak(device) - before
    row["GFLOP"] = flops(parser, videos) / 1e9
    optimizer = make_optimizer(parser, preset(name).train)
    row["train ms"] = milliseconds(partial(train, parser, name, videos, optimizer), device)
    row["train MiB"] = peak(device) - before
    print(json.dumps({"preset": name, "device": device, "product": product(device)} | row))


@app.command()
def table(out: Annotated[Path, typer.Option(help="The CSV file to write.")]) -> None:
    """Measure all presets, one by one, on the CPU and a GPU if there is one; write the table."""
    rows = []
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for name in PRESETS:
            command = [sys.executable, "-m", "benchmarks.cost", "one", name, "--device", device]
            rows.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
            print(rows[-1])
    out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(out, index=False, float_format="%.4f")


if __name__ == "__main__":
    app()
