"""Compare pseudo-label files of LLP's official layout with the dense labels of val and test.

VALOR's archives hold pseudo-labels of all 11,849 videos, so val and test have both kinds of labels. The
training videos have no dense labels; their pseudo-labels cannot be checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.annotations import ANNOTATED, Annotations, read_annotations
from leap.data.classes import LLP
from leap.data.llp.description import column_order
from leap.data.llp.features import PSEUDO_LABELS, Problem, Source, file_names, read_pseudo_labels
from leap.data.llp.pack import check_names
from leap.data.pseudo_labels import called_though_absent, precision_recall
from leap.errors import LeapError
from leap.io.progress import with_progress
from leap.metrics.functional import segment_scores

TITLES = (
    *("split", "modality", "videos", "precision", "recall", "F", "score"),
    *("absent pairs", "called present"),
)
"""Columns of the report, for the fields of `Quality`."""


class Quality(NamedTuple):
    """Agreement of the pseudo-labels of a split and modality with its dense labels.

    Attributes:
        split: ``"val"`` or ``"test"``.
        modality: ``"audio"`` or ``"visual"``.
        videos: number of videos with pseudo-labels.
        precision: micro precision × 100 of segments.
        recall: micro recall × 100 of segments.
        f: their F × 100.
        score: segment-level score × 100 of LLP's benchmark, the mean over videos.
        absent_pairs: number of (video, class) pairs of the weak label that never occur in the modality.
        called_present: percentage of these pairs that are marked in at least one segment; None without any.
    """

    split: str
    modality: str
    videos: int
    precision: float
    recall: float
    f: float
    score: float
    absent_pairs: int
    called_present: float | None


def check_pseudo_labels(root: Path, annotations: Path) -> tuple[list[Quality], list[Problem]]:
    """Compare pseudo-labels within the weak label with dense labels.

    Videos without a usable file are left out, and so are splits without such a video.

    Args:
        root: folder with ``CLAP/segment_pseudo_labels`` (audio) and ``CLIP/segment_pseudo_labels`` (visual).
        annotations: folder of the annotation files.

    Returns:
        Quality for each split and modality, and the files that are missing or damaged.

    Raises:
        LeapError: an annotation file is missing or malformed; a folder of pseudo-labels does not exist, holds
            no file of the videos, or holds something else; or no file is usable.
    """
    sources = [_described(root, source) for source in PSEUDO_LABELS]
    splits = {split: read_annotations(annotations, split) for split in ANNOTATED}
    names = [name for truth in splits.values() for name in truth.filenames]
    for source in sources:
        check_names(root, source, [file_names(root, source, name) for name in names])
    found, problems = [], []
    for split, truth in splits.items():
        for source in sources:
            files = with_progress(truth.filenames, f"read {split}", unit="file")
            read = [read_pseudo_labels(root, source, name) for name in files]
            problems += [one for one in read if isinstance(one, Problem)]
            usable = [index for index, one in enumerate(read) if not isinstance(one, Problem)]
            if usable:
                pseudo = np.stack([read[index] for index in usable])  # (N, T, C)
                found.append(_compare(split, source, pseudo, _select(truth, usable)))
    if not found:
        raise LeapError(f"{root}: no usable pseudo-labels ({problems[0].reason}); get the files again")
    return found, problems


def report_pseudo_labels(qualities: Sequence[Quality]) -> str:
    """Format the comparison as text, one line per split and modality."""
    rows = [TITLES, *([_cell(value) for value in quality] for quality in qualities)]
    return "\n".join("  ".join(f"{cell:>9}" for cell in row) for row in rows)


def _described(root: Path, source: Source) -> Source:
    """The source with the order of its columns, if its folder exists."""
    folder = root / source.folder
    if not folder.is_dir():
        raise LeapError(f"{folder}: no such folder; `leap data fetch llp --valor` gets VALOR's pseudo-labels")
    return replace(source, order=column_order(folder, source.name, LLP))


def _select(truth: Annotations, videos: list[int]) -> Annotations:
    filenames = tuple(truth.filenames[video] for video in videos)
    return Annotations(filenames, truth.weak[videos], truth.audio[videos], truth.visual[videos])


def _compare(split: str, source: Source, pseudo: NDArray[np.uint8], truth: Annotations) -> Quality:
    modality = source.name.removeprefix("pseudo_")
    within, true = pseudo * truth.weak[:, None], getattr(truth, modality)  # (N, T, C) each
    labels = torch.from_numpy(within).double(), torch.from_numpy(true).double()
    micro, absent = precision_recall(*labels), called_though_absent(*labels, torch.from_numpy(truth.weak))
    return Quality(
        split,
        modality,
        videos=len(within),
        precision=100 * micro.precision,
        recall=100 * micro.recall,
        f=100 * micro.f,
        score=100 * float(segment_scores(within, true).mean()),
        absent_pairs=absent.pairs,
        called_present=100 * absent.called if absent.pairs else None,
    )


def _cell(value: str | float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
