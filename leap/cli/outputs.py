"""Checks of the files that a command will write, before it computes anything.

A file that is read is never replaced, and a file that the package did not write only with ``--force``. The
package recognizes its files by their content.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from leap.cli.options import check_out_folder
from leap.errors import LeapError

JSON_KEYS: tuple[set[str], ...] = (
    {"model", "protocol", "classes", "widths"},  # description of a parser
    {"video", "segments", "events", "probabilities", "tables"},  # timeline
    {"segments", "summary", "compositions", "chains"},  # statistics of layouts
    {"source", "shape", "statistics"},  # statistics of features
    {"av-digits"},  # settings chosen by the search
    {"format", "system", "scores", "signature"},  # signed scores
)
"""Keys by which the JSON files of the package are recognized."""

TENSOR_KEYS = {"description", "identity", "config"}
"""Keys in the metadata of parsers, checkpoints of training, and the networks of the embedded data sets."""

PAGE, FIGURE, START = b'content="leap"', b"Software\0leap", 4096
"""Marks of timelines, and the number of bytes at the start of the file in which they stand."""


def check_outputs(
    outputs: Iterable[Path], inputs: Iterable[str | Path | None] = (), force: bool = False
) -> None:
    """Refuse files that cannot or must not be written.

    Args:
        outputs: the files to write; they need not exist.
        inputs: files that the command reads, and folders whose files it reads; empty values are skipped.
        force: allow to replace files that the package did not write.

    Raises:
        LeapError: a file lies in a folder that cannot be written, is a folder or an input, or exists and was
            not written by this package.
    """
    read = [file for path in inputs if path for file in _files(Path(path))]
    for output in outputs:
        check_out_folder(output.parent)
        path = (
            Path(os.path.realpath(output.parent)) / output.name
        )  # a missing part before ".." would hide the file
        if path.is_dir():
            raise LeapError(f"{output}: is a folder; --out must be a file")
        if any(_same(path, file) for file in read):
            raise LeapError(f"{output}: is an input and would be overwritten; choose another --out")
        if os.path.lexists(path) and not force and not is_ours(path):
            what = "holds something that leap did not write"
            raise LeapError(f"{output}: {what}; choose another --out, or replace it with --force")


def is_ours(path: Path) -> bool:
    """Whether this package wrote a file, as it is."""
    recognize = RECOGNIZERS.get(path.suffix)
    try:
        return recognize is not None and path.is_file() and recognize(path)
    except Exception:  # HDF5, safetensors and JSON raise many types for files of others
        return False


def _files(path: Path) -> list[Path]:
    return list(path.iterdir()) if path.is_dir() else [path]


def _same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _is_store(path: Path) -> bool:
    import h5py

    from leap.data.store.layout import FORMAT, text

    with h5py.File(path) as file:
        return bool(file.attrs["format"] == text(FORMAT))


def _is_tensors(path: Path) -> bool:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return bool(TENSOR_KEYS & set(file.metadata()))


def _is_json(path: Path) -> bool:
    table = _read(path)
    return any(keys <= set(table) for keys in JSON_KEYS)


def _is_table(path: Path) -> bool:
    """A table of predicted events as the file ``<name>.json`` beside it, timeline or scores, records it."""
    from leap.io.download import file_sha256

    recorded = path.with_name(path.stem.rpartition("_")[0] + ".json")
    return file_sha256(path) in _read(recorded)["tables"].values()


def _is_diagnosis(path: Path) -> bool:
    """A table of a diagnosis."""
    from leap.diagnosis.report import TABLES, WITHOUT_PREDICTION

    headers = {",".join(columns) for columns in TABLES.values()} | {WITHOUT_PREDICTION}
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\n") in headers


def _is_log(path: Path) -> bool:
    """The log of a training: one JSON object per epoch."""
    with path.open(encoding="utf-8") as file:
        return "loss_total" in json.loads(file.readline())


def _is_notebook(path: Path) -> bool:
    return "papermill" in _read(path)["metadata"]


def _starts_with(mark: bytes) -> Callable[[Path], bool]:
    def recognize(path: Path) -> bool:
        with path.open("rb") as file:
            return mark in file.read(START)

    return recognize


def _read(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


RECOGNIZERS: dict[str, Callable[[Path], bool]] = {
    ".h5": _is_store,
    ".safetensors": _is_tensors,
    ".json": _is_json,
    ".jsonl": _is_log,
    ".csv": _is_diagnosis,
    ".tsv": _is_table,
    ".ipynb": _is_notebook,
    ".failed": _is_notebook,
    ".html": _starts_with(PAGE),
    ".png": _starts_with(FIGURE),
}
"""Suffix → how to recognize a file of the package; files of other formats are never recognized."""
