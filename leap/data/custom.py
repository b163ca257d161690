"""Custom data sets: feature files in LLP's official layout and tables of videos and events, packed.

The tables are ``classes.txt`` (one class per line); ``train.tsv``, ``val.tsv`` and ``test.tsv`` with the
columns ``filename`` and ``event_labels``, or only ``filename`` if weak labels are unknown; and the events of
val and test, ``audio.tsv`` and ``visual.tsv``, in the format of LLP's annotations. A video is a whole file
``<name>``, or ``<name>_<start>_<end>``: the seconds from start to end of that file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from os.path import isfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import (
    VIDEO_COLUMNS,
    expand_to_segments,
    read_events,
    read_header,
    read_rows,
    read_videos,
)
from leap.data.llp.features import FEATURES, PSEUDO_LABELS, Problem, Source, load_array, not_finite
from leap.data.llp.pack import Packing, available_sources, check_names, origins
from leap.data.names import first_repeat, folded
from leap.data.registry import can_name_custom
from leap.data.store import Blocks, write_store
from leap.data.store.layout import ROWS, SPLITS
from leap.errors import LeapError
from leap.io.progress import with_progress
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.prompts import read_classes

CLASSES = "classes.txt"
EVENTS = {"true_audio": "audio.tsv", "true_visual": "visual.tsv"}
AUDIO = FEATURES[0]
"""The features that define the length of a file in seconds."""

PSEUDO = tuple(source.name for source in PSEUDO_LABELS)

WINDOW = re.compile(r"(.+)_(\d{1,6})_(\d{1,6})")
"""Pattern of the name of a part of a file: ``<name>_<start>_<end>``, in seconds."""

Array = NDArray[Any]


class Span(NamedTuple):
    """The seconds from ``start`` to ``end`` (exclusive) of a file that lasts ``seconds``."""

    file: str
    start: int
    end: int
    seconds: int


@dataclass(frozen=True)
class Table:
    """The N videos of a split.

    Attributes:
        path: file of the table.
        names: names of the videos.
        lines: line of each video in the file.
        weak: weak labels, (N, C), or None where they are unknown.
    """

    path: Path
    names: tuple[str, ...]
    lines: tuple[int, ...]
    weak: NDArray[np.uint8] | None

    def place(self, index: int) -> str:
        """Location of a video in the table, as ``<file>:<line>``."""
        return f"{self.path}:{self.lines[index]}"


def pack_custom(
    name: str,
    root: Path,
    out: Path,
    packing: Packing,
    *,
    annotations: Path | None = None,
    label_embedding: NDArray[np.float32] | None = None,
) -> list[Problem]:
    """Pack features and pseudo-labels of custom videos into a feature store.

    Unknown weak labels are derived from the pseudo-labels in train, and from the events in val and test.
    Pseudo-labels are restricted to the weak labels.

    Args:
        name: name of the data set: lower-case letters, digits and hyphens.
        root: folder of feature files in LLP's official layout.
        out: the store to write.
        packing: how to pack; ``repair`` is not used.
        annotations: folder of the tables; ``annotations`` below ``root`` by default.
        label_embedding: label embeddings, (C, L); by default n-gram embeddings of the class names.

    Returns:
        Problems with feature files; unless the list is empty, nothing is written.

    Raises:
        LeapError: the name is not allowed; a table or folder is missing or malformed; a folder holds no file
            of any video, or files of other classes or another version (`leap.data.llp.description`); a video
            is listed twice, or shares seconds with a video of another split; or the videos differ in length.
        OSError: the store cannot be written.
    """
    if not can_name_custom(name):
        raise LeapError(
            f"{name!r} cannot name a custom data set; use other lower-case letters, digits and hyphens"
        )
    folder = annotations or root / "annotations"
    classes = read_classes(folder / CLASSES)
    tables = {split: _read_table(folder / f"{split}.tsv", classes) for split in SPLITS}
    sources = _sources(root, packing, classes, tables)
    files = Files(root, len(classes), packing)
    spans, problems = _spans(files, tables, sources)
    if problems:
        return problems
    _check_leakage(tables, spans)
    segments = _length(spans)
    truth = _read_truth(folder, tables, classes, segments)
    if label_embedding is None:
        label_embedding = ngram_embeddings(classes).numpy()
    write_store(
        out,
        dataset=name,
        classes=classes,
        provenance={
            "source": "custom files in LLP's layout",
            **asdict(packing),
            "features": origins(root, sources),
        },
        splits={
            split: _arrays(files, table, spans, sources, truth.get(split, {}), segments)
            for split, table in tables.items()
        },
        label_embedding=label_embedding,
        dtype=packing.dtype,
        compress=False,
    )
    return []


def weak_by_file(tables: Sequence[Path], classes: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
    """Collect weak labels per file: a file has the classes of all its listed parts.

    Args:
        tables: tables with the columns ``filename`` and ``event_labels``.
        classes: names of the C classes, in label order.

    Returns:
        Name of the file without suffix → weak labels, (C,).

    Raises:
        LeapError: a table is missing or malformed, or holds an unknown class.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    for path in tables:
        videos = read_videos(path, classes)
        for name, weak in zip(videos.filenames, videos.weak, strict=True):
            for key in dict.fromkeys(_file_names(name)):
                found[key] = found.get(key, np.zeros_like(weak)) | weak
    return found


