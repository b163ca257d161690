"""Cost of every preset on LLP's features: ``python -m benchmarks.cost table``.

Each preset is measured in a separate process with one thread.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd
import torch
import typer
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.measure import RESULTS, in_own_process, medians, peak, product
from leap.config import CmpaeConfig
from leap.data.videos import Videos
from leap.models.parser import Parser, build_parser
from leap.presets import RELEASES, preset
from leap.training.criterion import Criterion
from leap.training.optimizer import make_optimizer

CLASSES, SEGMENTS, FRAMES = 25, 10, 8
WIDTHS = {"audio": 128, "visual_2d": 2048, "visual_3d": 512, "clap": 768, "clip": 768}
BATCH, REPEATS = 32, 7

app = typer.Typer(pretty_exceptions_enable=False)


def inputs(name: str) -> dict[str, int]:
    """Widths of the features that a preset reads."""
    audio, visual = preset(name).model.inputs
    return {"audio": WIDTHS[audio], "visual_2d": WIDTHS[visual], "visual_3d": WIDTHS["visual_3d"]}


def random_videos(widths: Mapping[str, int], frames: int = 1) -> Videos:
    """A random batch in LLP's shapes, with ``frames`` frames per second."""
    labels = (torch.rand(BATCH, SEGMENTS, CLASSES) < 0.1).float()
    return Videos(
        audio=torch.randn(BATCH, SEGMENTS, widths["audio"]),
        visual_2d=torch.randn(BATCH, SEGMENTS * frames, widths["visual_2d"]),
        visual_3d=torch.randn(BATCH, SEGMENTS, widths["visual_3d"]),
        weak=labels.amax(1),
        pseudo_audio=labels,
        pseudo_visual=labels,
        soft_audio=0.9 * labels,
        soft_visual=0.9 * labels,
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
    """Median milliseconds per video of a task that processes one batch."""
    return 1000 * medians({"task": task}, REPEATS, device)["task"] / BATCH


@app.command()
def one(name: str, device: str = "cpu") -> None:
    """Measure one preset and print the numbers as JSON."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = preset(name).model
    # CMPAE reads frames and averages them itself; the others read averages
    frames = FRAMES if isinstance(model, CmpaeConfig) else 1
    videos = random_videos(inputs(name), frames).to(device)
    before = peak(device)
    parser = build_parser(model, inputs(name), torch.randn(CLASSES, 300)).eval().to(device)
    row: dict[str, float | str] = {"parameters": sum(p.numel() for p in parser.parameters())}
    row["parse ms"] = milliseconds(partial(parse, parser, videos), device)
    row["parse MiB"] = peak(device) - before
    row["GFLOP"] = flops(parser, videos) / 1e9
    optimizer = make_optimizer(parser, preset(name).train)
    row["train ms"] = milliseconds(partial(train, parser, name, videos, optimizer), device)
    row["train MiB"] = peak(device) - before
    print(json.dumps({"preset": name, "device": device, "product": product(device)} | row))


@app.command()
def table() -> None:
    """Measure all presets one by one on the CPU and, if available, on a GPU; write the table."""
    rows = []
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for name in RELEASES:
            rows.append(in_own_process("benchmarks.cost", "one", name, "--device", device))
            print(rows[-1])
    pd.DataFrame(rows).to_csv(RESULTS / "cost.csv", index=False, float_format="%.4f")


if __name__ == "__main__":
    app()
