"""Download the files of LLP that have a direct address, and list the manual steps for the others."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path, PurePosixPath

from leap.data.llp import sources
from leap.errors import LeapError
from leap.io.download import DamagedArchiveError, download, unpack


def fetch_llp(out: Path, valor: bool = False) -> None:
    """Download LLP's annotations and label embeddings, checked by SHA-256, into the official layout.

    Correct files are kept, and an interrupted download is resumed.

    Args:
        out: root of the official layout.
        valor: also download VALOR's archives of CLIP and CLAP features and pseudo-labels, and unpack them.

    Raises:
        LeapError: a download fails or has another checksum, or an archive is damaged or lacks a folder. A
            damaged archive is deleted.
        OSError: a file cannot be written; downloaded archives are kept.
    """
    for name, sha256 in sources.ANNOTATION_SHA256.items():
        download(f"{sources.ANNOTATIONS}/{name}", out / "annotations" / name, sha256)
    download(sources.GLOVE_URL, out / sources.GLOVE_FILE, sources.GLOVE_SHA256)
    for name in sources.VALOR_ARCHIVES if valor else ():
        _fetch_archive(name, out)


def fetched_label_embeddings() -> Path:
    """Path of the GloVe vectors that `fetch_llp` downloads to ``LEAP_DATA``, or to ``llp`` if that is unset.

    Raises:
        LeapError: the file does not exist.
    """
    path = Path(os.environ.get("LEAP_DATA") or "llp") / sources.GLOVE_FILE
    if not path.is_file():
        raise LeapError(f"{path}: no such file; `leap data fetch llp` downloads it, or name another")
    return path


def steps(out: Path) -> str:
    """List the manual steps that remain before `leap data pack llp` can run, as text."""
    todo = []
    if not (out / "feats").is_dir():
        todo.append(
            f"Audio and visual features: open {sources.FEATURES_PAGE} in a browser, download the archive and"
            f" unpack it, so that {out / 'feats'} holds the folders vggish, res152 and r2plus1d_18."
        )
    if not all((out / name).is_dir() for name in sources.VALOR_ARCHIVES):
        todo.append(
            f"VALOR's features and pseudo-labels: `leap data fetch llp --out {out} --valor`, or download"
            f" {' and '.join(f'{sources.VALOR}/{name}.zip' for name in sources.VALOR_ARCHIVES)} and unpack"
            f" them in {out}."
        )
    todo.append(f"Packing into one file: `leap data pack llp --root {out}`")
    return "\n".join(f"{number}. {text}" for number, text in enumerate(todo, 1))


def _fetch_archive(name: str, out: Path) -> None:
    folder, archive = out / name, out / f"{name}.zip"
    if folder.exists():
        return
    download(f"{sources.VALOR}/{name}.zip", archive)
    unfinished = out / f".{name}.unpacking"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unpack(archive, partial(_place, unfinished))
    except DamagedArchiveError:
        archive.unlink()
        raise
    if not all((unfinished / part).is_dir() for part in sources.VALOR_FOLDERS):
        raise LeapError(f"{archive}: lacks {' or '.join(sources.VALOR_FOLDERS)}; unpack it by hand")
    unfinished.rename(folder)
    archive.unlink()


def _place(folder: Path, member: PurePosixPath) -> Path | None:
    """Path to unpack ``…/features/<id>.npy`` or ``…/segment_pseudo_labels/<id>.npy`` to; None for others."""
    wanted = member.suffix == ".npy" and member.parent.name in sources.VALOR_FOLDERS
    return folder / member.parent.name / member.name if wanted else None
