"""Finished blocks of a long conversion, cached on disk until the conversion is complete."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.config import canonical_json
from leap.data.llp.features import Problem
from leap.io.atomic import atomic_path, atomic_write

PROBLEMS, FILES = "problems", "files"


class BlockCache:
    """Blocks of rows, in a hidden folder beside the file that they will be combined into.

    Blocks are written atomically, so an interrupted conversion resumes with the first missing block.

    Args:
        out: the file to be made.
        identity: everything the blocks depend on, as JSON values; blocks with another identity are deleted.
    """

    def __init__(self, out: Path, identity: Mapping[str, Any]) -> None:
        self.folder = out.with_name(f".{out.name}.parts")
        stamp, text = self.folder / "identity.json", canonical_json(identity)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != text:
            self.remove()
            atomic_write(stamp, text)

    def done(self, split: str, index: int, files: str) -> bool:
        """Whether a block is complete, without problems, and made of files with this state."""
        if not self._path(split, index).exists():
            return False
        with np.load(self._path(split, index), allow_pickle=False) as block:
            return str(block[FILES]) == files and not json.loads(str(block[PROBLEMS]))

    def write(
        self,
        split: str,
        index: int,
        arrays: Mapping[str, NDArray[Any]],
        problems: list[Problem],
        files: str,
    ) -> None:
        """Write a block: its arrays, the problems with its files, and the state that the files had."""
        notes = {PROBLEMS: np.array(json.dumps(problems)), FILES: np.array(files)}
        with atomic_path(self._path(split, index)) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays, **notes)

    def read(self, split: str, count: int, name: str) -> Iterator[NDArray[Any]]:
        """Read one array from each of the first ``count`` blocks of a split."""
        for index in range(count):
            with np.load(self._path(split, index), allow_pickle=False) as block:
                yield block[name]

    def problems(self, split: str, count: int) -> list[Problem]:
        """Problems with the files of the first ``count`` blocks of a split."""
        entries = [json.loads(str(found)) for found in self.read(split, count, PROBLEMS)]
        return [Problem(*entry) for block in entries for entry in block]

    def remove(self) -> None:
        """Delete all blocks."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, split: str, index: int) -> Path:
        return self.folder / f"{split}-{index:05d}.npz"
