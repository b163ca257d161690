"""Pack LLP's about fifty thousand official files into one feature store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from os.path import isfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import (
    EVENT_FILES,
    SPLIT_FILES,
    Annotations,
    Repair,
    WeakLabels,
    check_unique,
    expand_to_segments,
    read_annotations,
    read_weak_labels,
)
from leap.data.classes import LLP
from leap.data.llp.block_cache import BlockCache
from leap.data.llp.description import column_order, origin
from leap.data.llp.features import (
    FEATURES,
    PSEUDO_LABELS,
    REQUIRED,
    Problem,
    Source,
    feature_file,
    file_names,
    read_features,
    read_pseudo_labels,
)
from leap.data.store import Blocks, write_store
from leap.data.store.layout import ROWS, SPLITS
from leap.errors import LeapError
from leap.io.atomic import errors_about, rename_durably
from leap.io.download import file_sha256
from leap.io.progress import progress_bar

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Packing:
    """How to pack feature files into a store.

    Attributes:
        frames: ``"averaged"`` over each second, or ``"kept"`` for systems that read single frames.
        dtype: type of the stored features.
        pseudo_labels: ``"valor"`` for VALOR's files, ``"weak"`` for the weak label in every segment.
        repair: which defects of the annotations to repair.
    """

    frames: Literal["averaged", "kept"] = "averaged"
    dtype: Literal["float16", "float32"] = "float16"
    pseudo_labels: Literal["valor", "weak"] = "valor"
    repair: Repair = "none"

    def keeps_rows(self, source: Source) -> bool:
        """Whether the rows of a source's files are stored without pooling."""
        return source.name == "visual_2d" and self.frames == "kept"


def pack_llp(
    root: Path,
    out: Path,
    packing: Packing = Packing(),
    *,
    annotations: Path | None = None,
    label_embedding: NDArray[np.float32] | None = None,
    strict: bool = False,
    workers: int = 4,
) -> list[Problem]:
    """Pack the official files of LLP into one feature store, in constant memory.

    Finished blocks of videos are cached beside ``out``, so an interrupted call resumes where it stopped;
    blocks whose files have changed since are read again. Files have the names that `file_names` allows. For a
    missing or damaged file, features are zero and pseudo-labels are the weak label in every segment; the
    store's provenance lists these files.

    Args:
        root: root of the official layout: ``feats/vggish`` and ``feats/res152``, and if present
            ``feats/r2plus1d_18``, ``CLIP`` and ``CLAP``.
        out: the store to write.
        packing: how to pack.
        annotations: folder of the annotation files; ``annotations`` below ``root`` by default.
        label_embedding: label embeddings to store, (C, L).
        strict: write nothing if a file is missing or damaged.
        workers: number of threads that read files.

    Returns:
        Problems with the files.

    Raises:
        LeapError: a required folder is missing; a folder holds no file of any video, or files of other
            classes or another version (`leap.data.llp.description`); an annotation file is missing or
            malformed; or a video is listed twice.
        OSError: a block or the store cannot be written.
    """
    annotations = annotations or root / "annotations"
    splits = _read_splits(annotations, root, packing.repair)
    sources = available_sources(root, packing, LLP)
    names = [name for split in splits.values() for name in split.filenames]
    for source in sources:
        check_names(root, source, [file_names(root, source, name) for name in names])
    provenance = _provenance(root, annotations, packing, sources)
    identity = {**provenance, "root": str(root.resolve()), "sources": [source.name for source in sources]}
    cache = BlockCache(out, identity)
    _read_blocks(root, splits, sources, packing, cache, workers)
    problems = [p for name, split in splits.items() for p in cache.problems(name, _blocks(split))]
    if strict and problems:
        return problems
    with errors_about(cache.folder / out.name, out):
        write_store(
            cache.folder / out.name,
            dataset="llp",
            classes=LLP,
            provenance=provenance | {"problems": problems},
            splits={name: _arrays(name, split, sources, packing, cache) for name, split in splits.items()},
            label_embedding=label_embedding,
            dtype=packing.dtype,
            compress=False,
        )
    rename_durably(cache.folder / out.name, out)
    cache.remove()
    return problems


def _read_splits(annotations: Path, root: Path, repair: Repair) -> dict[str, WeakLabels]:
    if not annotations.is_dir():
        raise LeapError(
            f"{annotations}: no such folder; `leap data fetch llp --out {root}` gets the annotations"
        )
    check_unique([annotations / SPLIT_FILES[split] for split in SPLITS])
    dense = {split: read_annotations(annotations, split, repair) for split in ("val", "test")}
    return {"train": read_weak_labels(annotations, "train"), **dense}


def _provenance(root: Path, annotations: Path, packing: Packing, sources: Sequence[Source]) -> dict[str, Any]:
    files = (*SPLIT_FILES.values(), *EVENT_FILES.values())
    return {
        "source": "files in LLP's official layout",
        **asdict(packing),
        "features": origins(root, sources),
        "annotations_sha256": {
            name: file_sha256(annotations / name) for name in files if (annotations / name).exists()
        },
    }


