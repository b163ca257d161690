"""LLP's annotation files: tab-separated tables of videos (weak labels) and of events (dense labels).

Defective rows are read as in the public releases. A row that names no video of the split is skipped. A row
that ends at or before its onset marks nothing. Times beyond the last second are clipped, and overlapping rows
of one class are merged. Repairs change scores, so they are made only on request (`Repair`). A row that cannot
be parsed raises an error that names its line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.classes import LLP
from leap.data.names import first_repeat, spelled
from leap.errors import LeapError
from leap.io.atomic import atomic_write
from leap.io.reason import explain, reason
from leap.io.text_file import read_text

SEGMENTS = 10
"""T of LLP: a video lasts ten seconds, and a segment is one second."""

SPLIT_FILES = {
    "full": "AVVP_dataset_full.csv",
    "train": "AVVP_train.csv",
    "val": "AVVP_val_pd.csv",
    "test": "AVVP_test_pd.csv",
}
EVENT_FILES = {"audio": "AVVP_eval_audio.csv", "visual": "AVVP_eval_visual.csv"}
ANNOTATED = ("val", "test")
"""Splits of LLP with dense labels."""

VIDEO_COLUMNS = ("filename", "event_labels")
EVENT_COLUMNS = ("filename", "onset", "offset", "event_labels")

MISNAMED = {"Baby_cry_infant_cry": "JfZEqeLZqWk_30_40", "KvIjsmANkxI_10_20`": "KvIjsmANkxI_10_20"}
"""Corrupt names in the older ``AVVP_eval_audio.csv`` that most releases ship (three rows) → correct names.

The correct names are those of upstream's correction of April 2024.
"""

UNWRITABLE = re.compile("[\t\n\r\ud800-\udfff]")
"""Characters that a cell cannot contain: separators, and surrogates, which UTF-8 cannot encode."""

Repair = Literal["none", "upstream", "all"]
"""Which defects of the annotations to repair.

``"none"``
    Nothing, as in the releases.
``"upstream"``
    Rename `MISNAMED` rows.
``"all"``
    Also swap reversed times, and complete a name that lost up to three characters at its front or has
    mistyped times, if exactly one annotated video matches.
"""


class Row(NamedTuple):
    """The cells of one line of a table, as text; ``line`` 1 is the header."""

    line: int
    fields: tuple[str, ...]


class Event(NamedTuple):
    """A class that occurs in one modality of a video from second ``onset`` to ``offset`` (exclusive)."""

    filename: str
    onset: int
    offset: int
    label: str


@dataclass(frozen=True)
class WeakLabels:
    """Weak labels of the ``N`` videos of a split.

    Attributes:
        filenames: names of the videos, ``<YouTube id>_<start>_<end>`` in LLP.
        weak: event classes of each video, (N, C) uint8 of zeros and ones.
    """

    filenames: tuple[str, ...]
    weak: NDArray[np.uint8]


@dataclass(frozen=True)
class Annotations(WeakLabels):
    """Weak and dense labels of the ``N`` videos of a split.

    Attributes:
        audio: dense audio labels, (N, T, C) uint8 of zeros and ones.
        visual: dense visual labels, likewise.
    """

    audio: NDArray[np.uint8]
    visual: NDArray[np.uint8]


def read_weak_labels(folder: str | Path, split: str) -> WeakLabels:
    """Read the weak labels of a split of LLP.

    Args:
        folder: folder of the official annotation files.
        split: ``"full"``, ``"train"``, ``"val"`` or ``"test"``.

    Raises:
        LeapError: the file is missing or malformed, or holds an unknown class.
    """
    if split not in SPLIT_FILES:
        raise LeapError(f"LLP has no split '{split}'; it has {', '.join(SPLIT_FILES)}")
    return read_videos(Path(folder) / SPLIT_FILES[split])


def read_videos(path: Path, classes: Sequence[str] = LLP) -> WeakLabels:
    """Read a table of videos with the columns ``filename`` and ``event_labels`` (separated by commas).

    Args:
        path: the table.
        classes: names of the C classes, in label order.

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
    """Read the weak and dense labels of a split of LLP.

    Args:
        folder: folder of the official annotation files.
        split: ``"val"`` or ``"test"``.
        repair: which defects to repair.

    Raises:
        LeapError: the split has no dense labels, or a file is missing or malformed, or holds an unknown class
            or a time that is not a whole second.
    """
    if split not in ANNOTATED:
        use = " or ".join(ANNOTATED)
        raise LeapError(f"split '{split}' of LLP has no labels of single seconds (dense labels); use {use}")
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
    """Repeat weak labels in every segment.

    Args:
        weak: event classes of videos, (…, C).
        segments: T.

    Returns:
        Labels of the segments, (…, T, C).

    Example:
        >>> expand_to_segments(np.array([0, 1], np.uint8), segments=3).tolist()
        [[0, 1], [0, 1], [0, 1]]
    """
    return np.repeat(weak[..., None, :], segments, axis=-2)


def annotated_videos(folder: str | Path) -> tuple[str, ...]:
    """Names of LLP's videos with dense labels: val, then test."""
    return tuple(name for split in ANNOTATED for name in read_weak_labels(folder, split).filenames)


