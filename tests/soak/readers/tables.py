"""Annotation tables and lists of one's own, against a second reading by the csv module."""

import csv
from functools import cache
from pathlib import Path
from random import Random
from unicodedata import normalize

import numpy as np

from leap.data.annotations import (
    EVENT_FILES,
    SPLIT_FILES,
    list_events,
    read_annotations,
    read_events,
    read_videos,
    write_events,
)
from leap.data.classes import LLP
from leap.data.custom import weak_by_file
from leap.data.llp.check import RULES, check_annotations, report
from leap.errors import LeapError
from leap.label_embeddings.prompts import read_classes
from tests.official_tree import write_annotations
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_table, mutated_text, respelt_table

NAMES = ("a_0_10", "-b_c_10_20", "Ünïcode_3_13")
EVENTS = (
    "filename\tonset\toffset\tevent_labels\n"
    "a_0_10\t0\t10\tSpeech\na_0_10\t3\t7\tDog\n-b_c_10_20\t0\t1\tFrying_(food)\n-b_c_10_20\t9\t10\tSpeech\n"
    "Ünïcode_3_13\t2\t5\tClapping\nÜnïcode_3_13\t4\t8\tClapping\n"
).encode()
VIDEOS = (
    "filename\tevent_labels\na_0_10\tSpeech,Dog\n-b_c_10_20\tFrying_(food)\nÜnïcode_3_13\tClapping,Cat,Car\n"
).encode()
CLASSES = "kettle\nTap_running\nchop chop\nÖl\nclass 5\n".encode()


def damaged(rng: Random, table: bytes, other: bytes) -> bytes:
    """A damaged table."""
    return mutated_table(rng, table) if rng.random() < 0.5 else mutated_text(rng, table, other)


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of a table below its header, as the csv module reads them."""
    csv.field_size_limit(1 << 30)
    text = normalize("NFC", content.decode("utf-8-sig"))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [row for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row][1:]


def marks(rows: list[list[str]]) -> set[tuple[str, int, str]]:
    """The seconds of videos that rows mark with classes."""
    return {(name, second, label) for name, a, b, label in rows for second in range(int(a), int(b))}


def read_event_table(folder, rng):
    (path := folder / "events.tsv").write_bytes(content := damaged(rng, EVENTS, VIDEOS))
    return path, content, read_events(path, NAMES)


def check_event_table(path, content, labels):
    assert (labels.shape, labels.dtype) == ((len(NAMES), 10, len(LLP)), np.uint8)
    assert {(NAMES[n], int(t), LLP[c]) for n, t, c in np.argwhere(labels)} == marks(rows_of(content))
    write_events(path, NAMES, labels)
    assert (read_events(path, NAMES) == labels).all()


def read_event_rows(folder, rng):
    (path := folder / "events.tsv").write_bytes(content := damaged(rng, EVENTS, VIDEOS))
    return content, list_events(path)


def check_event_rows(content, events):
    assert [[e.filename, e.onset, e.offset, e.label] for e in events] == [
        [name, int(onset), int(offset), label] for name, onset, offset, label in rows_of(content)
    ]
    assert all(event.label in LLP and min(event.onset, event.offset) >= 0 for event in events)


def read_video_table(folder, rng):
    (path := folder / "videos.tsv").write_bytes(content := damaged(rng, VIDEOS, EVENTS))
    return content, read_videos(path), weak_by_file([path], LLP)


def check_video_table(content, videos, by_file):
    expected = [(name, set(labels.split(","))) for name, labels in rows_of(content)]
    found = [{LLP[c] for c in row.nonzero()[0]} for row in videos.weak]
    assert list(zip(videos.filenames, found, strict=True)) == expected
    for name, labels in expected:
        assert labels <= {LLP[c] for c in by_file[name].nonzero()[0]}


def write_respelt(folder, rng):
    (path := folder / "events.tsv").write_bytes(respelt_table(rng, EVENTS))
    (other := folder / "videos.tsv").write_bytes(respelt_table(rng, VIDEOS))
    return path, other


def check_respelt(events, videos):
    check_event_rows(EVENTS, list_events(events))
    check_video_table(VIDEOS, read_videos(videos), weak_by_file([videos], LLP))


@cache
def official(folder: Path) -> dict[str, bytes]:
    """LLP's six files, as they should be."""
    write_annotations(folder, {"train": 6, "val": 4, "test": 4})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read_official(folder, rng):
    files = official(folder)
    name, other = rng.sample(sorted(files), 2)
    (folder / name).write_bytes(damaged(rng, files[name], files[other]))
    try:
        return folder, check_annotations(folder), [refuses(folder, split) for split in ("val", "test")]
    finally:
        (folder / name).write_bytes(files[name])


def refuses(folder: Path, split: str) -> bool:
    """Whether the reader of annotations refuses a split."""
    try:
        labels = read_annotations(folder, split)
    except LeapError:
        return True
    assert labels.audio.shape == labels.visual.shape == (len(labels.filenames), 10, len(LLP))
    return False


def check_official(folder, findings, refused):
    """A split is refused where the check finds a row that cannot be read, and only there."""
    told = report(findings, shown=len(findings))
    assert all(RULES[finding.kind] in told and finding.what in told for finding in findings)
    unreadable = {finding.file for finding in findings if finding.kind == "unreadable row"}
    events = bool(unreadable & set(EVENT_FILES.values()))
    assert refused == [events or SPLIT_FILES[split] in unreadable for split in ("val", "test")]


def read_class_list(folder, rng):
    (path := folder / "classes.txt").write_bytes(content := mutated_text(rng, CLASSES))
    return path, content, read_classes(path)


def check_class_list(path, content, classes):
    lines = normalize("NFC", content.decode("utf-8-sig")).replace("\r", "\n").split("\n")
    assert list(classes) == [line.strip() for line in lines if line.strip()]
    labels = np.eye(len(classes), dtype=np.uint8)[None]
    write_events(path, NAMES[:1], labels, classes)
    assert (read_events(path, NAMES[:1], classes, len(classes)) == labels).all()


KINDS = {
    "annotations: events, marked": Kind(3000, 150_000, read_event_table, check_event_table),
    "annotations: events, listed": Kind(3000, 150_000, read_event_rows, check_event_rows),
    "annotations: videos": Kind(3000, 150_000, read_video_table, check_video_table),
    "annotations: the same in other bytes": Kind(500, 20_000, write_respelt, check_respelt),
    "annotations: check of LLP's six files": Kind(300, 10_000, read_official, check_official),
    "class lists": Kind(3000, 120_000, read_class_list, check_class_list),
}