@dataclass(frozen=True)
class Files:
    """Feature files and pseudo-label files below one folder.

    Attributes:
        root: folder of the official layout.
        classes: number of classes C, the width of the pseudo-labels.
        packing: how to pack the arrays.
    """

    root: Path
    classes: int
    packing: Packing

    def span(self, name: str) -> Span | Problem:
        """Find the file and the seconds of a video; a file with exactly that name takes precedence."""
        whole = f"{AUDIO.folder}/{name}.npy"
        window = None if isfile(self.root / whole) else WINDOW.fullmatch(name)
        file = window[1] if window else name
        array = load_array(self.root, f"{AUDIO.folder}/{file}.npy", mapped=True)
        if isinstance(array, Problem):
            return array
        seconds = len(array) if array.ndim else 0
        start, end = (int(window[2]), int(window[3])) if window else (0, seconds)
        if not start < end <= seconds:
            return Problem(f"{AUDIO.folder}/{file}.npy", f"lasts {seconds} s, so it does not contain {name}")
        return Span(file, start, end, seconds)

    def problem(self, source: Source, span: Span) -> Problem | None:
        """Check that the shape in a file's header fits the length of the video; None if it does."""
        array = load_array(self.root, self._path(source, span), mapped=True)
        if isinstance(array, Problem):
            return array
        width = self.classes if source in PSEUDO_LABELS else source.shape[1]
        expected = (source.rows_of(span.seconds), width)
        wrong = f"has shape {array.shape}, not {expected}"
        return Problem(self._path(source, span), wrong) if array.shape != expected else None

    def read(self, source: Source, span: Span) -> Array:
        """Read features, (T, width) or (T·k, width), or pseudo-labels, (T, C), of a video.

        Raises:
            LeapError: the file is damaged, holds features that are not finite in the store's precision, or
                holds labels other than 0 and 1.
        """
        path = self.root / self._path(source, span)
        array = load_array(self.root, self._path(source, span), mapped=True)
        if isinstance(array, Problem):
            raise LeapError(f"{path}: {array.reason}")
        found = source.cut(array, span.start, span.end, self.packing.keeps_rows(source))
        with np.errstate(over="ignore"):
            finite = source in PSEUDO_LABELS or np.isfinite(found.astype(self.packing.dtype)).all()
        if not finite:
            raise LeapError(f"{path}: {not_finite(self.packing.dtype)}")
        if source in PSEUDO_LABELS and not np.isin(found, (0, 1)).all():
            raise LeapError(f"{path}: holds labels other than 0 and 1")
        return found

    def _path(self, source: Source, span: Span) -> str:
        return f"{source.folder}/{span.file}.npy"


def _read_table(path: Path, classes: Sequence[str]) -> Table:
    columns = read_header(path)
    unknown = columns == VIDEO_COLUMNS[:1]
    weak = None if unknown else read_videos(path, classes).weak
    rows = read_rows(path, VIDEO_COLUMNS[:1] if unknown else VIDEO_COLUMNS)
    table = Table(path, tuple(row.fields[0] for row in rows), tuple(row.line for row in rows), weak)
    if not table.names:
        raise LeapError(f"{path}: lists no videos; write one per line below the header")
    for index, name in enumerate(table.names):
        if Path(name).name != name:
            raise LeapError(f"{table.place(index)}: {name!r} is not a file name; leave out its folder")
    _check_unique(table)
    return table


def _file_names(name: str) -> tuple[str, ...]:
    """Names that the file of a video may have, without suffix."""
    window = WINDOW.fullmatch(name)
    return (name, window[1]) if window else (name,)


def _check_unique(table: Table) -> None:
    repeat = first_repeat(map(folded, table.names))
    if repeat:
        first, index = repeat
        where = f"{table.place(index)}: {table.names[index]}"
        if table.names[first] == table.names[index]:
            raise LeapError(f"{where} is listed twice, first in line {table.lines[first]}; remove one")
        other = f"{table.names[first]} of line {table.lines[first]}"
        raise LeapError(f"{where} differs from {other} only in case; rename one")


