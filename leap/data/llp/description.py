"""What the files of a folder mean: a description beside them, compared before they are used.

A file of features or pseudo-labels is an array without names. Its folder therefore holds `FILE`, written
before the first array. Official folders have none: their files are those of the releases.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from leap.config import STRICT
from leap.errors import LeapError
from leap.io.atomic import atomic_write
from leap.io.reason import explain, reason
from leap.registry import first_problem

FILE = ".description.json"
"""Name of a description; hidden, because other programs take every file of such a folder for features."""

FEATURES_VERSION = {
    "audio": 2,
    "clap": 2,
    "audioset": 2,
    "pseudo_audio": 2,
    "visual_2d": 2,
    "visual_3d": 2,
    "clip": 2,
    "pseudo_visual": 2,
    "yamnet": 1,
    "efficientnet_lite0": 1,
    "efficientnet_lite1": 1,
}
"""Kind of features or pseudo-labels → version of the code that makes it, raised when its values change.

Version 2 mixes the channels of sound to their mean, and mirrors pictures as the display matrix says.
"""

WORDS = {
    "version": "version of the feature code",
    "networks": "weights",
    "prompts": "prompts or thresholds",
    "weak_sha256": "weak labels (--weak)",
}
"""Fields of a description whose names say too little in a message."""

OFFICIAL = "official"
"""Origin of a folder without a description."""


@dataclass(frozen=True, config=STRICT)
class FeatureDescription:
    """What the files of a folder mean; the last four fields belong to pseudo-labels.

    Attributes:
        kind: kind of features or pseudo-labels.
        version: version of the code that made them, see `FEATURES_VERSION`.
        networks: network → SHA-256 of its weights.
        classes: names of the C classes, in the order of the columns.
        scores: quantity that the thresholds apply to.
        prompts: text and threshold of every class.
        weak_sha256: SHA-256 of the weak labels to which the pseudo-labels are restricted, or empty.
    """

    kind: str
    version: int
    networks: dict[str, str]
    classes: tuple[str, ...] = ()
    scores: str = ""
    prompts: tuple[tuple[str, float], ...] = ()
    weak_sha256: str = ""


def read_description(folder: Path) -> FeatureDescription | None:
    """Read the description of a folder; None if there is none.

    Raises:
        LeapError: the description cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return TypeAdapter(FeatureDescription).validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        what = first_problem(error) if isinstance(error, ValidationError) else reason(error)
        damage, remedy = f"not a description of features ({what})", "extract them again into another --out"
        raise LeapError(f"{path}: {explain(error, damage, remedy)}") from error


def write_description(folder: Path, description: FeatureDescription) -> None:
    """Write the description of a folder, unless it exists.

    Raises:
        OSError: the file cannot be written.
    """
    if not (folder / FILE).exists():
        atomic_write(folder / FILE, json.dumps(asdict(description), indent=1) + "\n")


def check_folder(folder: Path, description: FeatureDescription) -> None:
    """Refuse a folder whose files may mean something else than the files to be added.

    Args:
        folder: a folder of features or pseudo-labels, which need not exist.
        description: meaning of the files to be added.

    Raises:
        LeapError: the folder has another description, or arrays and no description.
    """
    found, advice = read_description(folder), "choose another --out, or move the folder away"
    if found is None and any(folder.glob("*.npy")):
        raise LeapError(
            f"{folder}: has arrays but no {FILE}, so they may be made with other settings; {advice}"
        )
    if found is not None and found != description:
        raise LeapError(f"{folder}: was made with other {_differences(found, description)}; {advice}")


def column_order(folder: Path, kind: str, classes: Sequence[str]) -> tuple[int, ...] | None:
    """Check that the files of a folder are what a data set needs.

    Args:
        folder: a folder of features or pseudo-labels.
        kind: kind that the data set needs.
        classes: classes of the data set, in label order.

    Returns:
        For pseudo-labels with the classes of the data set, in any order, the column of every class; None for
        features, and for official pseudo-labels, which have LLP's order.

    Raises:
        LeapError: the files are of another kind, version, or set of classes.
    """
    found = read_description(folder)
    if found is None:
        return None
    if found.kind != kind:
        raise LeapError(f"{folder}: holds {found.kind}, not {kind}; extract {kind} into another --out")
    if found.version != FEATURES_VERSION[kind]:
        age, remedy = ("older", "extract them again into another --out")
        if found.version > FEATURES_VERSION[kind]:
            age, remedy = "newer", "update this package"
        versions = f"version {found.version}; this package makes version {FEATURES_VERSION[kind]}"
        raise LeapError(f"{folder}: made by {age} feature code, {versions}: {remedy}")
    if not found.classes:
        return None
    other = sorted(set(found.classes) ^ set(classes))
    if other:
        raise LeapError(
            f"{folder}: its classes are not those of the data set, {other[0]!r} is in only one of them; "
            "extract the pseudo-labels with the data set's classes into another --out"
        )
    return tuple(found.classes.index(name) for name in classes)


def origin(folder: Path) -> dict[str, Any] | str:
    """Origin of the files of a folder for the provenance of a store: its description, or `OFFICIAL`."""
    found = read_description(folder)
    return OFFICIAL if found is None else asdict(found)


def _differences(one: FeatureDescription, other: FeatureDescription) -> str:
    names = [field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)]
    return ", ".join(WORDS.get(name, name) for name in names)
