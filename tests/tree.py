"""A copy of the repository, for tests that make files in it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
LLP = ROOT.parent / "shared" / "llp"
"""LLP's own files, which only `tests.official` reads."""

RECORDINGS = ROOT.parent / "shared" / "fsdd" / "recordings"
"""The recordings behind AV-Digits, which only `tests.official` reads."""

EVERYDAY = ROOT.parent / "shared" / "everyday"
"""The material behind AV-Everyday, but for the recordings, which only `tests.official` reads."""


def copy_tree(folder: Path) -> None:
    """Copy the files that git would commit."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
