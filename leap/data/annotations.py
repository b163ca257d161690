"""LLP's annotation files: tables of weak labels and of events, tab-separated with a header row.

Rows that the files get wrong are treated as in the releases: a row of a name that is no video of the split
is left out, a row that ends at or before its onset marks nothing, what lies beyond the last second is cut
off, and rows of one class unite. Repairs are made on request only (`Repair`), because they change scores.
What cannot be read at all is an error that names the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.io.atomic import atomic_write

SEGMENTS = 10
"""Seconds, and so segments, of a video of LLP."""

SPLIT_FILES = {
    "full": "AVVP_dataset_full.csv",
    "train": "AVVP_train.csv",
    "val": "AVVP_val_pd.csv",
    "test": "AVVP_test_pd.csv",
}
EVENT_FILES = {"audio": "AVVP_eval_audio.csv", "visual": "AVVP_eval_visual.csv"}
ANNOTATED = ("val", "test")
"""The splits with dense labels."""

VIDEO_COLUMNS = ("filename", "event_labels")
EVENT_COLUMNS = ("filename", "onset", "offset", "event_labels")

MISNAMED = {"Baby_cry_infant_cry": "JfZEqeLZqWk_30_40", "KvIjsmANkxI_10_20`": "KvIjsmANkxI_10_20"}
"""Names of three corrupt rows of the older ``AVVP_eval_audio.csv``, which most releases ship, and whose
videos they are by upstream's correction of April 2024."""

UNWRITABLE = re.compile("[\t\n\r\ud800-\udfff]")
"""What ends cells and rows, and halves of characters."""

Repair = Literal["none", "upstream", "all"]
"""``"none"``: as the releases. ``"upstream"``: `MISNAMED` rows. ``"all"``: these, rows whose name fits one
annotated video but for up to three characters cut off its front or a mistyped time, and reversed rows."""


class Row(NamedTuple):
    """A line of an annotation file, as text."""

    line: int
    fields: tuple[str, ...]


class Event(NamedTuple):
    """A class that is heard or seen from ``onset`` up to, not including, ``offset``, in seconds."""

    filename: str
    onset: int
    offset: int
    label: str


@dataclass(frozen=True)
class WeakLabels:
    """Event sets of the ``N`` videos of a split.

    Attributes:
        filenames: ``<YouTube id>_<start>_<end>`` of each video.
        weak: set of event classes of each video, (N, C) uint8.
    """

    filenames: tuple[str, ...]
    weak: NDArray[np.uint8]


@dataclass(frozen=True)
class Annotations(WeakLabels):
    """Weak and dense labels of the ``N`` videos of an annotated split.

    Attributes:
        filenames: ``<YouTube id>_<start>_<end>`` of each video.
        weak: set of event classes of each video, (N, C) uint8.
        audio: dense audio labels, (N, T, C) uint8.
        visual: dense visual labels, (N, T, C) uint8.
    """

    audio: NDArray[np.uint8]
    visual: NDArray[np.uint8]


def read_weak_labels(folder: str | Path, split: str) -> WeakLabels:
    """Read the event sets of split ``"full"``, ``"train"``, ``"val"`` or ``"test"``.

    Raises:
        LeapError: the file is missing or malformed, or holds an unknown class.
    """
    if split not in SPLIT_FILES:
        raise LeapError(f"LLP has no split '{split}'; it has {', '.join(SPLIT_FILES)}")
    return read_videos(Path(folder) / SPLIT_FILES[split])


def read_videos(path: Path, classes: Sequence[str] = LLP) -> WeakLabels:
    """Read a table of videos and their event sets.

    Raises:
        LeapError: the file is missing or malformed, or holds an unknown class.
    """
    rows = read_rows(path, VIDEO_COLUMNS)
    weak = np.zeros((len(rows), len(classes)), np.uint8)  # (N, C)
    for index, row in enumerate(rows):
        for label in row.fields[1].split(","):
            weak[index, class_index(label, path, row.line, classes)] = 1
    return WeakLabels(tuple(row.fields[0] for row in rows), weak)


def read_annotations(folder: str | Path, split: str, repair: Repair = "none") -> Annotations:
    """Read weak and dense labels of split ``"val"`` or ``"test"``.

    Args:
        folder: of the official annotation files.
        split: ``"val"`` or ``"test"``.
        repair: what to mend.

    Raises:
        LeapError: a file is missing or malformed, or holds an unknown class or a time that is not a whole
            second.
    """
    if split not in ANNOTATED:
        raise LeapError(f"split '{split}' of LLP has no dense labels; {' and '.join(ANNOTATED)} have")
    videos = read_weak_labels(folder, split)
    annotated = annotated_videos(folder) if repair == "all" else ()
    audio, visual = (
        dense_labels(
            (repair_event(event, repair, annotated) for event in list_events(Path(folder) / name)),
            videos.filenames,
        )
        for name in EVENT_FILES.values()
    )
    return Annotations(videos.filenames, videos.weak, audio, visual)


def expand_to_segments(weak: NDArray[np.uint8], segments: int = SEGMENTS) -> NDArray[np.uint8]:
    """Event sets (…, C) in every one of T segments, (…, T, C)."""
    return np.repeat(weak[..., None, :], segments, axis=-2)


def annotated_videos(folder: str | Path) -> tuple[str, ...]:
    """File names of all videos with dense labels, val and test."""
    return tuple(name for split in ANNOTATED for name in read_weak_labels(folder, split).filenames)


