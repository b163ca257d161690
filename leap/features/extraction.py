"""Features and pseudo-labels of a folder of videos, as files in LLP's official layout."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray

from leap.config import canonical_json
from leap.data.llp.description import FEATURES_VERSION, FeatureDescription, check_folder, write_description
from leap.data.llp.features import PSEUDO_LABELS
from leap.data.names import first_repeat, folded, spelled
from leap.errors import LeapError
from leap.features.extractors import EXTRACTORS
from leap.features.media import SUFFIXES, Clip, open_clip
from leap.features.prompts import PromptSet
from leap.features.pseudo_labels import TEACHERS, WeakLabel, find_weak_label, pseudo_labels
from leap.features.weights import weights_digest
from leap.io.npy import write_npy
from leap.io.progress import with_progress

FOLDERS = {kind: extractor.source.folder for kind, extractor in EXTRACTORS.items()}
FOLDERS |= {source.name: source.folder for source in PSEUDO_LABELS}
"""Kind of features or pseudo-labels → its folder in the official layout."""


class Job(NamedTuple):
    """One file to write.

    Attributes:
        video: the video file.
        kind: key of `FOLDERS`.
        out: the file to write.
    """

    video: Path
    kind: str
    out: Path


@dataclass(frozen=True)
class Extraction:
    """Computation of features and pseudo-labels with given weights, prompts and weak labels.

    Attributes:
        weights: folder of the networks' weights.
        prompts: prompts for pseudo-labels; None if only features are extracted.
        weak: video name → weak label (C,) to which its pseudo-labels are restricted; None for no restriction.
    """

    weights: Path
    prompts: PromptSet | None = None
    weak: Mapping[str, WeakLabel] | None = None

    def __call__(self, kind: str, clip: Clip) -> NDArray[Any]:
        """Compute features or pseudo-labels of a clip in the layout of their file.

        Args:
            kind: key of `FOLDERS`.
            clip: the video.

        Raises:
            LeapError: weights are missing, the clip is damaged, or ``weak`` is given and lacks the video.
        """
        if self.prompts is None or kind in EXTRACTORS:
            return EXTRACTORS[kind](clip, self.weights)
        weak = None if self.weak is None else find_weak_label(clip.path.stem, self.weak)
        return pseudo_labels(kind, clip, self.prompts, self.weights, weak)

    def description(self, kind: str, digests: Mapping[str, str]) -> FeatureDescription:
        """Meaning of the files of a kind.

        Args:
            kind: key of `FOLDERS`.
            digests: network → SHA-256 of its weights, for the networks of the kind.
        """
        networks = {name: digests[name] for name in _networks(kind)}
        if self.prompts is None or kind in EXTRACTORS:
            return FeatureDescription(kind, FEATURES_VERSION[kind], networks)
        return FeatureDescription(
            kind,
            FEATURES_VERSION[kind],
            networks,
            classes=tuple(self.prompts.classes),
            scores=self.prompts.scores,
            prompts=tuple((prompt.text, prompt.threshold) for prompt in self.prompts.of(kind)),
            weak_sha256="" if self.weak is None else _digest(self.weak),
        )


def extract_folder(
    folder: Path, out: Path, kinds: Sequence[str], extraction: Extraction, workers: int = 1
) -> list[str]:
    """Write features and pseudo-labels of all videos of a folder; existing files are skipped.

    The VGGish features of ``<name>.mp4`` are written to ``feats/vggish/<name>.npy``, and so on. Each file is
    written atomically, so an interrupted call can be repeated. A description of the files is written before
    the first of them (`leap.data.llp.description`).

    Args:
        folder: folder of videos; other files and hidden files are ignored.
        out: root of the official layout.
        kinds: keys of `FOLDERS`.
        extraction: weights, prompts and weak labels.
        workers: number of processes, with one thread each.

    Returns:
        One message per video that cannot be read or whose worker process died, sorted.

    Raises:
        LeapError: the folder does not exist or is empty, a kind is unknown, pseudo-labels are requested
            without prompts, two videos have the same name, weights are missing, or a folder of ``out`` holds
            files made with other settings.
        OSError: a file cannot be written; all workers are stopped at once.
    """
    _check(kinds, extraction)
    jobs = _jobs(_videos(folder), out, kinds)
    _describe(out, kinds, extraction)
    videos: dict[Path, list[Job]] = {}
    for job in jobs:
        videos.setdefault(job.video, []).append(job)
    problems = _run(list(videos.values()), extraction, workers)
    return sorted(filter(None, with_progress(problems, "videos", len(videos), "video")))


def _check(kinds: Sequence[str], extraction: Extraction) -> None:
    for kind in kinds:
        if kind not in FOLDERS:
            raise LeapError(f"no features {kind!r}; there are {', '.join(FOLDERS)}")
        if kind not in EXTRACTORS and extraction.prompts is None:
            raise LeapError(f"{kind} needs prompts: valor, a JSON file, or a file of class names")


def _describe(out: Path, kinds: Sequence[str], extraction: Extraction) -> None:
    """Check the descriptions of all folders, then write those that are missing."""
    networks = dict.fromkeys(name for kind in kinds for name in _networks(kind))
    digests = {name: weights_digest(name, extraction.weights) for name in networks}
    descriptions = {out / FOLDERS[kind]: extraction.description(kind, digests) for kind in kinds}
    for folder, description in descriptions.items():
        check_folder(folder, description)
    for folder, description in descriptions.items():
        write_description(folder, description)


def _digest(weak: Mapping[str, WeakLabel]) -> str:
    labels = {name: label.tolist() for name, label in weak.items()}
    return hashlib.sha256(canonical_json(labels).encode()).hexdigest()


def _networks(kind: str) -> tuple[str, ...]:
    return EXTRACTORS[kind].networks if kind in EXTRACTORS else (TEACHERS[kind],)


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise LeapError(f"{folder}: no such folder")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    videos = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not videos:
        found = f"none of its {len(files)} files is a video ({files[0].name}, …)" if files else "has no files"
        raise LeapError(
            f"{folder}: {found}; files such as name.mp4 or name.wav are read, not those in folders below"
        )
    repeat = first_repeat(folded(path.stem) for path in videos)
    if repeat:
        one, other = (videos[index].name for index in repeat)
        raise LeapError(f"{folder}: {one} and {other} share a name, by which features are named; rename one")
    return videos


def _jobs(videos: Iterable[Path], out: Path, kinds: Sequence[str]) -> list[Job]:
    jobs = [
        Job(video, kind, out / FOLDERS[kind] / f"{spelled(video.stem)}.npy")
        for video in videos
        for kind in kinds
    ]
    return [job for job in jobs if not job.out.exists()]


def _run(todo: list[list[Job]], extraction: Extraction, workers: int) -> Iterator[str]:
    """Process videos in any order and yield one message per video, empty on success.

    When a worker dies, a single process retries the unfinished videos and skips a video that kills it.
    """
    while todo:
        lost = []
        with _pool(workers) as pool:
            futures = {pool.submit(_process_video, jobs, extraction): jobs for jobs in todo}
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(futures[future])
        lost.sort()
        if lost and workers == 1:
            yield f"{lost.pop(0)[0].video}: its worker died; perhaps there was not enough memory"
        todo, workers = lost, 1


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes with one thread each; an exception in the block terminates them at once."""
    others = set(active_children())
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(active_children()) - others:
                worker.terminate()
            raise


def _process_video(jobs: list[Job], extraction: Extraction) -> str:
    """Write the files of one video; returns an error message, empty on success.

    Raises:
        OSError: a file cannot be written.
    """
    try:
        clip = open_clip(jobs[0].video)
        for job in jobs:
            write_npy(job.out, extraction(job.kind, clip))
    except LeapError as error:
        return str(error)
    return ""
