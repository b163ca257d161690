"""A small custom data set in the official layout."""

import numpy as np

CLASSES = ("kettle", "Tap_running", "chop")
SECONDS = 12
HEADER = "filename\tonset\toffset\tevent_labels\n"
SPANS = {"train": ["a_0_5", "a_5_10", "b_0_5"], "val": ["c_0_5"], "test": ["c_6_11", "d_2_7"]}


def rows(file, kind, count, width):
    """Random numbers that belong to a file."""
    return np.random.default_rng([ord(file), width, len(kind)]).normal(size=(count, width)).astype("f4")


def make_custom_tree(root):
    """Four files of twelve seconds, of which spans of five make a data set."""
    for file in "abcd":
        arrays = {
            "feats/vggish": rows(file, "audio", SECONDS, 128),
            "feats/res152": rows(file, "frames", 8 * SECONDS, 2048),
            "CLAP/features": rows(file, "clap", 128, 768),
            "CLIP/features": rows(file, "clip", SECONDS, 768),
            "CLAP/segment_pseudo_labels": (rows(file, "heard", SECONDS, 3) > 0).astype(np.int64),
            "CLIP/segment_pseudo_labels": (rows(file, "seen", SECONDS, 3) > 0).astype(np.int64),
        }
        for folder, array in arrays.items():
            (root / folder).mkdir(parents=True, exist_ok=True)
            np.save(root / folder / f"{file}.npy", array)
    tables = root / "annotations"
    tables.mkdir()
    (tables / "classes.txt").write_text("\n".join(CLASSES))
    for split, names in SPANS.items():
        lines = [f"{name}\tkettle,chop" for name in names] if split == "train" else names
        header = "filename\tevent_labels" if split == "train" else "filename"
        (tables / f"{split}.tsv").write_text("\n".join([header, *lines]) + "\n")
    (tables / "audio.tsv").write_text(HEADER + "c_0_5\t0\t5\tkettle\nd_2_7\t1\t2\tchop\n")
    (tables / "visual.tsv").write_text(HEADER + "d_2_7\t4\t5\tTap_running\n")
    return root