def read_events(
    path: str | Path, filenames: Sequence[str], classes: Sequence[str] = LLP, segments: int = SEGMENTS
) -> NDArray[np.uint8]:
    """Read a table of events, such as a system's predictions, strictly: a row that fits no video is an error.

    Args:
        path: a table in the format of ``AVVP_eval_audio.csv``.
        filenames: names of the N videos that may occur.
        classes: names of the C classes, in label order.
        segments: T.

    Returns:
        Dense labels, (N, T, C) uint8. A video that is listed several times has its events in every copy.

    Raises:
        LeapError: the file is missing or malformed, or a row names another video, an unknown class, or a time
            span that is empty, reversed or not within the video.
    """
    path, known = Path(path), set(map(spelled, filenames))
    events = []
    for row in read_rows(path, EVENT_COLUMNS):
        event = parse_event(row, path, classes)
        if event.filename not in known:
            example = f", such as {filenames[0]}" if filenames else ""
            what = f"'{event.filename}' is not one of the videos to score{example}"
            raise _error(path, row.line, f"{what}; correct the name, or remove the line")
        if not event.onset < event.offset <= segments:
            what = f"{event.onset} to {event.offset} is not a time span within the {segments} s of the video"
            raise _error(path, row.line, f"{what}; correct onset and offset")
        events.append(event)
    return dense_labels(events, filenames, classes, segments)


def write_events(
    path: str | Path,
    filenames: Sequence[str],
    labels: Sequence[NDArray[np.generic]] | NDArray[np.generic],
    classes: Sequence[str] = LLP,
) -> None:
    """Write dense labels as a table of events, one row per maximal run of a class.

    Args:
        path: the table to write.
        filenames: names of the N videos.
        labels: dense labels, (N, T, C); nonzero means that the class occurs.
        classes: names of the C classes, in label order.

    Raises:
        LeapError: the name of a video or class with events is empty, begins or ends with a space, or cannot
            be written to a table.
        OSError: the file cannot be written.
    """
    lines = ["\t".join(EVENT_COLUMNS)]
    for name, video in zip(filenames, labels, strict=True):
        for c, onset, offset in runs_of(video):
            lines.append(f"{_cell(name)}\t{onset}\t{offset}\t{_cell(classes[c])}")
    atomic_write(path, "\n".join(lines) + "\n")


def runs_of(labels: NDArray[np.generic]) -> list[tuple[int, int, int]]:
    """Find the maximal runs of nonzero labels in (T, C).

    Returns:
        (class, onset, offset) of every run, sorted by class, then by onset; the offset is exclusive.

    Example:
        >>> runs_of(np.array([[1, 0], [1, 0], [0, 1]]))
        [(0, 0, 2), (1, 2, 3)]
    """
    edges = np.diff(np.pad((labels != 0).T.astype(np.int8), ((0, 0), (1, 1))))  # (C, T + 1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return [(int(c), int(onset), int(offset)) for (c, onset), (_, offset) in zip(starts, ends, strict=True)]


def list_events(path: Path, classes: Sequence[str] = LLP) -> list[Event]:
    """Read all events of a table, of any video.

    Raises:
        LeapError: the file is missing or malformed, or holds an unknown class or a time that is not a whole
            second.
    """
    return [parse_event(row, path, classes) for row in read_rows(path, EVENT_COLUMNS)]


def repair_event(event: Event, repair: Repair, annotated: Iterable[str] = ()) -> Event:
    """Repair the known defects of one row.

    Args:
        event: the event as read from the file.
        repair: which defects to repair.
        annotated: names of all annotated videos; needed only for ``"all"``.
    """
    if repair == "none":
        return event
    event = event._replace(filename=MISNAMED.get(event.filename, event.filename))
    if repair == "upstream":
        return event
    onset, offset = sorted((event.onset, event.offset))
    return Event(_complete_name(event.filename, annotated), onset, offset, event.label)


def dense_labels(
    events: Iterable[Event], filenames: Sequence[str], classes: Sequence[str] = LLP, segments: int = SEGMENTS
) -> NDArray[np.uint8]:
    """Turn events into dense labels; events of videos outside ``filenames`` are ignored.

    Args:
        events: the events; times beyond the last segment are clipped, reversed or empty spans mark nothing.
        filenames: names of the N videos; a name that occurs several times has its events in every copy.
        classes: names of the C classes, in label order.
        segments: T.

    Returns:
        Dense labels, (N, T, C) uint8 of zeros and ones.

    Example:
        >>> dense_labels([Event("a", 1, 2, "Dog")], ["a", "b"], ["Cat", "Dog"], segments=3)[0].tolist()
        [[0, 0], [0, 1], [0, 0]]
    """
    rows = defaultdict(list)
    for index, name in enumerate(filenames):
        rows[spelled(name)].append(index)
    columns = {spelled(name): c for c, name in enumerate(classes)}
    dense = np.zeros((len(filenames), segments, len(classes)), np.uint8)  # (N, T, C)
    for event in events:
        for index in rows.get(spelled(event.filename), ()):
            dense[index, event.onset : event.offset, columns[spelled(event.label)]] = 1
    return dense


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """Read a tab-separated table with a header of exactly these columns; empty lines are skipped.

    Cells are read in Unicode's composed form (`leap.data.names.spelled`).

    Raises:
        LeapError: the file cannot be read as text, has other columns, or a row has an empty cell, a cell that
            begins or ends with a space, or another number of cells.
    """
    header, *lines = _lines(path)
    if header.split("\t") != list(columns):
        raise LeapError(f"{path}: {_wrong_header(header, columns)}")
    rows = [Row(number, tuple(spelled(line).split("\t"))) for number, line in enumerate(lines, 2) if line]
    for row in rows:
        if len(row.fields) != len(columns) or not all(row.fields):
            raise _error(path, row.line, _wrong_cells(row.fields, columns))
        spaced = [field for field in row.fields if field != field.strip()]
        if spaced:
            raise _error(path, row.line, f"{spaced[0]!r} begins or ends with a space; remove it")
    return rows


