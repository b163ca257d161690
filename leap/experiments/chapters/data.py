"""The chapter about AV-Digits: where its recordings and its committed figures are."""

import os
from pathlib import Path

from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.study import committed, repository_root

PACKAGED = "av-digits"
"""The data set that comes with the package, of which figures are committed."""


def find_recordings() -> Path | None:
    """Folder of the spoken digits: ``LEAP_RECORDINGS``, else ``recordings`` at the root; None if absent."""
    folder = Path(os.environ.get("LEAP_RECORDINGS") or repository_root() / "recordings")
    return folder if folder.is_dir() else None


def committed_figure(store: FeatureStore, name: str) -> Path:
    """Committed figure of a video of the data set that comes with the package.

    Args:
        store: the data set.
        name: id of the video.

    Raises:
        LeapError: the store holds other data, whose figures need its recordings.
    """
    with open_dataset(PACKAGED) as packaged:
        if store.checksum != packaged.checksum:
            raise LeapError(
                f"{store.path}: no figures of this data set; set LEAP_RECORDINGS to its recordings"
            )
    return committed() / "figures" / f"01_{name}.png"
