"""Reader of LLP's annotation files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.data.taxonomy import LLP
from leap.errors import LeapError

SEGMENTS = 10
"""Seconds, and so segments, of a video of LLP."""


@dataclass(frozen=True)
class Annotations:
    """Labels of the ``N`` videos of one split of LLP.

    Attributes:
        filenames: ``<YouTube id>_<start>_<end>`` of each video.
        weak: set of event classes of each video, (N, C) uint8.
        audio: dense audio labels, (N, T, C) uint8.
        visual: dense visual labels, (N, T, C) uint8.
    """

    filenames: tuple[str, ...]
    weak: NDArray[np.uint8]
    audio: NDArray[np.uint8]
    visual: NDArray[np.uint8]


def read_annotations(folder: str | Path, split: str) -> Annotations:
    """Read the labels of LLP's split ``"val"`` or ``"test"`` from the official annotation files.

    Defects are treated as in the releases: a dense row belongs to the video of its full file name, rows
    of other names are left out, and a row that ends at or before its onset marks no segment.

    Raises:
        LeapError: a file is missing, lacks a column, or holds a class or time that cannot be read.
    """
    videos = _read_table(Path(folder) / f"AVVP_{split}_pd.csv", ["filename", "event_labels"])
    filenames = tuple(videos["filename"])
    weak = np.zeros((len(filenames), len(LLP)), np.uint8)  # (N, C)
    for row, labels in enumerate(videos["event_labels"]):
        for label in labels.split(","):
            weak[row, _class_index(label, folder)] = 1
    audio, visual = (
        _read_dense(Path(folder) / f"AVVP_eval_{modality}.csv", filenames) for modality in ("audio", "visual")
    )
    return Annotations(filenames, weak, audio, visual)


def _read_dense(path: Path, filenames: tuple[str, ...]) -> NDArray[np.uint8]:
    rows = _read_table(path, ["filename", "onset", "offset", "event_labels"])
    video = {name: index for index, name in enumerate(filenames)}
    dense = np.zeros((len(filenames), SEGMENTS, len(LLP)), np.uint8)  # (N, T, C)
    known = rows[rows["filename"].isin(video.keys())]
    for name, onset, offset, label in known.itertuples(index=False):
        dense[video[name], _second(onset, path) : _second(offset, path), _class_index(label, path)] = 1
    return dense


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        return table[columns]
    except OSError as error:
        raise LeapError(f"{path}: cannot read this annotation file of LLP ({error.strerror})") from error
    except (KeyError, ValueError) as error:
        raise LeapError(f"{path}: not a tab-separated table with the columns {', '.join(columns)}") from error


def _class_index(label: str, source: str | Path) -> int:
    if label not in LLP:
        raise LeapError(f"{source}: '{label}' is not a class of LLP; check the annotation files")
    return LLP.index(label)


def _second(text: str, source: Path) -> int:
    if not text.isdigit() or int(text) > SEGMENTS:
        raise LeapError(f"{source}: '{text}' is not a whole second from 0 to {SEGMENTS}")
    return int(text)