def check_unique(tables: Sequence[Path]) -> None:
    """Refuse a video that stands twice in a table, or in two tables.

    Args:
        tables: tables of videos with the columns ``filename`` and ``event_labels``.

    Raises:
        LeapError: a video stands in two places; the message names both. Or a table is missing or malformed.
    """
    places = [(path, row.line, row.fields[0]) for path in tables for row in read_rows(path, VIDEO_COLUMNS)]
    repeat = first_repeat(name for _, _, name in places)
    if repeat:
        (one, first, name), (other, line, _) = (places[index] for index in repeat)
        raise LeapError(f"{other}:{line}: {name} is listed already in {one.name}, line {first}; remove one")


def read_header(path: Path) -> tuple[str, ...]:
    """Names of the columns of a tab-separated table.

    Raises:
        LeapError: the file cannot be read as text.
    """
    return tuple(_lines(path)[0].split("\t"))


def _lines(path: Path) -> list[str]:
    try:
        return read_text(path).split("\n")
    except (OSError, ValueError) as error:
        why = explain(error, reason(error), "give a tab-separated table")
        raise LeapError(f"{path}: {why}") from error


def _wrong_cells(fields: Sequence[str], columns: Sequence[str]) -> str:
    """Say why the cells of a row do not fit the columns."""
    if len(fields) != len(columns):
        return f"has {len(fields)} cells, not {len(columns)}; separate {', '.join(columns)} by tabs"
    return f"the cell of the column {columns[fields.index('')]} is empty; fill it, or remove the line"


def _wrong_header(header: str, columns: Sequence[str]) -> str:
    """Say how the first line of a table differs from a header of these columns."""
    found, wanted = header.split("\t"), f"a tab-separated table with the columns {', '.join(columns)}"
    missing = [name for name in columns if name not in found]
    if len(missing) in (0, len(columns)):
        return f"not {wanted}; its first line is {header!r:.60}"
    others = ", ".join(name for name in found if name not in columns) or "nothing"
    return f"lacks the column {', '.join(missing)}; it has {others} instead; give {wanted}"


def parse_event(row: Row, path: Path, classes: Sequence[str] = LLP) -> Event:
    """Turn a row of a table of events into an event.

    Args:
        row: a row with the cells of `EVENT_COLUMNS`.
        path: the table, for error messages.
        classes: names of the known classes.

    Raises:
        LeapError: the class is unknown or a time is not a whole second.
    """
    filename, onset, offset, label = row.fields
    class_index(label, path, row.line, classes)
    return Event(filename, _second(onset, path, row.line), _second(offset, path, row.line), label)


def class_index(label: str, path: Path, line: int, classes: Sequence[str] = LLP) -> int:
    """Position of a class name in ``classes``.

    Raises:
        LeapError: the class is unknown; the message names file and line.
    """
    names = [spelled(name) for name in classes]
    if spelled(label) not in names:
        known = shorten(", ".join(classes), 60, placeholder=" …")
        what = f"'{label}' is not one of the {len(classes)} classes ({known})"
        raise _error(path, line, f"{what}; spell it as there")
    return names.index(spelled(label))


def _cell(text: str) -> str:
    if not text or text != text.strip() or UNWRITABLE.search(text):
        raise LeapError(
            f"{text!r} cannot be written to a table (empty, with a tab or line break, a space at an end, or "
            "bytes that are not UTF-8); rename it"
        )
    return text


def _second(text: str, path: Path, line: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _error(path, line, f"'{text}' is not a time in whole seconds; write a number such as 3")
    return int(text)


def _complete_name(name: str, videos: Iterable[str]) -> str:
    """The video that a damaged name matches, or the name itself unless exactly one video matches."""
    matches = [v for v in videos if v == name or (v.endswith(name) and len(v) - len(name) <= 3)]
    matches = matches or [v for v in videos if v[:11] == name[:11]]
    return matches[0] if len(matches) == 1 else name


def _error(path: Path, line: int, what: str) -> LeapError:
    return LeapError(f"{path}:{line}: {what}")
