"""Download the recordings and photographs from pinned archives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from leap.data.av_digits.sources import REVISION
from leap.data.av_everyday.sources import check_material
from leap.errors import LeapError
from leap.io.download import DamagedArchiveError, download, unpack

GITHUB = "https://github.com/{repository}/archive/{commit}.zip"
"""Address of an archive; GitHub may recompress it, so the checksums are those of the files."""


@dataclass(frozen=True)
class Archive:
    """One repository and the files that are taken from it.

    Attributes:
        repository: owner and name.
        commit: the pinned commit.
        place: function from the path of a file in the repository to its path in the material; None for a
            file that is not wanted.
        every: folder in the material → how many of its files, in sorted order, there are to one that is kept.
        most: largest number of files that are kept of such a folder.
    """

    repository: str
    commit: str
    place: Callable[[PurePosixPath], PurePosixPath | None]
    every: dict[str, int] | None = None
    most: int = 300


def place_esc10(path: PurePosixPath) -> PurePosixPath | None:
    """Place a clip of ESC-10.

    >>> str(place_esc10(PurePosixPath("001 - Dog bark/1-100032-A.ogg")))
    'audio/esc10/dog_bark/1-100032-A.ogg'
    """
    folder = path.parent.name.partition(" - ")[2].lower().replace(" ", "_")
    return PurePosixPath("audio/esc10", folder, path.name) if path.suffix == ".ogg" else None


def place_note(path: PurePosixPath) -> PurePosixPath | None:
    """Place a note of the Philharmonia Orchestra's instruments."""
    wanted = path.parent.name in ("guitar", "mandolin", "saxophone") and path.suffix == ".mp3"
    return PurePosixPath("audio/philharmonia", *path.parts[-2:]) if wanted else None


def place_digit(path: PurePosixPath) -> PurePosixPath | None:
    """Place a recording of the Free Spoken Digit Dataset."""
    wanted = path.parent.name == "recordings" and path.suffix == ".wav"
    return PurePosixPath("fsdd/recordings", path.name) if wanted else None


CALTECH = (
    "BACKGROUND_Google",
    "Faces",
    "dalmatian",
    "electric_guitar",
    "helicopter",
    "mandolin",
    "rooster",
    "saxophone",
    "watch",
)
"""Categories of Caltech-101 that are used."""


def place_caltech(path: PurePosixPath) -> PurePosixPath | None:
    """Place a photograph of Caltech-101."""
    wanted = path.parent.name in CALTECH and path.suffix == ".jpg"
    return PurePosixPath("images/caltech101", *path.parts[-2:]) if wanted else None


def place_sea(path: PurePosixPath) -> PurePosixPath | None:
    """Place a view of the sea."""
    wanted = path.parts[-3:-1] == ("train", "sea") and path.suffix == ".png"
    return PurePosixPath("images/intel/sea", path.name) if wanted else None


ARCHIVES = (
    Archive("karolpiczak/ESC-10", "553c8f1743b9dba6b282e1323c3ca8fa76923448", place_esc10),
    Archive(
        "skratchdot/philharmonia-samples",
        "717b7de2bcae05e44aa8a3dde143c8d093b8f6c8",
        place_note,
        {"audio/philharmonia/saxophone": 7},
    ),
    Archive("Jakobovski/free-spoken-digit-dataset", REVISION, place_digit),
    Archive(
        "MachineLearning2020/Homework2-Caltech101",
        "836044dd000296b2bb74d0aa4b4e462e459b01d7",
        place_caltech,
    ),
    Archive(
        "ndb796/Scene-Classification-Dataset-Split",
        "063473edcb62eb9269132da1e01c6de62e95fa8c",
        place_sea,
        {"images/intel/sea": 6},
    ),
)


def fetch_material(out: Path, address: str = GITHUB, check: Callable[[Path], None] = check_material) -> Path:
    """Download the material into the new folder ``out``, and return it.

    An interrupted download is resumed by the next call.

    Args:
        out: the folder to create; it appears complete or not at all.
        address: template of the archives' addresses.
        check: function that raises unless the unpacked folder is the expected one.

    Raises:
        LeapError: ``out`` exists, a download fails, or an archive holds other files.
    """
    if out.exists():
        raise LeapError(f"{out}: exists already; name a new folder for the material")
    downloads = out.with_name(f".{out.name}.downloads")
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as name:
        material = Path(name) / "material"
        for archive in ARCHIVES:
            file = downloads / f"{archive.commit}.zip"
            download(address.format(repository=archive.repository, commit=archive.commit), file)
            unpack_archive(file, archive, material)
        check(material)
        material.rename(out)
    for file in downloads.iterdir():
        file.unlink()
    downloads.rmdir()
    return out


def unpack_archive(file: Path, archive: Archive, material: Path) -> None:
    """Unpack the wanted files of an archive into the folder of the material.

    Raises:
        LeapError: the archive is damaged, or a file cannot be written.
    """

    def target(member: PurePosixPath) -> Path | None:
        placed = archive.place(PurePosixPath(*member.parts[1:]))  # the first part is the archive's root
        return material / placed if placed else None

    try:
        unpack(file, target)
    except DamagedArchiveError:
        file.unlink()  # so that "try again" downloads it again
        raise
    for folder, step in (archive.every or {}).items():
        files = sorted((material / folder).iterdir())
        for path in set(files) - set(files[::step][: archive.most]):
            path.unlink()