def _check_leakage(tables: Mapping[str, Table], spans: Mapping[str, Span]) -> None:
    """Refuse videos of two splits that share a second of a file.

    Raises:
        LeapError: two splits share a second.
    """
    users: dict[tuple[str, int], tuple[Table, int]] = {}
    for table in tables.values():
        for index, name in enumerate(table.names):
            span = spans[name]
            for second in range(span.start, span.end):
                other, row = users.setdefault((folded(span.file), second), (table, index))
                if other is not table:
                    both = f"{other.place(row)} ({other.names[row]}) and {table.place(index)} ({name})"
                    raise LeapError(f"{both}: two splits share second {second} of {span.file}; remove one")


def _sources(
    root: Path, packing: Packing, classes: Sequence[str], tables: Mapping[str, Table]
) -> list[Source]:
    """Kinds of features whose folders exist; each holds a file of at least one video."""
    sources = available_sources(root, packing, classes)
    names = [_file_names(name) for table in tables.values() for name in table.names]
    for source in sources:
        check_names(root, source, names)
    return sources


def _spans(
    files: Files, tables: Mapping[str, Table], sources: Sequence[Source]
) -> tuple[dict[str, Span], list[Problem]]:
    """Find every video's file and seconds, and list the problems with feature files."""
    names = [name for table in tables.values() for name in table.names]
    found = {name: files.span(name) for name in with_progress(names, "find", unit="video")}
    spans = {name: span for name, span in found.items() if isinstance(span, Span)}
    problems = [span for span in found.values() if isinstance(span, Problem)]
    bar = with_progress(spans.values(), "check", unit="video")
    checked = (files.problem(source, span) for span in bar for source in sources)
    return spans, sorted({*problems, *(problem for problem in checked if problem)})


def _length(spans: Mapping[str, Span]) -> int:
    """Common length T of all videos.

    Raises:
        LeapError: the videos differ in length.
    """
    lengths = {span.end - span.start: name for name, span in spans.items()}
    if len(lengths) > 1:
        (one, first), (other, second), *_ = lengths.items()
        raise LeapError(
            f"{first} lasts {one} s, {second} {other} s; all videos of a data set must have one length: "
            "list parts of equal length, <name>_<start>_<end> with start and end in seconds"
        )
    return next(iter(lengths))


def _read_truth(
    folder: Path, tables: Mapping[str, Table], classes: Sequence[str], segments: int
) -> dict[str, dict[str, NDArray[np.uint8]]]:
    """Dense labels, (N, T, C), of val and test, by split and name in the store."""
    truth: dict[str, dict[str, NDArray[np.uint8]]] = {"val": {}, "test": {}}
    names = [name for split in truth for name in tables[split].names]
    for key, file in EVENTS.items():
        cube = read_events(folder / file, names, classes, segments)
        truth["val"][key], truth["test"][key] = np.split(cube, [len(tables["val"].names)])
    return truth


def _arrays(
    files: Files,
    table: Table,
    spans: Mapping[str, Span],
    sources: Sequence[Source],
    truth: Mapping[str, NDArray[np.uint8]],
    segments: int,
) -> dict[str, Any]:
    chosen = [spans[name] for name in table.names]
    dense = {
        s.name: np.stack([files.read(s, span) for span in chosen]) for s in sources if s in PSEUDO_LABELS
    }
    if table.weak is None and not (truth or dense):
        what = "neither a column event_labels nor pseudo-labels to learn from; add one of them"
        raise LeapError(f"{table.path}: has {what}")
    weak = table.weak if table.weak is not None else _union(truth or dense)
    pseudo = {name: dense.get(name, expand_to_segments(weak, segments)) * weak[:, None] for name in PSEUDO}
    features = {s.name: _blocks(files, s, chosen) for s in sources if s not in PSEUDO_LABELS}
    return {"ids": table.names, "weak": weak, **features, **pseudo, **truth}


def _union(dense: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Classes that occur in any segment of either modality, (N, C)."""
    return np.any([cube.any(1) for cube in dense.values()], axis=0).astype(np.uint8)


def _blocks(files: Files, source: Source, spans: Sequence[Span]) -> Blocks:
    """Features of all videos, as blocks that are read only when they are written to the store."""
    read = partial(files.read, source)
    first = read(spans[0])
    parts = (spans[start : start + ROWS] for start in range(0, len(spans), ROWS))
    return Blocks((len(spans), *first.shape), (np.stack([read(span) for span in part]) for part in parts))