def read_events(
    path: str | Path, filenames: Sequence[str], classes: Sequence[str] = LLP, segments: int = SEGMENTS
) -> NDArray[np.uint8]:
    """Read a file of events, such as a system's predictions, and refuse what does not fit the videos.

    Args:
        path: a table in the format of ``AVVP_eval_audio.csv``.
        filenames: the N videos that may occur.
        classes: the C classes that may occur.
        segments: T.

    Returns:
        Dense labels, (N, T, C).

    Raises:
        LeapError: the file is missing or malformed, or a row names another video, an unknown class, or a
            span that is empty, reversed or not within the video.
    """
    path, known = Path(path), set(filenames)
    events = []
    for row in read_rows(path, EVENT_COLUMNS):
        event = parse_event(row, path, classes)
        if event.filename not in known:
            raise _error(path, row.line, f"'{event.filename}' is not a video of this split")
        if not event.onset < event.offset <= segments:
            span = f"from {event.onset} to {event.offset}"
            raise _error(path, row.line, f"{span} is not a span of whole seconds between 0 and {segments}")
        events.append(event)
    return dense_labels(events, filenames, classes, segments)


def write_events(
    path: str | Path,
    filenames: Sequence[str],
    labels: Sequence[NDArray[np.generic]] | NDArray[np.generic],
    classes: Sequence[str] = LLP,
) -> None:
    """Write dense labels (N, T, C) as a file of events, a row for each maximal run of a class.

    Raises:
        LeapError: the name of a video or class with events is empty or cannot stand in a table.
    """
    lines = ["\t".join(EVENT_COLUMNS)]
    for name, video in zip(filenames, labels, strict=True):
        for c, onset, offset in runs_of(video):
            lines.append(f"{_cell(name)}\t{onset}\t{offset}\t{_cell(classes[c])}")
    atomic_write(path, "\n".join(lines) + "\n")


def _cell(text: str) -> str:
    """A text that can stand in a table."""
    if not text or UNWRITABLE.search(text):
        raise LeapError(f"{text!r} cannot stand in a table; rename it")
    return text


def runs_of(labels: NDArray[np.generic]) -> list[tuple[int, int, int]]:
    """Maximal runs in dense labels (T, C): class, onset and offset, in the order of classes and times."""
    edges = np.diff(np.pad((labels != 0).T.astype(np.int8), ((0, 0), (1, 1))))  # (C, T + 1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return [(int(c), int(onset), int(offset)) for (c, onset), (_, offset) in zip(starts, ends, strict=True)]


def list_events(path: Path, classes: Sequence[str] = LLP) -> list[Event]:
    """All events of a file, whatever video they name."""
    return [parse_event(row, path, classes) for row in read_rows(path, EVENT_COLUMNS)]


def repair_event(event: Event, repair: Repair, annotated: Iterable[str] = ()) -> Event:
    """Apply a repair to one event.

    Args:
        event: as it stands in the file.
        repair: what to mend.
        annotated: file names of all annotated videos; only ``"all"`` looks at them.
    """
    if repair == "none":
        return event
    event = event._replace(filename=MISNAMED.get(event.filename, event.filename))
    if repair == "upstream":
        return event
    onset, offset = sorted((event.onset, event.offset))
    return Event(_place(event.filename, annotated), onset, offset, event.label)


def dense_labels(
    events: Iterable[Event], filenames: Sequence[str], classes: Sequence[str] = LLP, segments: int = SEGMENTS
) -> NDArray[np.uint8]:
    """Dense labels (N, T, C) of those events that name one of ``filenames``."""
    video = {name: index for index, name in enumerate(filenames)}
    dense = np.zeros((len(filenames), segments, len(classes)), np.uint8)  # (N, T, C)
    for event in events:
        if event.filename in video:
            dense[video[event.filename], event.onset : event.offset, classes.index(event.label)] = 1
    return dense


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a tab-separated file with exactly these columns; empty lines are skipped.

    Raises:
        LeapError: the file is missing, is not text, or has other columns or a row of another length.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise LeapError(f"{path}: cannot read this annotation file ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise LeapError(f"{path}: not a text file in UTF-8; check the annotation file") from error
    if header.split("\t") != list(columns):
        raise LeapError(f"{path}: not a tab-separated table with the columns {', '.join(columns)}")
    rows = [Row(number, tuple(line.split("\t"))) for number, line in enumerate(lines, 2) if line]
    for row in rows:
        if len(row.fields) != len(columns) or not all(row.fields):
            raise _error(path, row.line, f"a row needs {len(columns)} fields with tabs between")
    return rows


def parse_event(row: Row, path: Path, classes: Sequence[str] = LLP) -> Event:
    """An event from a row of its file.

    Raises:
        LeapError: the class is unknown or a time is not a whole second.
    """
    filename, onset, offset, label = row.fields
    class_index(label, path, row.line, classes)
    return Event(filename, _second(onset, path, row.line), _second(offset, path, row.line), label)


def class_index(label: str, path: Path, line: int, classes: Sequence[str] = LLP) -> int:
    """Position of a class; an unknown one is an error that names file and line."""
    if label not in classes:
        raise _error(path, line, f"'{label}' is not one of the {len(classes)} classes")
    return classes.index(label)


def _second(text: str, path: Path, line: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _error(path, line, f"'{text}' is not a time in whole seconds")
    return int(text)


def _place(name: str, videos: Iterable[str]) -> str:
    """The one video that a damaged name can mean, else the name as it is."""
    fitting = [v for v in videos if v == name or (v.endswith(name) and len(v) - len(name) <= 3)]
    fitting = fitting or [v for v in videos if v[:11] == name[:11]]
    return fitting[0] if len(fitting) == 1 else name


def _error(path: Path, line: int, what: str) -> LeapError:
    return LeapError(f"{path}:{line}: {what}; check the file")
