"""Features of a folder of videos, as files in LLP's official layout."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from leap.errors import LeapError
from leap.extract.extractors import EXTRACTORS
from leap.extract.weights import find_weights
from leap.files import atomic_path
from leap.media import open_clip


class Job(NamedTuple):
    """One file of features to make: of which video, of which kind, and where."""

    video: Path
    kind: str
    out: Path


def extract_folder(
    folder: Path, out: Path, kinds: Sequence[str], weights: Path, workers: int = 1
) -> list[str]:
    """Extract features of all files of a folder; what is there already is skipped.

    A file ``<name>.mp4`` becomes ``feats/vggish/<name>.npy`` and so on, each whole or not at all, so that a
    call that was stopped goes on where it was.

    Args:
        folder: of videos; files that begin with a dot are left out.
        out: root of the official layout.
        kinds: ``audio``, ``visual_2d``, ``visual_3d`` or ``clip``.
        weights: folder of the networks' weights.
        workers: processes, of one thread each.

    Returns:
        For every video that could not be read, why, in one line.

    Raises:
        LeapError: there is no such folder or kind, two videos have the same name, or weights are not there.
    """
    jobs = _jobs(_videos(folder), out, kinds)
    for kind in {job.kind for job in jobs}:
        find_weights(EXTRACTORS[kind].network, weights)
    videos: dict[Path, list[Job]] = {}
    for job in jobs:
        videos.setdefault(job.video, []).append(job)
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        futures = [pool.submit(_extract, todo, weights) for todo in videos.values()]
        done = tqdm(as_completed(futures), "videos", len(futures), unit="video", disable=None)
        return sorted(problem for problem in (future.result() for future in done) if problem)


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise LeapError(f"{folder}: no such folder")
    videos = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    stems = [path.stem for path in videos]
    twice = [stem for stem in stems if stems.count(stem) > 1]
    if twice:
        raise LeapError(f"{folder}: two files are named {twice[0]}; features are named by videos")
    return videos


def _jobs(videos: Iterable[Path], out: Path, kinds: Sequence[str]) -> list[Job]:
    unknown = [kind for kind in kinds if kind not in EXTRACTORS]
    if unknown:
        raise LeapError(f"no features {unknown[0]!r}; there are {', '.join(EXTRACTORS)}")
    jobs = [
        Job(video, kind, out / EXTRACTORS[kind].source.folder / f"{video.stem}.npy")
        for video in videos
        for kind in kinds
    ]
    return [job for job in jobs if not job.out.exists()]


def _extract(jobs: list[Job], weights: Path) -> str:
    """Make the files of one video; returns what is wrong with it, or nothing."""
    try:
        clip = open_clip(jobs[0].video)
        for job in jobs:
            array = EXTRACTORS[job.kind](clip, weights)
            with atomic_path(job.out) as temporary:
                np.save(temporary, array)
    except LeapError as error:
        return str(error)
    return ""
