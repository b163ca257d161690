"""Custom data sets: one of the tables or arrays of a small one is damaged."""

import csv
import shutil
from functools import cache

import numpy as np

from leap.data.custom import pack_custom
from leap.data.llp.pack import Packing
from leap.data.store import FeatureStore
from leap.data.store.layout import SPLITS
from leap.errors import LeapError
from tests.custom_tree import make_custom_tree
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes, mutated_table, mutated_text
from tests.soak.readers.arrays import headed, values

TABLES = "classes.txt", "train.tsv", "val.tsv", "test.tsv", "audio.tsv", "visual.tsv"
ARRAYS = "feats/vggish/a.npy", "feats/vggish/c.npy", "CLAP/segment_pseudo_labels/b.npy"


@cache
def samples(root):
    """The files of a sound tree that are to be damaged."""
    make_custom_tree(root)
    for folder in ("CLAP/features", "CLIP/features"):
        shutil.rmtree(root / folder)
    return {
        name: (root / name).read_bytes() for name in (*(f"annotations/{table}" for table in TABLES), *ARRAYS)
    }


def damaged(rng, name, content):
    """An array with other bytes or another header, or a table with other bytes or cells."""
    if name in ARRAYS:
        return mutated_bytes(rng, content) if rng.random() < 0.7 else headed(rng, content[128:])
    return mutated_text(rng, content) if rng.random() < 0.5 else mutated_table(rng, content)


def read(folder, rng):
    """What was packed, with the files that it was packed from."""
    files = samples(folder)
    name = rng.choice(sorted(files))
    content = damaged(rng, name, files[name])
    (folder / name).write_bytes(content)
    try:
        problems = pack_custom("kitchen", folder, folder / "kitchen.h5", Packing())
    finally:
        (folder / name).write_bytes(files[name])
    if problems:
        raise LeapError(f"{problems[0].file}: {problems[0].reason}")
    return folder, files | {name: content}


def check(folder, files):
    with FeatureStore(folder / "kitchen.h5") as store:
        assert store.classes == tuple(lines(files, "classes.txt"))
        spans = {split: [row[0] for row in rows(files, f"{split}.tsv")] for split in SPLITS}
        for split, names in spans.items():
            assert list(store.ids(split)) == names
            check_split(store, split, names, folder, files)
        for split in ("val", "test"):
            check_truth(store, split, spans[split], files)


def check_split(store, split, names, folder, files):
    """Features and pseudo-labels are those of the seconds that the names tell."""
    videos = store.videos(split)
    for index, name in enumerate(names):
        heard, labels = (
            rows_of(name, kind, folder, files) for kind in ("feats/vggish", "CLAP/segment_pseudo_labels")
        )
        assert (videos.audio[index].numpy() == heard.astype(np.float16)).all()
        assert (videos.pseudo_audio[index].numpy() == labels * videos.weak[index].numpy()).all()


def rows_of(name, kind, folder, files):
    """The rows of a file that a name means."""
    file, start, end = name.rsplit("_", 2)
    path = f"{kind}/{file}.npy"
    return values(files.get(path) or (folder / path).read_bytes())[int(start) : int(end)]


def check_truth(store, split, names, files):
    """Labels of every second are those of the tables."""
    for modality, found in zip(("audio", "visual"), store.videos(split).truth(), strict=True):
        marked = {
            (names.index(name), second, store.classes.index(label))
            for name, onset, offset, label in rows(files, f"{modality}.tsv")
            if name in names
            for second in range(int(onset), int(offset))
        }
        assert {tuple(place) for place in found.nonzero().tolist()} == marked


def lines(files, table):
    text = files[f"annotations/{table}"].decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return [line.strip() if table == "classes.txt" else line for line in text.split("\n") if line.strip()]


def rows(files, table):
    return list(csv.reader(lines(files, table), delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


KINDS = {"custom data sets": Kind(100, 3000, read, check)}
