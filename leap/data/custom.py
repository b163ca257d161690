"""A data set of one's own: files in LLP's official layout beside tables of videos and events, packed.

The tables are ``classes.txt`` (a class a line), ``train.tsv``, ``val.tsv`` and ``test.tsv`` (``filename`` and
``event_labels``, or ``filename`` alone where no weak labels are known), and the events of val and test,
``audio.tsv`` and ``visual.tsv``, in the format of LLP's annotations. ``<name>_<start>_<end>`` names the
seconds from start to end of the file ``<name>``.
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

from leap.data.annotations import VIDEO_COLUMNS, expand_to_segments, read_events, read_rows, read_videos
from leap.data.llp.features import FEATURES, PSEUDO_LABELS, Problem, Source, load_array
from leap.data.llp.pack import Packing, present
from leap.data.registry import DATASETS
from leap.data.store import Blocks, write_store
from leap.data.store.layout import NAME, ROWS, SPLITS
from leap.errors import LeapError
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.prompts import names_as_prompts, read_classes

CLASSES = "classes.txt"
EVENTS = {"true_audio": "audio.tsv", "true_visual": "visual.tsv"}
AUDIO = FEATURES[0]
"""The features that say how long a video is."""

PSEUDO = tuple(source.name for source in PSEUDO_LABELS)

WINDOW = re.compile(r"(.+)_(\d{1,6})_(\d{1,6})")

Array = NDArray[Any]


class Span(NamedTuple):
    """Seconds ``start`` to ``end`` of the file ``file``, which lasts ``seconds``."""

    file: str
    start: int
    end: int
    seconds: int


@dataclass(frozen=True)
class Table:
    """The videos of a split, and their weak labels (N, C) where they are known."""

    names: tuple[str, ...]
    weak: NDArray[np.uint8] | None


def pack_custom(
    name: str,
    root: Path,
    out: Path,
    packing: Packing,
    *,
    annotations: Path | None = None,
    label_embedding: NDArray[np.float32] | None = None,
) -> list[Problem]:
    """Pack features and pseudo labels of one's own videos into a feature store.

    Where weak labels are not known, they are the classes of the pseudo labels in train, and of the events in
    val and test. Pseudo labels are restricted to weak labels.

    Args:
        name: of the data set, in small letters, digits and hyphens.
        root: folder of the official layout.
        out: the store to write.
        packing: how.
        annotations: folder of the tables; ``annotations`` below the root if not given.
        label_embedding: label embeddings (C, L); those of the names' letters if not given.

    Returns:
        What is wrong with the files; where there is anything, nothing is written.

    Raises:
        LeapError: the name is not allowed, a table or a folder is missing or malformed, or videos differ in
            length.
    """
    if not NAME.fullmatch(name) or name in DATASETS:
        raise LeapError(f"{name!r}: not a name for a data set of one's own; take small letters and hyphens")
    folder = annotations or root / "annotations"
    classes = read_classes(folder / CLASSES)
    tables = {split: _read_table(folder / f"{split}.tsv", classes) for split in SPLITS}
    sources = present(root, packing)
    files = Files(root, len(classes), packing)
    spans, problems = _spans(files, tables, sources)
    if problems:
        return problems
    segments = _length(spans)
    truth = _read_truth(folder, tables, classes, segments)
    embedding = ngram_embeddings([text for (text,) in names_as_prompts(classes)]).numpy()
    write_store(
        out,
        dataset=name,
        classes=classes,
        provenance={"source": "files of one's own in LLP's layout", **asdict(packing)},
        splits={
            split: _arrays(files, table, spans, sources, truth.get(split, {}), segments)
            for split, table in tables.items()
        },
        label_embedding=embedding if label_embedding is None else label_embedding,
        dtype=packing.dtype,
        compress=False,
    )
    return []


def weak_by_file(tables: Sequence[Path], classes: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
    """Weak labels (C,) by the name of the video file: of a file's spans, all classes of any.

    Raises:
        LeapError: a table is missing or malformed, or holds an unknown class.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    for path in tables:
        videos = read_videos(path, classes)
        for name, weak in zip(videos.filenames, videos.weak, strict=True):
            window = WINDOW.fullmatch(name)
            for key in {name, window[1] if window else name}:
                found[key] = found.get(key, np.zeros_like(weak)) | weak
    return found


