"""AV-Digits in small, from tones: ``python -m tests.soak.small_digits FOLDER``."""

import sys
from pathlib import Path

from leap.data.av_digits import build, networks
from tests.recordings import write_tones


def main(folder: Path) -> None:
    """Build it in ``FOLDER/built``."""
    build.check_recordings = lambda folder: None
    build.SIZES = {"train": 12, "val": 6, "test": 6}
    networks.EXAMPLES, networks.EPOCHS = 128, 2
    build.build_av_digits(write_tones(folder / "tones"), folder / "built")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
