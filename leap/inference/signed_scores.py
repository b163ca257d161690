"""Signed score files: the scores of a system's predictions, tied to the tables and annotations behind them.

The signature is the SHA-256 of the rest of the file as canonical JSON. It shows that the file is unchanged
and, with its checksums, to which tables and annotations the scores belong. It does not show who made it: it
has no secret key, so anybody can sign any scores. Scores are proven by `check_signed`, from the tables.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from leap.config import STRICT, Protocol, canonical_json
from leap.data.llp.sources import TRUTH_SHA256
from leap.errors import LeapError
from leap.inference.scored_predictions import ScoredPredictions
from leap.io.atomic import atomic_write
from leap.io.download import file_sha256
from leap.io.reason import reason
from leap.io.strict_json import parse_json
from leap.io.text_file import read_text
from leap.metrics import SCORES, parsing_scores
from leap.metrics.arrays import MODALITIES, as_array
from leap.registry import first_problem

SIGNATURE = "signature"
"""Key of the signature in the file."""

TOLERANCE = 1e-6
"""Difference of two scores × 100 that other libraries may cause."""


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of printable characters without spaces at its ends")
    return text


def _date(text: str) -> str:
    if datetime.fromisoformat(text).date().isoformat() != text:
        raise ValueError("must be a date such as 2026-01-31")
    return text


Text = Annotated[str, Field(max_length=300), AfterValidator(_printable)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Score = Annotated[float, Field(ge=0, le=100)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SignedScores:
    """Content of a signed score file, without its signature.

    Attributes:
        format: ``"leap-signed-scores-1"``.
        system: name of the system.
        dataset: name of the data set.
        split: split of the data set.
        videos: number of its videos.
        scores: the ten scores × 100.
        annotations: SHA-256 of the ground truth, see `truth_sha256`.
        tables: modality → SHA-256 of the table of predicted events.
        protocol: decoding protocol of the predictions; None if unknown.
        labels: labels on which the system was trained; empty if unknown.
        source: address or citation of the system; empty if there is none.
        leap: version of this package.
        date: date of the signature.
    """

    format: Literal["leap-signed-scores-1"] = "leap-signed-scores-1"
    system: Annotated[Text, Field(min_length=1)]
    dataset: Annotated[Text, Field(min_length=1)]
    split: Literal["train", "val", "test"]
    videos: int = Field(ge=1)
    scores: dict[str, Score]
    annotations: Sha256
    tables: dict[Literal["audio", "visual"], Sha256]
    protocol: Protocol | None = None
    labels: Text = ""
    source: Text = ""
    leap: Text
    date: Annotated[str, AfterValidator(_date)]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if set(self.scores) != set(SCORES):
            raise ValueError(f"scores must be {', '.join(SCORES)}")
        if set(self.tables) != set(MODALITIES):
            raise ValueError("tables must be audio and visual")
        return self


_ADAPTER = TypeAdapter(SignedScores)


def score_and_sign(
    found: ScoredPredictions, dataset: str, split: str, tables: tuple[Path, Path], **stated: Any
) -> SignedScores:
    """Score predictions, and state what the scores belong to.

    Args:
        found: the predictions and their ground truth.
        dataset: name of the data set.
        split: split of the data set.
        tables: tables of the predicted audio and visual events.
        stated: further fields of `SignedScores`: ``system`` and ``leap``, and optionally ``labels`` and
            ``source``.

    Raises:
        LeapError: a field has a wrong value.
        OSError: a table cannot be read.
    """
    values: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "videos": len(found.videos),
        "scores": parsing_scores(*found.cubes),
        "annotations": truth_sha256(found),
        "tables": {m: file_sha256(path) for m, path in zip(MODALITIES, tables, strict=True)},
        "date": datetime.now(UTC).date().isoformat(),
    }
    try:
        return SignedScores(**values, protocol=found.protocol, **stated)
    except ValidationError as error:
        raise LeapError(first_problem(error)) from None


def write_signed(scores: SignedScores, path: Path) -> None:
    """Write a signed score file, atomically.

    Raises:
        OSError: the file cannot be written.
    """
    values = _ADAPTER.dump_python(scores, mode="json")
    atomic_write(path, json.dumps(values | {SIGNATURE: signature(values)}, indent=2) + "\n")


def read_signed(path: Path) -> SignedScores:
    """Read a signed score file and check its signature.

    Raises:
        LeapError: the file cannot be read, is no signed score file, or was changed after it was signed.
    """
    try:
        values = parse_json(read_text(path))
    except (OSError, ValueError) as error:
        raise LeapError(f"{path}: {reason(error)}; give a file of `leap predictions sign`") from None
    signed = values.pop(SIGNATURE, None) if isinstance(values, dict) else None
    if not isinstance(signed, str):
        raise LeapError(f"{path}: has no signature; give a file of `leap predictions sign`")
    if signed != signature(values):
        raise LeapError(f"{path}: was changed after it was signed; sign the predictions again")
    try:
        return _ADAPTER.validate_json(json.dumps(values))
    except ValidationError as error:
        raise LeapError(f"{path}: {first_problem(error)}; sign the predictions again") from None


def check_signed(scores: SignedScores, found: ScoredPredictions, tables: tuple[Path, Path]) -> None:
    """Check that scores follow from the tables and annotations that they name.

    Args:
        scores: content of a signed score file.
        found: predictions of the tables, with the ground truth of the same split.
        tables: tables of the predicted audio and visual events.

    Raises:
        LeapError: the tables or the annotations are others, or they have other scores.
        OSError: a table cannot be read.
    """
    for modality, path in zip(MODALITIES, tables, strict=True):
        if file_sha256(path) != scores.tables[modality]:  # type: ignore[index]
            raise LeapError(f"{path}: is not the {modality} table of {scores.system} that was signed")
    if truth_sha256(found) != scores.annotations:
        raise LeapError(f"{scores.system} was scored against other annotations of {scores.dataset}")
    for name, score in parsing_scores(*found.cubes).items():
        if abs(score - scores.scores[name]) > TOLERANCE:
            stated = f"{name} of {scores.system} is said to be {scores.scores[name]:.2f}"
            raise LeapError(f"{stated}, but the tables score {score:.2f}")


def signature(values: dict[str, Any]) -> str:
    """SHA-256 of values as canonical JSON.

    Example:
        >>> signature({"b": 1.0, "a": "x"}) == hashlib.sha256(b'{"a":"x","b":1.0}').hexdigest()
        True
    """
    return hashlib.sha256(canonical_json(values).encode()).hexdigest()


def truth_sha256(found: ScoredPredictions) -> str:
    """SHA-256 of a ground truth: names of videos and classes, and the true events of both modalities.

    It depends on what the annotations say, not on how they are stored: LLP's files and a store that was
    packed from them have the same.
    """
    digest = hashlib.sha256(canonical_json([found.videos, found.classes]).encode())
    for cube in (found.true_audio, found.true_visual):
        digest.update(np.ascontiguousarray(as_array(cube), np.uint8).tobytes())
    return digest.hexdigest()


def is_official(scores: SignedScores) -> bool:
    """Whether scores belong to LLP's official annotations, those that upstream distributes."""
    return scores.dataset == "llp" and TRUTH_SHA256.get(scores.split) == scores.annotations