def available_sources(root: Path, packing: Packing, classes: Sequence[str]) -> list[Source]:
    """List the kinds of features whose folders exist, and pseudo-labels if they are to be packed.

    Args:
        root: root of the official layout.
        packing: how to pack.
        classes: classes of the data set, in label order; the columns of pseudo-labels get this order.

    Raises:
        LeapError: a required folder does not exist, or the description of a folder says that its files are
            something else.
    """
    present = [source for source in FEATURES if (root / source.folder).is_dir()]
    required = [source for source in FEATURES if source.name in REQUIRED]
    if packing.pseudo_labels == "valor":
        present += PSEUDO_LABELS
        required += PSEUDO_LABELS
    for source in required:
        if not (root / source.folder).is_dir():
            hint = "; or use --pseudo-labels weak" if source in PSEUDO_LABELS else ""
            raise LeapError(
                f"{root / source.folder}: no such folder of the official layout; "
                f"`leap data fetch llp` says where to get it{hint}"
            )
    return [
        replace(source, order=column_order(root / source.folder, source.name, classes)) for source in present
    ]


def origins(root: Path, sources: Sequence[Source]) -> dict[str, Any]:
    """Kind → origin of its files, for the provenance of a store."""
    return {source.name: origin(root / source.folder) for source in sources}


def check_names(root: Path, source: Source, videos: Sequence[tuple[str, ...]]) -> None:
    """Refuse a folder that holds no file of any video, for example because its files have other names.

    Args:
        root: root of the official layout.
        source: kind whose folder is checked.
        videos: names that the files of each video may have, without suffix.

    Raises:
        LeapError: the folder is refused.
    """
    folder = root / source.folder
    if not any(isfile(folder / f"{name}.npy") for names in videos for name in names):
        wanted = " or ".join(f"{name}.npy" for name in dict.fromkeys(videos[0]))
        found = next(folder.glob("*.npy"), None)
        there = f", and there is {found.name}" if found else ""
        raise LeapError(
            f"{folder}: holds no file of any of the {len(videos)} videos; "
            f"they are named such as {wanted}{there}"
        )


def _read_blocks(
    root: Path,
    splits: dict[str, WeakLabels],
    sources: list[Source],
    packing: Packing,
    cache: BlockCache,
    workers: int,
) -> None:
    blocks = [(name, index) for name, split in splits.items() for index in range(_blocks(split))]
    total = sum(len(split.filenames) for split in splits.values())
    with ThreadPoolExecutor(workers) as pool, progress_bar("read", total, "video") as bar:
        for name, index in blocks:
            rows = slice(index * ROWS, (index + 1) * ROWS)
            names, weak = splits[name].filenames[rows], splits[name].weak[rows]
            state = _state(root, sources, names)
            if not cache.done(name, index, state):
                read = partial(_read_video, root, sources, packing)
                videos = list(pool.map(read, names, weak))
                arrays = {source.name: np.stack([v[source.name] for v, _ in videos]) for source in sources}
                cache.write(name, index, arrays, [problem for _, found in videos for problem in found], state)
            bar.update(len(names))


def _state(root: Path, sources: list[Source], names: Sequence[str]) -> str:
    """Digest of the names, sizes and times of the files of some videos."""
    digest = hashlib.sha256()
    for path in (root / feature_file(root, source, name) for source in sources for name in names):
        try:
            status = path.stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
        except OSError:  # missing
            digest.update(f"{path}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _read_video(
    root: Path, sources: list[Source], packing: Packing, name: str, weak: NDArray[np.uint8]
) -> tuple[Arrays, list[Problem]]:
    arrays, problems = {}, []
    for source in sources:
        if source in PSEUDO_LABELS:
            array = read_pseudo_labels(root, source, name)
            instead: NDArray[Any] = expand_to_segments(weak)
        else:
            array = read_features(root, source, name, packing.dtype, packing.keeps_rows(source))
            instead = np.zeros((source.rows(packing.keeps_rows(source)), source.shape[1]), packing.dtype)
        if isinstance(array, Problem):
            problems.append(array)
        arrays[source.name] = instead if isinstance(array, Problem) else array
    return arrays, problems


def _arrays(
    name: str, split: WeakLabels, sources: list[Source], packing: Packing, cache: BlockCache
) -> dict[str, Any]:
    n = len(split.filenames)
    arrays: dict[str, Any] = {"ids": split.filenames, "weak": split.weak}
    for source in sources:
        shape = (n, source.rows(packing.keeps_rows(source)), source.shape[1])
        arrays[source.name] = Blocks(shape, cache.read(name, _blocks(split), source.name))
    if packing.pseudo_labels == "weak":
        arrays |= dict.fromkeys(("pseudo_audio", "pseudo_visual"), expand_to_segments(split.weak))
    if isinstance(split, Annotations):
        arrays |= {"true_audio": split.audio, "true_visual": split.visual}
    return arrays


def _blocks(split: WeakLabels) -> int:
    return -(-len(split.filenames) // ROWS)
