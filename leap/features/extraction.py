"""Features and pseudo labels of a folder of videos, as files in LLP's official layout."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from leap.data.llp.features import PSEUDO_LABELS
from leap.errors import LeapError
from leap.features.extractors import EXTRACTORS
from leap.features.media import Clip, open_clip
from leap.features.pseudo_labels import NETWORKS, Teaching, Weak, teach, weak_label
from leap.features.weights import find_weights
from leap.io.atomic import atomic_path

FOLDERS = {kind: one.source.folder for kind, one in EXTRACTORS.items()}
FOLDERS |= {source.name: source.folder for source in PSEUDO_LABELS}
"""Kind of features or pseudo labels → its folder in the official layout."""


class Job(NamedTuple):
    """One file to make: of which video, of which kind, and where."""

    video: Path
    kind: str
    out: Path


@dataclass(frozen=True)
class Making:
    """What files are made with.

    Attributes:
        weights: folder of the networks' weights.
        teaching: prompts of pseudo labels; None where there are to be none.
        weak: weak labels (C,) by the videos' names; None where they are not known.
    """

    weights: Path
    teaching: Teaching | None = None
    weak: Mapping[str, Weak] | None = None

    def __call__(self, kind: str, clip: Clip) -> NDArray[Any]:
        """Features or pseudo labels of a clip."""
        if self.teaching is None or kind in EXTRACTORS:
            return EXTRACTORS[kind](clip, self.weights)
        weak = None if self.weak is None else weak_label(clip.path.stem, self.weak)
        return teach(kind, clip, self.teaching, self.weights, weak)


def extract_folder(
    folder: Path, out: Path, kinds: Sequence[str], making: Making, workers: int = 1
) -> list[str]:
    """Make files of all videos of a folder; what is there already is skipped.

    A file ``<name>.mp4`` becomes ``feats/vggish/<name>.npy`` and so on, each whole or not at all, so that a
    call that was stopped goes on where it was.

    Args:
        folder: of videos; files that begin with a dot are left out.
        out: root of the official layout.
        kinds: of `FOLDERS`.
        making: what they are made with.
        workers: processes, of one thread each.

    Returns:
        For every video that could not be read, or whose worker died, why, in one line.

    Raises:
        LeapError: there is no such folder or kind, pseudo labels are asked for without prompts, two videos
            have the same name, or weights are not there.
    """
    _check(kinds, making)
    jobs = _jobs(_videos(folder), out, kinds)
    for name in {name for job in jobs for name in _networks(job.kind)}:
        find_weights(name, making.weights)
    videos: dict[Path, list[Job]] = {}
    for job in jobs:
        videos.setdefault(job.video, []).append(job)
    made = _run(list(videos.values()), making, workers)
    return sorted(filter(None, tqdm(made, "videos", len(videos), unit="video", disable=None)))


def _check(kinds: Sequence[str], making: Making) -> None:
    for kind in kinds:
        if kind not in FOLDERS:
            raise LeapError(f"no features {kind!r}; there are {', '.join(FOLDERS)}")
        if kind not in EXTRACTORS and making.teaching is None:
            raise LeapError(f"{kind} needs prompts: valor, a JSON file, or a file of class names")


def _networks(kind: str) -> tuple[str, ...]:
    return EXTRACTORS[kind].networks if kind in EXTRACTORS else (NETWORKS[kind],)


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
    jobs = [Job(video, kind, out / FOLDERS[kind] / f"{video.stem}.npy") for video in videos for kind in kinds]
    return [job for job in jobs if not job.out.exists()]


def _run(todo: list[list[Job]], making: Making, workers: int) -> Iterator[str]:
    """Make the files of videos in any order; where a worker dies, one worker goes on without that video."""
    while todo:
        lost = []
        with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
            futures = {pool.submit(_make, jobs, making): jobs for jobs in todo}
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(futures[future])
        lost.sort()
        if lost and workers == 1:
            yield f"{lost.pop(0)[0].video}: its worker died; perhaps there was not enough memory"
        todo, workers = lost, 1


def _make(jobs: list[Job], making: Making) -> str:
    """Make the files of one video; returns what is wrong with it, or nothing."""
    try:
        clip = open_clip(jobs[0].video)
        for job in jobs:
            array = making(job.kind, clip)
            with atomic_path(job.out) as temporary:
                np.save(temporary, array)
    except LeapError as error:
        return str(error)
    return ""
