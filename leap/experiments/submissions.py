"""Results on LLP that others submit as signed score files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from leap.config import Protocol
from leap.data.registry import dataset_title
from leap.errors import LeapError
from leap.inference.scored_predictions import tables_on_llp
from leap.inference.signed_scores import SignedScores, check_signed, is_official, read_signed
from leap.io.reason import reason
from leap.metrics import TITLES

FOLDER = "predictions"
"""Folder of submitted files, within a folder of results."""

STATED, SCORED_HERE = "submitted", "submitted, scored here"
"""Kinds of submissions: scores as the file states them, or computed again from the tables beside the file."""

GATES = {"video": "one video gate", "modality": "a gate per modality", None: "no gate"}


class Submissions(NamedTuple):
    """The files of a folder.

    Attributes:
        rows: one row per accepted file, under the name of its system, marked as submitted; ``kind``, the ten
            scores × 100, ``labels``, ``protocol`` and ``source``.
        refused: name of a refused file → the reason.
    """

    rows: pd.DataFrame
    refused: dict[str, str]


def read_submissions(folders: Iterable[Path], annotations: Path | None) -> Submissions:
    """Read the signed score files of folders, ``*.json``.

    A file is accepted if its signature is valid and it was scored on the test split against LLP's official
    annotations. If ``<name>_audio.tsv`` and ``<name>_visual.tsv`` lie beside ``<name>.json``, it also has to
    follow from these tables, where the annotations are at hand.

    Args:
        folders: folders of results; those without `FOLDER` have no submissions.
        annotations: folder of LLP's annotation files; None if they are not here.
    """
    rows, refused = {}, {}
    for path in sorted({path.resolve() for folder in folders for path in (folder / FOLDER).glob("*.json")}):
        try:
            scores = read_signed(path)
            rows[path] = _row(scores, path, _kind(scores, path, annotations))
        except (LeapError, OSError) as error:
            why = reason(error).replace(f"{path.parent}{os.sep}", "")  # no paths of this machine
            refused[path.name] = why.removeprefix(f"{path.name}: ")
    return Submissions(_table(rows), refused)


def in_words(submissions: Submissions) -> str:
    """How many systems were submitted, scored here and refused."""
    kinds, refused = submissions.rows["kind"], len(submissions.refused)
    scored = (kinds == SCORED_HERE).sum()
    return (
        f"Submitted systems: {len(kinds)}; scored here from their tables: {scored}; refused files: {refused}."
    )


def refused_table(submissions: Submissions) -> pd.DataFrame:
    """The refused files and the reasons; a table, because names and reasons come from others' files."""
    return pd.DataFrame({"reason": submissions.refused}).rename_axis("file")


def _kind(scores: SignedScores, path: Path, annotations: Path | None) -> str:
    """One of `STATED` and `SCORED_HERE`.

    Raises:
        LeapError: the scores are not those of LLP's test split, or do not follow from the tables.
    """
    if scores.dataset != "llp":
        title = dataset_title(scores.dataset)
        raise LeapError(f"scored on {title}; this page lists results on LLP alone")
    if scores.split != "test":
        raise LeapError(f"scored on {scores.split}; this page lists results on test alone")
    if not is_official(scores):
        raise LeapError(
            "scored against other annotations than LLP's official ones; fetch them and sign again"
        )
    audio, visual = (path.with_name(f"{path.stem}_{modality}.tsv") for modality in ("audio", "visual"))
    if annotations is None or not (audio.is_file() and visual.is_file()):
        return STATED
    check_signed(scores, tables_on_llp(annotations, scores.split, audio, visual), (audio, visual))
    return SCORED_HERE


def _row(scores: SignedScores, path: Path, kind: str) -> dict[str, Any]:
    return {
        "system": f"{scores.system} (submitted)",
        "kind": kind,
        **scores.scores,
        "labels": scores.labels or None,
        "protocol": protocol_in_words(scores.protocol) if scores.protocol else None,
        "source": f"{scores.source or 'no source given'}; {path.name}, signed {scores.date}",
    }


def _table(rows: dict[Path, dict[str, Any]]) -> pd.DataFrame:
    columns = ["system", "kind", *TITLES, "labels", "protocol", "source"]
    return pd.DataFrame(list(rows.values()), columns=columns).set_index("system")


def protocol_in_words(protocol: Protocol) -> str:
    """Threshold of segments and gates of a protocol, as the published results state them.

    Example:
        >>> protocol_in_words(Protocol()), protocol_in_words(Protocol(segment=0.25, gate=None))
        ('0.5; one video gate', '0.25; no gate')
    """
    gate = GATES[protocol.gate]
    if protocol.gate and protocol.gate_threshold != 0.5:
        gate += f" {protocol.gate_threshold:g}"
    by_class = ", visual ones by class" if protocol.class_thresholds else ""
    return f"{protocol.segment:g}; {gate}{by_class}"
