"""Run records, the source of every number in the book."""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from leap.config import STRICT, RunConfig, canonical_json, from_dict
from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.io.reason import explain, reason
from leap.metrics.titles import SUMMARY_SCORES
from leap.registry import first_problem
from leap.training.run import REVISION, run_key

SCHEMA = 2

EXPANSION = 100
"""Largest accepted ratio of uncompressed to gzipped size; in practice it is five to eight."""

TYPE_MEANS = {f"{level}_type": [f"{level}_{m}" for m in ("a", "v", "av")] for level in ("seg", "evt")}

PRIMARY, PRIMARY_PARTS = "primary", SUMMARY_SCORES
"""The primary measure of all registered claims, and the four scores of which it is the mean."""


@dataclass(frozen=True)
class Record:
    """The results of a run with their provenance.

    Attributes:
        schema: version of these fields.
        key: name of the run, see `leap.training.run.run_key`.
        revision: `leap.training.run.REVISION` when the run was made.
        config: the run config as plain values.
        seed: the config's seed.
        protocol: the config's decoding protocol, with the class thresholds that were chosen on val.
        data: ``name`` and ``checksum`` of the data set.
        selection: ``epoch``, the epoch that was kept, and ``score``, its val score, by which it was chosen.
        metrics: the ten scores × 100 on the config's split.
        per_video: the eight scores of every video in 0…1, rounded to six decimals.
        segments: micro precision, recall, F and average precision × 100 over segments, by modality and number
            of simultaneous events.
        history: losses and val scores of every epoch.
        code: version of the package, commit, and whether files differed from it.
        libraries: versions of the libraries on which the numbers depend.
        device: processor, threads and GPU.
        seconds: time of training and evaluation.
        diagnostics: measures of the trained parser, see `leap.experiments.diagnostics.diagnose`, and of a run
            with unseen classes `leap.experiments.unseen_classes.unseen_precision`; empty in records of the
            first revision.
        readings: the ten scores × 100 under other readings of the same probabilities, see
            `leap.inference.readings.readings`; empty in records from before they were recorded.
    """

    __pydantic_config__ = STRICT

    schema: int
    key: str
    revision: int
    config: dict[str, Any]
    seed: int
    protocol: dict[str, Any]
    data: dict[str, str]
    selection: dict[str, float]
    metrics: dict[str, float]
    per_video: dict[str, list[float]]
    segments: dict[str, dict[str, float]]
    history: list[dict[str, float]]
    code: dict[str, Any]
    libraries: dict[str, str]
    device: dict[str, Any]
    seconds: float
    diagnostics: dict[str, float] = field(default_factory=dict)
    readings: dict[str, dict[str, float]] = field(default_factory=dict)

    def scores(self, name: str) -> np.ndarray:
        """A score of every video in 0…1, (N,), or their `PRIMARY` measure.

        A Type@AV is the mean of its three scores.
        """
        if name == PRIMARY:
            return np.mean([self.scores(part) for part in PRIMARY_PARTS], axis=0)
        names = TYPE_MEANS.get(name, [name])
        return np.mean([self.per_video[part] for part in names], axis=0)

    @property
    def primary(self) -> float:
        """The primary measure × 100 on the config's split."""
        return float(np.mean([self.metrics[part] for part in PRIMARY_PARTS]))

    def primary_under(self, reading: str) -> float:
        """The primary measure × 100 under one of ``readings``."""
        return float(np.mean([self.readings[reading][part] for part in PRIMARY_PARTS]))

    def run_config(self) -> RunConfig:
        """The run config of the record."""
        return from_dict(self.config, f"record {self.key}")


_ADAPTER = TypeAdapter(Record)


def write_record(record: Record, path: Path) -> None:
    """Write one record as JSON, atomically."""
    atomic_write(path, json.dumps(_ADAPTER.dump_python(record), allow_nan=False))


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        LeapError: the file is missing, damaged or of another schema.
    """
    try:
        return _parse(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise LeapError(f"{path}: {explain(error, reason(error), 'make the run with leap run')}") from None
    except UnicodeDecodeError:
        raise LeapError(f"{path}: damaged record (not UTF-8); remove it") from None


def pick(
    records: Iterable[Record], configs: Iterable[RunConfig], checksum: str, revision: int = REVISION
) -> list[Record]:
    """Select the records of given configs, in the order of the configs.

    Args:
        records: the records to choose from.
        configs: the configs.
        checksum: checksum of their data set.
        revision: revision of the records.

    Raises:
        LeapError: a record is missing.
    """
    by_key = {record.key: record for record in records}
    keys = [run_key(config, checksum, revision) for config in configs]
    missing = [key for key in keys if key not in by_key]
    if missing:
        remedy = "run `make search`, then `make book PROFILE=full`"
        raise LeapError(f"the committed records lack run {missing[0]}; {remedy}")
    return [by_key[key] for key in keys]


def write_records(records: Iterable[Record], path: Path) -> None:
    """Write records to one gzipped file of JSON lines; equal records give equal bytes."""
    lines = [json.dumps(_ADAPTER.dump_python(record), allow_nan=False) + "\n" for record in records]
    with atomic_path(path) as temporary:
        temporary.write_bytes(gzip.compress("".join(lines).encode(), compresslevel=9, mtime=0))


def read_records(path: Path) -> list[Record]:
    """Read records that `write_records` wrote.

    Raises:
        LeapError: the file is missing or damaged.
    """
    try:
        text = _unpacked(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        what = f"not a file of run records ({reason(error)}); remove it"
        remedy = "`make book PROFILE=full` makes it"
        raise LeapError(f"{path}: {explain(error, what, remedy)}") from None
    return [_parse(line, path) for line in text.splitlines()]


def _unpacked(data: bytes) -> bytes:
    """Decompress a gzipped file; content beyond `EXPANSION` times its size is refused."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = stream.decompress(data, EXPANSION * len(data))
    if not stream.eof or stream.unused_data:
        raise ValueError("cut short, or not one gzipped file")
    return content


def _parse(text: str, path: Path) -> Record:
    try:
        record = _ADAPTER.validate_json(text)
        canonical_json([record.config, record.protocol, record.code, record.device])
    except ValidationError as error:
        raise LeapError(f"{path}: damaged record ({first_problem(error)}); remove it") from None
    except ValueError as error:
        raise LeapError(f"{path}: damaged record ({error}); remove it") from None
    if record.schema != SCHEMA:
        raise LeapError(
            f"{path}: record of schema {record.schema}, this version reads {SCHEMA}; remove it, and make the "
            "run again"
        )
    return record
