"""The recordings and photographs that AV-Everyday is built from, and the part of them that each role may use.

The material lies in one folder: ``audio/esc10`` (ESC-10), ``audio/philharmonia`` (notes of instruments),
``fsdd/recordings`` (spoken digits), ``images/caltech101`` and ``images/intel``; ATTRIBUTION.md names authors
and licences. It is divided into five folds, of which every role has its own. The unit that stays in one fold
is the recording: all clips of one Freesound recording, all notes of one pitch, all words of one speaker.
Photographs are divided in their order, in which similar ones are neighbors; those of faces between persons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from leap.data.av_digits.sources import RECORDINGS_SHA256
from leap.errors import LeapError

FOLDS = 5
ROLE_FOLDS = {"train": (0, 1), "val": (2,), "test": (3,), "teacher": (4,)}
"""Role → its folds in rotation 0; in rotation r, fold f takes the place of fold f + r (modulo five)."""

SPEAKERS = (("george",), ("jackson",), ("lucas",), ("nicolas",), ("theo", "yweweler"))
"""The speakers of each fold."""

FACES = (0, 46, 89, 266, 305, 435)
"""Boundaries between persons in the photographs of faces, which divide them into five folds."""

UNUSED = ("1-40730", "2-96460")
"""Recordings of roosters in ESC-10 under CC Sampling+ 1.0, which is not an open licence; never used."""

BACKGROUND = "images/caltech101/BACKGROUND_Google"
"""Folder of photographs that show none of the classes."""


@dataclass(frozen=True)
class Source:
    """Folders of a class within the material.

    Attributes:
        sound: folder of its recordings.
        picture: folder of its photographs; empty for a class that can only be heard.
    """

    sound: str
    picture: str = ""


SOURCES = {
    "speech": Source("fsdd/recordings", "images/caltech101/Faces"),
    "dog": Source("audio/esc10/dog_bark", "images/caltech101/dalmatian"),
    "rooster": Source("audio/esc10/rooster", "images/caltech101/rooster"),
    "sea": Source("audio/esc10/sea_waves", "images/intel/sea"),
    "clock": Source("audio/esc10/clock_tick", "images/caltech101/watch"),
    "helicopter": Source("audio/esc10/helicopter", "images/caltech101/helicopter"),
    "guitar": Source("audio/philharmonia/guitar", "images/caltech101/electric_guitar"),
    "saxophone": Source("audio/philharmonia/saxophone", "images/caltech101/saxophone"),
    "mandolin": Source("audio/philharmonia/mandolin", "images/caltech101/mandolin"),
    "rain": Source("audio/esc10/rain"),
    "fire": Source("audio/esc10/fire_crackling"),
    "chainsaw": Source("audio/esc10/chainsaw"),
    "baby cry": Source("audio/esc10/baby_cry"),
    "sneeze": Source("audio/esc10/person_sneeze"),
}
"""Class → its folders, in label order: nine classes that can be heard and seen, then five only heard."""

VISIBLE = sum(bool(source.picture) for source in SOURCES.values())
"""Number of classes that can be seen, the first ones."""

MATERIAL_SHA256 = {
    "audio/esc10": "86cf869d89e1dee3bb0f13e7868e9fa0716cc4b7eaff809f4b0be6d6b0169ae3",
    "audio/philharmonia": "4bc0932fb548a4aa6e7089bbc2554cd319a20caa5700c4991813cd39c709b4da",
    "fsdd/recordings": RECORDINGS_SHA256,
    "images/caltech101": "5a450e5292dc88f3f6ee3583ac52e323a9ac0d4c843fee6b9c2e7c71ef1eb073",
    "images/intel": "d14bfbc856536590a15497a3f3a06e2bb9f68813020fa308032f81e50ccbf62e",
}
"""Folder of the material → SHA-256 over names and contents of its files, see `folder_sha256`."""

SUFFIXES = (".ogg", ".mp3", ".wav", ".jpg", ".png")


def role_folds(role: str, rotation: int = 0) -> frozenset[int]:
    """The folds of a role.

    >>> sorted(role_folds("train")), sorted(role_folds("test", rotation=3))
    ([0, 1], [1])
    """
    return frozenset((fold + rotation) % FOLDS for fold in ROLE_FOLDS[role])


def recordings(material: Path, label: str) -> dict[str, list[Path]]:
    """The files of each usable recording of a class: name of the recording → its files, both sorted.

    Raises:
        LeapError: the folder of the class has no files.
    """
    found: dict[str, list[Path]] = {}
    for path in _files(material, SOURCES[label].sound):
        found.setdefault(_recording(path), []).append(path)
    return {name: files for name, files in sorted(found.items()) if name not in UNUSED}


def role_recordings(material: Path, label: str, role: str, rotation: int = 0) -> dict[str, list[Path]]:
    """The recordings of a class that a role may use, as in `recordings`.

    Raises:
        LeapError: the folder of the class has no files.
    """
    every = recordings(material, label)
    fold_of = _sound_folds(label, list(every))
    return {name: files for name, files in every.items() if fold_of(name) in role_folds(role, rotation)}


def role_pictures(material: Path, folder: str, role: str, rotation: int = 0) -> list[Path]:
    """The photographs of a folder that a role may use, in order.

    Raises:
        LeapError: the folder has no files.
    """
    files = _files(material, folder)
    return [path for first, last in _ranges(folder, len(files), role, rotation) for path in files[first:last]]


def describe_roles(material: Path, rotation: int = 0) -> dict[str, dict[str, Any]]:
    """The material of each role as plain values, for the provenance of a store.

    Returns:
        Role → ``recordings``, class → names, and ``photographs``, folder → ranges of positions in the sorted
        files of the folder, ends exclusive.

    Raises:
        LeapError: a folder has no files.
    """
    folders = [source.picture for source in SOURCES.values() if source.picture] + [BACKGROUND]
    counts = {folder: len(_files(material, folder)) for folder in folders}
    return {
        role: {
            "recordings": {name: list(role_recordings(material, name, role, rotation)) for name in SOURCES},
            "photographs": {
                folder: _ranges(folder, count, role, rotation) for folder, count in counts.items()
            },
        }
        for role in ROLE_FOLDS
    }


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and content hashes of all recordings and photographs below a folder."""
    lines = [
        f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
        if path.suffix in SUFFIXES
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_material(material: Path) -> None:
    """Check that a folder holds exactly the pinned material.

    Raises:
        LeapError: a folder is missing, or holds other files.
    """
    for name, expected in MATERIAL_SHA256.items():
        folder = material / name
        if not folder.is_dir():
            raise LeapError(f"{folder}: no such folder; `leap data fetch av-everyday` downloads the material")
        if folder_sha256(folder) != expected:
            raise LeapError(f"{folder}: not the files of the pinned revision; fetch the material again")


def _files(material: Path, folder: str) -> list[Path]:
    files = sorted(path for path in (material / folder).glob("*") if path.suffix in SUFFIXES)
    if not files:
        raise LeapError(f"{material / folder}: holds no files; `leap data fetch av-everyday` downloads them")
    return files


def _ranges(folder: str, count: int, role: str, rotation: int) -> list[tuple[int, int]]:
    """Ranges of positions in the sorted ``count`` photographs of a folder that a role may use."""
    bounds = FACES if folder.endswith("Faces") else [count * fold // FOLDS for fold in range(FOLDS + 1)]
    return [pair for fold, pair in enumerate(pairwise(bounds)) if fold in role_folds(role, rotation)]


def _recording(path: Path) -> str:
    """Name of the recording that a file is part of: fold and Freesound id, pitch, or speaker."""
    if path.suffix == ".ogg":
        return "-".join(path.stem.split("-")[:2])
    return path.stem.split("_")[1]


def _sound_folds(label: str, names: Sequence[str]) -> Callable[[str], int]:
    """Function from the name of a recording of a class to its fold."""
    if SOURCES[label].sound.startswith("audio/esc10"):
        return lambda name: int(name.split("-")[0]) - 1
    if label == "speech":
        return {speaker: fold for fold, group in enumerate(SPEAKERS) for speaker in group}.__getitem__
    return {name: rank % FOLDS for rank, name in enumerate(names)}.__getitem__
