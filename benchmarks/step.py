"""A training step of LEAP on MM-Pyr, in our and the release's implementation: ``python -m benchmarks.step``.

Ours is the preset ``leap``; the release's is `benchmarks.release`, which is tested against the release's own
outputs. Both train on the same random features in interleaved repetitions. ``step.csv`` holds milliseconds.
``roofline.csv`` holds the floating-point operations of each part, forward and backward, and its rate beside
that of this machine's matrix products. ``kinds.csv`` holds the time of a step at width 64 by kind of
operation.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import cast

import torch
import typer
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.cost import CLASSES, FRAMES, SEGMENTS, WIDTHS, random_videos
from benchmarks.measure import medians, write_table
from benchmarks.release import Release
from leap.config import LeapLossConfig, Precision, RunConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.models.parser import build_parser
from leap.presets import preset, scale_width
from leap.training.criterion import Criterion
from leap.training.losses import LeapLoss
from leap.training.losses.similarity import avss_release
from leap.training.optimizer import make_optimizer

LEAP_LOSS = LeapLoss(LeapLossConfig())
REPEATS, PRODUCT = 9, 2048
FEATURES = {name: WIDTHS[name] for name in ("audio", "visual_2d", "visual_3d")}
RELEASE, OURS, ROUNDED = "the release's way", "ours", "ours, bfloat16"

KINDS = {
    "matrix products": "mm addmm bmm baddbmm mkldnn_convolution convolution_backward",
    "copies": "copy_ cat fill_",
    "element by element": "add add_ sub mul mul_ div div_ exp_ amax sum ge_ random_ sigmoid clamp_min "
    "threshold_backward",
    "layer norm": "native_layer_norm native_layer_norm_backward",
    "optimiser": "_fused_adam_ _fused_adamw_ linalg_vector_norm",
}
"""Names of PyTorch's operations, by kind."""
REST = "calls, gradients' bookkeeping and the rest"

Step = Callable[[], object]
Part = tuple[nn.Module, tuple[Tensor, ...]]


def averaged(videos: Videos) -> Videos:
    """The same videos with frames averaged over each second, as in the packed store."""
    return replace(videos, visual_2d=videos.visual_2d.unflatten(1, (SEGMENTS, FRAMES)).mean(2))


def release_loss(parsing: Parsing, videos: Videos) -> Tensor:
    """Sum of the release's losses."""
    return torch.stack([*LEAP_LOSS(parsing, videos).values(), avss_release(parsing, videos)]).sum()


def take(
    model: nn.Module,
    loss: Callable[[Parsing], Tensor],
    optimizer: torch.optim.Optimizer,
    videos: Videos,
    none: bool,
) -> None:
    """One step of training."""
    total = loss(model(videos.audio, videos.visual_2d, videos.visual_3d))
    optimizer.zero_grad(set_to_none=none)
    total.backward()
    optimizer.step()


def release_model(width: int) -> nn.Module:
    """LEAP on MM-Pyr in the release's implementation."""
    widths = cast(tuple[int, int, int], tuple(FEATURES.values()))
    return Release(widths, torch.randn(CLASSES, 300), width, preset_of(width).model.ffn)


def release_step(width: int, videos: Videos) -> Step:
    """A training step of the release's implementation."""
    model = release_model(width)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    return partial(take, model, partial(release_loss, videos=videos), optimizer, videos, True)


def preset_of(width: int) -> RunConfig:
    """The preset ``leap`` at a width."""
    return preset("leap") if width == preset("leap").model.width else scale_width(preset("leap"), width)


def our_model(width: int, precision: Precision = "float32") -> nn.Module:
    """Our parser of the preset ``leap`` at a width."""
    config = replace(preset_of(width).model, precision=precision)
    return build_parser(config, FEATURES, torch.randn(CLASSES, 300))


def our_step(width: int, videos: Videos, precision: Precision = "float32") -> Step:
    """A training step of our implementation."""
    config, model = preset_of(width), our_model(width, precision)
    criterion, optimizer = Criterion(config.loss), make_optimizer(model, config.train)

    def loss(parsing: Parsing) -> Tensor:
        """Sum of the preset's losses."""
        return criterion.total(criterion(parsing, videos))

    return partial(take, model, loss, optimizer, videos, False)