@dataclass(frozen=True)
class Files:
    """The files of a root.

    Attributes:
        root: of the official layout.
        classes: C, the width of pseudo labels.
        packing: how they become arrays.
    """

    root: Path
    classes: int
    packing: Packing

    def span(self, name: str) -> Span | Problem:
        """Where the features of a video are."""
        whole = f"{AUDIO.folder}/{name}.npy"
        window = None if isfile(self.root / whole) else WINDOW.fullmatch(name)
        file = window[1] if window else name
        array = load_array(self.root, f"{AUDIO.folder}/{file}.npy", mapped=True)
        if isinstance(array, Problem):
            return array
        seconds = len(array) if array.ndim else 0
        start, end = (int(window[2]), int(window[3])) if window else (0, seconds)
        if not start < end <= seconds:
            return Problem(name, f"is no span of {file}, which has {seconds} s of features")
        return Span(file, start, end, seconds)

    def problem(self, source: Source, span: Span) -> Problem | None:
        """What is wrong with a file, as far as its header says."""
        array = load_array(self.root, self._path(source, span), mapped=True)
        if isinstance(array, Problem):
            return array
        width = self.classes if source in PSEUDO_LABELS else source.shape[1]
        expected = (source.rows_of(span.seconds), width)
        wrong = f"of shape {array.shape}, not {expected}"
        return Problem(self._path(source, span), wrong) if array.shape != expected else None

    def read(self, source: Source, span: Span) -> Array:
        """Features (T, width) or (T·k, width), or pseudo labels (T, C), of a span.

        Raises:
            LeapError: the file is damaged, or its features are not finite in the precision of the store.
        """
        array = load_array(self.root, self._path(source, span))
        if isinstance(array, Problem):
            raise LeapError(f"{self.root / array.file}: {array.reason}")
        if source.pool is not None and not self.packing.keeps(source):
            array = source.pool(array, span.seconds)
        rows, path = len(array) // span.seconds, self.root / self._path(source, span)
        found = array[rows * span.start : rows * span.end]
        with np.errstate(over="ignore"):
            finite = source in PSEUDO_LABELS or np.isfinite(found.astype(self.packing.dtype)).all()
        if not finite:
            raise LeapError(f"{path}: holds values that are not finite in {self.packing.dtype}")
        if source in PSEUDO_LABELS and not np.isin(found, (0, 1)).all():
            raise LeapError(f"{path}: holds labels other than 0 and 1")
        return found

    def _path(self, source: Source, span: Span) -> str:
        return f"{source.folder}/{span.file}.npy"


def _read_table(path: Path, classes: Sequence[str]) -> Table:
    if path.is_file() and path.read_bytes().split(b"\n")[0].strip() == VIDEO_COLUMNS[0].encode():
        table = Table(tuple(row.fields[0] for row in read_rows(path, VIDEO_COLUMNS[:1])), None)
    else:
        videos = read_videos(path, classes)
        table = Table(videos.filenames, videos.weak)
    strange = [name for name in table.names if Path(name).name != name]
    if strange or len(set(table.names)) < len(table.names) or not table.names:
        what = f"{strange[0]!r} is no file name" if strange else "needs videos, none of them twice"
        raise LeapError(f"{path}: {what}")
    return table


def _spans(
    files: Files, tables: Mapping[str, Table], sources: Sequence[Source]
) -> tuple[dict[str, Span], list[Problem]]:
    """Where every video's features are, and what is wrong with files."""
    found = {name: files.span(name) for table in tables.values() for name in table.names}
    spans = {name: span for name, span in found.items() if isinstance(span, Span)}
    problems = [span for span in found.values() if isinstance(span, Problem)]
    checked = (files.problem(source, span) for span in spans.values() for source in sources)
    return spans, sorted({*problems, *(problem for problem in checked if problem)})


def _length(spans: Mapping[str, Span]) -> int:
    """T, which all videos have in common."""
    lengths = {span.end - span.start: name for name, span in spans.items()}
    if len(lengths) > 1:
        (one, first), (other, second), *_ = lengths.items()
        raise LeapError(
            f"{first} lasts {one} s, {second} {other} s; videos of a data set are of one length: "
            "name spans of them, <name>_<start>_<end>"
        )
    return next(iter(lengths))


def _read_truth(
    folder: Path, tables: Mapping[str, Table], classes: Sequence[str], segments: int
) -> dict[str, dict[str, NDArray[np.uint8]]]:
    """Dense labels (N, T, C) of val and test, by split and modality."""
    val, test = tables["val"].names, tables["test"].names
    cubes = {key: read_events(folder / file, val + test, classes, segments) for key, file in EVENTS.items()}
    halves = {"val": slice(0, len(val)), "test": slice(len(val), None)}
    return {split: {key: cube[rows] for key, cube in cubes.items()} for split, rows in halves.items()}


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
    weak = table.weak if table.weak is not None else _union(truth or dense)
    pseudo = {name: dense.get(name, expand_to_segments(weak, segments)) * weak[:, None] for name in PSEUDO}
    features = {s.name: _blocks(files, s, chosen) for s in sources if s not in PSEUDO_LABELS}
    return {"ids": table.names, "weak": weak, **features, **pseudo, **truth}


def _union(dense: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Classes that occur in any segment of any modality, (N, C)."""
    if not dense:
        raise LeapError("no weak labels and no pseudo labels of the training videos; one of them is needed")
    return np.any([cube.any(1) for cube in dense.values()], axis=0).astype(np.uint8)


def _blocks(files: Files, source: Source, spans: Sequence[Span]) -> Blocks:
    """The features of all videos, read when they are written."""
    read = partial(files.read, source)
    first = read(spans[0])
    parts = (spans[start : start + ROWS] for start in range(0, len(spans), ROWS))
    return Blocks((len(spans), *first.shape), (np.stack([read(span) for span in part]) for part in parts))
