"""Find the defects of LLP's annotation files, with the rule by which each kind is read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from leap.data.annotations import (
    ANNOTATED,
    EVENT_COLUMNS,
    EVENT_FILES,
    MISNAMED,
    SEGMENTS,
    SPLIT_FILES,
    VIDEO_COLUMNS,
    Event,
    Row,
    parse_event,
    read_rows,
    repair_event,
)
from leap.data.classes import LLP
from leap.data.llp.sources import ANNOTATION_SHA256, OLDER_AUDIO_SHA256
from leap.errors import LeapError
from leap.io.download import file_sha256

RULES = {
    "file": "not the file that upstream distributes now; it is read nevertheless",
    "unreadable row": "an unknown class, or a time that is not a whole second: the file is refused",
    "listed twice": "a video that occurs more than once in a list: every copy is scored; packing refuses it",
    "in two splits": "a video in two of train, val and test: both copies are scored; packing refuses it",
    "not in the full list": "a video of a split that the full list lacks: no effect",
    "misnamed": "a row of the older audio file with a corrupt name: skipped; repair 'upstream' corrects it",
    "outside the splits": "a row that names no video of val or test: skipped; repair 'all' corrects some",
    "zero length": "a row that ends at its onset: marks nothing",
    "reversed": "a row that ends before its onset: marks nothing; repair 'all' swaps the two times",
    "beyond the end": f"a row that ends after second {SEGMENTS}: clipped there",
    "duplicate": "a row that repeats another: no effect",
    "overlapping": "two rows of one class that share seconds: united",
    "weak differs from dense": "a video whose weak label is not the union of its dense labels: both are kept",
}
"""Kind of finding → its description, and how it is read by default."""

OLDER_AUDIO = "the older copy with three corrupt rows"


class Finding(NamedTuple):
    """A remarkable row or file: its kind, a key of `RULES`; the file; and what was found."""

    kind: str
    file: str
    what: str


class LocatedEvent(NamedTuple):
    """A readable event with its file and line."""

    file: str
    line: int
    event: Event

    def finding(self, kind: str, what: str = "") -> Finding:
        """Make a finding about this event; ``what`` is appended to its description."""
        name, onset, offset, label = self.event
        return Finding(kind, self.file, f"line {self.line}: {name} {onset}–{offset} {label}{what}")


def check_annotations(folder: str | Path) -> list[Finding]:
    """Check the six annotation files of LLP.

    Args:
        folder: folder of the official annotation files.

    Returns:
        All findings, in the order of `RULES`.

    Raises:
        LeapError: a file is missing, or is not a table with the right columns.
    """
    folder = Path(folder)
    lists = {split: read_rows(folder / name, VIDEO_COLUMNS) for split, name in SPLIT_FILES.items()}
    rows = {name: read_rows(folder / name, EVENT_COLUMNS) for name in EVENT_FILES.values()}
    events, refused = _readable(folder, rows)
    annotated = [row for split in ANNOTATED for row in lists[split]]
    names = {row.fields[0] for row in annotated}
    findings = [*_check_files(folder), *refused, *_check_lists(lists)]
    for located in events:
        findings += _check_event(located, names)
    findings += [*_check_pairs(events), *_check_weak(events, annotated)]
    return sorted(findings, key=lambda finding: list(RULES).index(finding.kind))


def report(findings: list[Finding], shown: int = 10) -> str:
    """Format findings as text: per kind the count, the rule, and at most ``shown`` of its findings."""
    lines = []
    for kind, count in Counter(finding.kind for finding in findings).items():
        lines.append(f"{count:5}  {kind}: {RULES[kind]}")
        named = [f"{finding.file}: {finding.what}" for finding in findings if finding.kind == kind]
        lines += [f"         {text}" for text in named[:shown]]
        lines += [f"         … and {count - shown} more"] if count > shown else []
    return "\n".join(lines) or "nothing found"


def _check_files(folder: Path) -> Iterator[Finding]:
    for name, expected in ANNOTATION_SHA256.items():
        found = file_sha256(folder / name)
        if found != expected:
            older = found == OLDER_AUDIO_SHA256
            yield Finding("file", name, OLDER_AUDIO if older else f"SHA-256 {found}")


def _check_lists(lists: dict[str, list[Row]]) -> Iterator[Finding]:
    lines: dict[str, dict[str, int]] = {split: {} for split in lists}  # first line of each video
    for split, rows in lists.items():
        for row in rows:
            unknown = [label for label in row.fields[1].split(",") if label not in LLP]
            if unknown:
                what = f"line {row.line}: '{unknown[0]}' is not a class of LLP"
                yield Finding("unreadable row", SPLIT_FILES[split], what)
            first = lines[split].setdefault(row.fields[0], row.line)
            if first != row.line:
                what = f"line {row.line}: {row.fields[0]}, first in line {first}"
                yield Finding("listed twice", SPLIT_FILES[split], what)
    for one, other in combinations(("train", "val", "test"), 2):
        for name in sorted(lines[one].keys() & lines[other].keys()):
            too = f"line {lines[one][name]} of {SPLIT_FILES[one]}"
            yield Finding(
                "in two splits", SPLIT_FILES[other], f"line {lines[other][name]}: {name} is in {too} too"
            )
    for split in ("train", "val", "test"):
        missing = sorted(lines[split].keys() - lines["full"].keys())
        yield from (Finding("not in the full list", SPLIT_FILES[split], name) for name in missing)


def _readable(folder: Path, rows: dict[str, list[Row]]) -> tuple[list[LocatedEvent], list[Finding]]:
    events, refused = [], []
    for file, lines in rows.items():
        for row in lines:
            try:
                events.append(LocatedEvent(file, row.line, parse_event(row, folder / file)))
            except LeapError:
                refused.append(Finding("unreadable row", file, f"line {row.line}: {' '.join(row.fields)}"))
    return events, refused


def _check_event(located: LocatedEvent, names: set[str]) -> Iterator[Finding]:
    event = located.event
    if event.filename in MISNAMED:
        yield located.finding("misnamed", f", meant {MISNAMED[event.filename]}")
    elif event.filename not in names:
        meant = repair_event(event, "all", names).filename
        yield located.finding("outside the splits", f", may be {meant}" if meant in names else "")
    if event.onset == event.offset:
        yield located.finding("zero length")
    if event.onset > event.offset:
        yield located.finding("reversed")
    if max(event.onset, event.offset) > SEGMENTS:
        yield located.finding("beyond the end")


def _check_pairs(events: list[LocatedEvent]) -> Iterator[Finding]:
    """Find duplicate rows, and pairs of different rows of one class that share seconds."""
    tracks = defaultdict(list)
    for located in events:
        tracks[located.file, located.event.filename, located.event.label].append(located)
    for track in tracks.values():
        distinct: dict[Event, LocatedEvent] = {}
        for located in track:
            if located.event in distinct:
                yield located.finding("duplicate")
            distinct.setdefault(located.event, located)
        spans = sorted((p for e, p in distinct.items() if e.onset < e.offset), key=lambda p: p.event)
        for before, after in combinations(spans, 2):
            if after.event.onset < before.event.offset:
                yield after.finding("overlapping", f", with line {before.line}")


def _check_weak(events: list[LocatedEvent], annotated: list[Row]) -> Iterator[Finding]:
    dense = defaultdict(set)
    for _, _, event in events:
        if event.onset < min(event.offset, SEGMENTS):
            dense[event.filename].add(event.label)
    for row in annotated:
        name, labels = row.fields[0], set(row.fields[1].split(","))
        if labels != dense[name]:
            extra = f"only weak: {sorted(labels - dense[name])}, only dense: {sorted(dense[name] - labels)}"
            yield Finding("weak differs from dense", "the event files", f"{name}, {extra}")