def steps(width: int, threads: int) -> dict[str, float]:
    """Milliseconds of a step: the release's, ours, and ours in bfloat16; and the speed-ups of ours."""
    torch.set_num_threads(threads)
    videos = random_videos(FEATURES, FRAMES)
    packed = averaged(videos)
    ways = {
        RELEASE: release_step(width, videos),
        OURS: our_step(width, packed),
        ROUNDED: our_step(width, packed, "bfloat16"),
    }
    times = {name: 1000 * seconds for name, seconds in medians(ways, REPEATS).items()}
    return {"threads": threads} | times | {f"× {way}": times[RELEASE] / times[way] for way in (OURS, ROUNDED)}


def parts(model: nn.Module, videos: Videos) -> Iterator[tuple[str, Part]]:
    """Front end, encoder and decoder, each with its inputs."""
    features = cast(tuple[Tensor, ...], (videos.audio, videos.visual_2d, videos.visual_3d))
    for name in ("frontend", "encoder", "decoder"):
        part = cast(nn.Module, getattr(model, name))
        inputs = (*features, cast(Tensor, model.label_embedding)) if name == "decoder" else features
        yield name, (part, inputs)
        if name != "decoder":
            features = tuple(stream.detach().requires_grad_() for stream in part(*inputs))


def both_ways(part: Part, rounded: bool) -> None:
    """Run a part's forward and backward pass."""
    module, inputs = part
    with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
        found = module(*inputs)
    outputs = (found.segment_audio, found.segment_visual) if isinstance(found, Parsing) else found
    sum(output.float().sum() for output in outputs).backward()


def operations(part: Part) -> int:
    """Floating-point operations of both passes; a multiplication with its addition counts as two."""
    with FlopCounterMode(display=False) as counter:
        both_ways(part, rounded=False)
    return counter.get_total_flops()


def roofline(width: int, threads: int) -> dict[str, dict[str, float]]:
    """Operations of every part, and their rate beside that of matrix products."""
    torch.set_num_threads(threads)
    videos, rows = random_videos(FEATURES, FRAMES), {}
    factors = [torch.randn(PRODUCT, PRODUCT) for _ in range(2)]
    halves = [factor.bfloat16() for factor in factors]
    products = {"float32": partial(torch.matmul, *factors), "bfloat16": partial(torch.matmul, *halves)}
    for name, seconds in medians(products, REPEATS).items():
        rows[f"matrix product, {name}"] = {"GFLOP": 2 * PRODUCT**3 / 1e9, "ms": 1000 * seconds}
    ways = {
        RELEASE: (dict(parts(release_model(width), videos)), False),
        OURS: (dict(parts(our_model(width), averaged(videos))), False),
        ROUNDED: (dict(parts(our_model(width), averaged(videos))), True),
    }
    for name in ("frontend", "encoder", "decoder"):
        seconds_of = medians({way: partial(both_ways, p[name], r) for way, (p, r) in ways.items()}, REPEATS)
        for way, (found, _) in ways.items():
            rows[f"{name}, {way}"] = {
                "GFLOP": operations(found[name]) / 1e9,
                "ms": 1000 * seconds_of[way],
            }
    for name, row in rows.items():
        row["GFLOP/s"] = 1000 * row["GFLOP"] / row["ms"]
        best = rows[f"matrix product, {'bfloat16' if 'bfloat16' in name else 'float32'}"]
        row["fraction"] = row["GFLOP/s"] / best["GFLOP/s"]
    return rows


def kinds(width: int) -> dict[str, dict[str, float]]:
    """Calls and time of our step on one thread, by kind of operation."""
    torch.set_num_threads(1)
    step = our_step(width, averaged(random_videos(FEATURES, FRAMES)))
    step()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(REPEATS):
            step()
    rows = {kind: {"calls": 0.0, "ms": 0.0} for kind in (*KINDS, REST)}
    for event in profiled.key_averages():
        name = event.key.removeprefix("aten::")
        row = rows[next((kind for kind, names in KINDS.items() if name in names.split()), REST)]
        row["calls"] += event.count / REPEATS
        row["ms"] += event.self_cpu_time_total / 1000 / REPEATS
    total = sum(row["ms"] for row in rows.values())
    return {kind: row | {"fraction": row["ms"] / total} for kind, row in rows.items()}


def main() -> None:
    """Measure and write the tables."""
    torch.manual_seed(0)
    rows = {f"d {width}": steps(width, threads) for width, threads in ((512, 2), (64, 1))}
    write_table(rows, "step", "width")
    write_table(roofline(512, 2), "roofline", "part")
    write_table(kinds(64), "kinds", "kind")


if __name__ == "__main__":
    typer.run(main)
