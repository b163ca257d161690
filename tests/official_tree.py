"""Make a tree in LLP's official layout with random features: ``python -m tests.official_tree --help``."""

from functools import cache
from pathlib import Path
from shutil import copy
from typing import Annotated

import numpy as np
import typer

from leap.data.annotations import EVENT_FILES, SPLIT_FILES, read_weak_labels
from leap.data.classes import LLP
from leap.data.llp.features import FEATURES, ID_LENGTH, PSEUDO_LABELS

SPLITS = ("train", "val", "test")


def make_tree(root, annotations, videos, clip_clap=True):
    """Real annotations of the first videos of each split, and a file of random numbers for every feature.

    Args:
        root: folder to make.
        annotations: folder of the official annotation files.
        videos: number of videos by split.
        clip_clap: whether to write CLIP and CLAP features too.
    """
    copy_annotations(root / "annotations", annotations, videos)
    for split in SPLITS:
        labels = read_weak_labels(root / "annotations", split)
        for index, (name, weak) in enumerate(zip(labels.filenames, labels.weak, strict=True)):
            write_video(root, name, weak, np.random.default_rng([SPLITS.index(split), index]), clip_clap)


def make_up_tree(folder, videos):
    """A tree in ``folder`` whose annotations are made up, too, with the features of training; returns it."""
    (folder / "annotations").mkdir()
    annotations = write_annotations(folder / "annotations", videos)
    make_tree(folder / "llp", annotations, videos, clip_clap=False)
    return folder / "llp"


def write_annotations(folder, videos):
    """Annotation files of made-up videos in the official format, one event of each in both modalities."""
    rng = np.random.default_rng(0)
    classes = {
        split: {f"{split:_<5}{i:06d}_0_10": rng.choice(LLP, 2, replace=False) for i in range(videos[split])}
        for split in SPLITS
    }
    everything = {name: labels for split in SPLITS for name, labels in classes[split].items()}
    for split, file in SPLIT_FILES.items():
        rows = classes.get(split, everything).items()
        write_table(
            folder / file, ["filename\tevent_labels", *(f"{n}\t{','.join(pair)}" for n, pair in rows)]
        )
    dense = (classes["val"] | classes["test"]).items()
    for file in EVENT_FILES.values():
        rows = [f"{name}\t2\t7\t{pair[0]}" for name, pair in dense]
        write_table(folder / file, ["filename\tonset\toffset\tevent_labels", *rows])
    return folder


def write_table(path, lines):
    path.write_text("\n".join([*lines, ""]))


def copy_annotations(folder, annotations, videos):
    """Annotation files with the first so many rows of each split; event files stay whole."""
    folder.mkdir(parents=True)
    for split, name in SPLIT_FILES.items():
        lines = (annotations / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(lines[: 1 + videos.get(split, len(lines))]))
    for name in EVENT_FILES.values():
        copy(annotations / name, folder / name)


def write_video(root, name, weak, rng, clip_clap):
    """The files of one video: features that depend on its labels, so that there is something to learn."""
    for source in FEATURES:
        if clip_clap or source.name not in ("clip", "clap"):
            noise = rng.standard_normal(source.shape, dtype=np.float32)
            save(root, source, name, np.maximum(weak @ prototypes(source.shape[1]) + noise, 0))
    for source in PSEUDO_LABELS:
        save(root, source, name, (rng.random(source.shape) < 0.8) * weak.astype(np.int64))


@cache
def prototypes(width):
    """What a class adds to features, (C, width)."""
    return np.random.default_rng(width).standard_normal((len(LLP), width), dtype=np.float32)


def save(root, source, name, array):
    """Write one file where the official layout has it."""
    path = root / source.folder / f"{name[:ID_LENGTH]}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def main(
    root: Path,
    annotations: Annotated[Path, typer.Option()],
    train: int = 700,
    val: int = 100,
    test: int = 200,
    clip_clap: bool = False,
) -> None:
    """Make a tree of some videos."""
    make_tree(root, annotations, {"train": train, "val": val, "test": test}, clip_clap)


if __name__ == "__main__":
    typer.run(main)
