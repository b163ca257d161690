"""The recordings and images that AV-Digits is built from, and the part of them that each role may use.

The recordings are the Free Spoken Digit Dataset (Zohar Jackson et al., CC BY-SA 4.0), in files named
``<digit>_<speaker>_<take>.wav``. The handwriting is the 1,797 images of scikit-learn's `load_digits`. Their
order keeps writers together, so consecutive ranges share few writers.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError, require
from leap.io.reason import explain

RATE = 8000
"""Sampling rate of the recordings in Hz."""

DIGITS = 10
REVISION = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
FETCH_AGAIN = "fetch them again into a new folder with `leap data fetch av-digits`"
RECORDINGS_SHA256 = "dbd573d7cafe79c4b49f65718115e1304e24e067fa39eff18a660dc6cb9c360f"
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
HELD_OUT = "theo"
"""The speaker who occurs in test videos only."""

KNOWN = tuple(speaker for speaker in SPEAKERS if speaker != HELD_OUT)
IMAGE = 16
"""Height and width of a handwritten digit in pixels."""

Sounds = list[dict[str, list[NDArray[np.float32]]]]
"""Digit → speaker → waveforms of unit power, each at most one second long."""

Images = list[NDArray[np.float32]]
"""Digit → images, (n, 16, 16), from 0 (paper) to 1 (ink)."""


@dataclass(frozen=True)
class Role:
    """Material of one role: speakers, and ranges (end exclusive) of takes and of handwritten digits."""

    speakers: tuple[str, ...]
    takes: tuple[int, int]
    handwriting: tuple[int, int]

    def files(self) -> list[str]:
        """File names of the recordings."""
        return [f"{d}_{s}_{t}.wav" for d in range(DIGITS) for s in self.speakers for t in range(*self.takes)]


ROLES = {
    "student": Role(KNOWN, takes=(32, 50), handwriting=(0, 500)),
    "teacher": Role(KNOWN, takes=(22, 32), handwriting=(500, 800)),
    "train": Role(KNOWN, takes=(10, 22), handwriting=(800, 1300)),
    "val": Role(KNOWN, takes=(5, 10), handwriting=(1300, 1500)),
    "test": Role(SPEAKERS, takes=(0, 5), handwriting=(1500, 1797)),
}
"""Roles: the feature networks (student), the pseudo-label networks (teacher) and the three splits."""


def describe_roles() -> dict[str, dict[str, object]]:
    """`ROLES` as plain values, for the provenance of a store."""
    return {name: asdict(role) for name, role in ROLES.items()}


def load_sounds(recordings: Path, role: str) -> Sounds:
    """Read the recordings of a role.

    Raises:
        LeapError: a recording is missing, damaged or not mono at 8 kHz, or the ``media`` extra is not
            installed.
    """
    sounds: Sounds = [{speaker: [] for speaker in ROLES[role].speakers} for _ in range(DIGITS)]
    for name in ROLES[role].files():
        digit, speaker, _ = name.split("_")
        sounds[int(digit)][speaker].append(_read_recording(recordings / name))
    return sounds


def load_images(role: str) -> Images:
    """Load the handwritten digits of a role, enlarged from 8 × 8 to 16 × 16 pixels.

    Raises:
        LeapError: the ``book`` or ``media`` extra is not installed.
    """
    first, last = ROLES[role].handwriting
    images, digits = require("sklearn.datasets", "book").load_digits(return_X_y=True)
    zoom = require("scipy.ndimage", "media").zoom
    images = zoom(images[first:last].reshape(-1, 8, 8) / 16, (1, 2, 2), order=1).astype(np.float32)
    return [images[digits[first:last] == digit] for digit in range(DIGITS)]


def recordings_sha256(recordings: Path) -> str:
    """SHA-256 over the names and content hashes of all WAV files of a folder, sorted by name."""
    lines = [
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(recordings.glob("*.wav"), key=lambda path: path.name)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_recordings(recordings: Path) -> None:
    """Check that a folder holds exactly the pinned recordings.

    Raises:
        LeapError: the folder does not exist, or holds other recordings.
    """
    if not recordings.is_dir():
        raise LeapError(f"{recordings}: no such folder; `leap data fetch av-digits` downloads the recordings")
    if recordings_sha256(recordings) != RECORDINGS_SHA256:
        raise LeapError(f"{recordings}: not the 3,000 recordings of revision {REVISION[:7]}; {FETCH_AGAIN}")


def _read_recording(path: Path) -> NDArray[np.float32]:
    try:
        rate, samples = require("scipy.io.wavfile", "media").read(path)
    except (OSError, ValueError) as error:
        raise LeapError(f"{path}: {explain(error, 'not a sound WAV file', FETCH_AGAIN)}") from error
    if rate != RATE or samples.ndim != 1:
        raise LeapError(f"{path}: not a mono recording at {RATE} Hz; {FETCH_AGAIN}")
    samples = samples[:RATE].astype(np.float32)
    return samples / np.sqrt(np.mean(samples**2))
