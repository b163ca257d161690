"""How scores and cost grow with videos and classes, on LLP-Sim: where LEAP overtakes MMIL, and why."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from leap.config import RunConfig
from leap.data.simulate import simulate_llp
from leap.data.simulate.simulate import dataset_name
from leap.study.grid import SHIPPED, SLOW_SEEDS, Profile, with_seeds
from leap.study.systems import selected_config

COMPARED = ("MMIL", "LEAP", "LEAP calibrated")
STEPS = 1_875
"""Of every training, whatever the number of videos: six epochs of ten thousand."""


class Size(NamedTuple):
    """Number of training videos and of classes."""

    videos: int
    classes: int


SIZES = (*(Size(n, 25) for n in (500, 2_000, 10_000)), *(Size(2_000, c) for c in (50, 100, 200)))
SMOKE_SIZES = (Size(64, 25), Size(128, 25), Size(64, 50))


def sizes(profile: Profile) -> tuple[Size, ...]:
    """The sizes of a profile."""
    return SMOKE_SIZES if profile == "smoke" else SIZES


def make_stores(profile: Profile, folder: Path) -> dict[int, Path]:
    """Simulate the data that are missing; their paths by number of classes."""
    paths = {}
    for classes in dict.fromkeys(size.classes for size in sizes(profile)):
        videos = max(size.videos for size in sizes(profile) if size.classes == classes)
        paths[classes] = folder / f"llp_sim_{videos}x{classes}.h5"
        if not paths[classes].exists():
            simulate_llp(paths[classes], videos, n_classes=classes)
    return paths


def grid(profile: Profile, size: Size) -> dict[str, list[RunConfig]]:
    """Runs of ``12_scale`` at a size, by system, with the settings chosen on AV-Digits."""
    runs = {}
    for system in COMPARED:
        config = replace(selected_config(system, SHIPPED), dataset=dataset_name(size.classes))
        config = replace(config, train=replace(config.train, epochs=round(STEPS * 32 / size.videos)))
        seeds = with_seeds(config, profile, SLOW_SEEDS)
        runs[system] = [replace(run, train=replace(run.train, videos=size.videos)) for run in seeds]
    return runs
