"""Feature stores: damaged bytes, and files that the HDF5 library finds sound but are no stores."""

import json
import os
from contextlib import suppress
from functools import cache, partial

import h5py
import numpy as np
import torch

from leap.data.store import FeatureStore, write_store
from leap.data.store.layout import (
    ARRAYS,
    LABEL_EMBEDDING,
    LABELS,
    SCORES,
    SPLITS,
    Checksum,
    content_checksum,
)
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes, mutated_json

HEADER = {"dataset": "kitchen", "classes": ["kettle", "tap", "chop"], "provenance": {"seed": 1}}
SIZES = {"train": 3, "val": 2, "test": 2}
PATHS = [f"{split}/{name}" for split in SPLITS for name in ARRAYS if name not in ("visual_3d", "clap")]
PATHS += [LABEL_EMBEDDING]


def split(seed, videos):
    """Videos of two segments."""
    rng = np.random.default_rng(seed)
    dense = ("pseudo_audio", "pseudo_visual", "true_audio", "true_visual")
    labels = {name: rng.integers(2, size=(videos, 2, 3)) for name in dense}
    features = {name: rng.normal(size=(videos, 2, 4)) for name in ("audio", "visual_2d", "clip")}
    scores = {name: rng.normal(size=(videos, 2, 3)) for name in SCORES}
    return {
        "ids": [f"v{seed}-{i}" for i in range(videos)],
        "weak": labels["true_audio"].max(1),
        **features,
        **scores,
        **labels,
    }


@cache
def samples(folder):
    """Stores: packed, not packed, and in the library's first format, which has no checksums of structure."""
    splits = {name: split(seed, videos) for seed, (name, videos) in enumerate(SIZES.items())}
    for name, packed in (("packed", True), ("plain", False)):
        path = folder / f"{name}.h5"
        write_store(path, **HEADER, splits=splits, label_embedding=np.eye(3, 4), compress=packed)
    with h5py.File(path) as source, h5py.File(folder / "first.h5", "w", libver="earliest") as target:
        target.attrs.update(source.attrs)
        for name in source:
            source.copy(name, target)
    os.mkfifo(folder / "pipe")  # whoever opens it waits
    return {name: (folder / f"{name}.h5").read_bytes() for name in ("packed", "plain", "first")}


@cache
def original(folder):
    """What every sample holds."""
    samples(folder)
    return everything(FeatureStore(folder / "plain.h5"))


def everything(store):
    """All that can be read of a store."""
    with store:
        store.verify()
        arrays = {
            (name, split): array
            for split in store.splits
            for name, array in vars(store.videos(split)).items()
            if array is not None
        }
        ids = {split: store.ids(split) for split in store.splits}
        features = {
            (name, split): store.features(split, name) for name in store.widths for split in store.splits
        }
        labels = store.label_embedding() if LABEL_EMBEDDING in store._file else None
        return store.dataset, store.classes, store.provenance, store.checksum, ids, arrays | features, labels


def read_damaged(folder, rng):
    name, other = rng.sample(sorted(samples(folder)), 2)
    (path := folder / "store.h5").write_bytes(
        mutated_bytes(rng, samples(folder)[name], samples(folder)[other])
    )
    return folder, name, everything(FeatureStore(path))


def check_damaged(folder, name, found):
    """What is still read is what was written, but for provenance in the first format: it has no checksum."""
    dataset, classes, provenance, *content, arrays, labels = found
    expected = original(folder)
    assert name == "first" or provenance == expected[2]
    assert [dataset, classes, *content] == [*expected[:2], *expected[3:-2]]
    assert arrays.keys() == expected[-2].keys()
    assert all(torch.equal(array, expected[-2][key]) for key, array in arrays.items())
    assert torch.equal(labels, expected[-1])


def read_edited(folder, rng):
    (path := folder / "store.h5").write_bytes(rng.choice(list(samples(folder).values())))
    with h5py.File(path, "r+") as file:
        for _ in range(rng.choice((1, 1, 2))):
            with suppress(Exception):  # what cannot be written
                rng.choice(EDITS)(rng, file, rng.choice(PATHS))
        if rng.random() < 0.7:
            with suppress(Exception):
                seal(file)
    return path, everything(FeatureStore(path))


def check_edited(path, found):
    """What is read is sound, and a store that is written of it has its checksum."""
    dataset, classes, provenance, _, ids, arrays, labels = found
    assert all(isinstance(name, str) for name in (dataset, *classes))
    for (name, _), array in arrays.items():
        assert array.isfinite().all()
        assert name not in LABELS or ((array == 0) | (array == 1)).all()
    splits = {split: {"ids": names} for split, names in ids.items()}
    for (name, split), array in arrays.items():
        splits[split][name] = array.numpy()
    write_store(
        path,
        dataset=dataset,
        classes=classes,
        provenance=provenance,
        splits=splits,
        label_embedding=None if labels is None else labels.numpy(),
        dtype="float32",
    )
    again = everything(FeatureStore(path))
    assert json.dumps(again[:3]) == json.dumps(found[:3])  # NaN, too
    assert again[4] == ids


def seal(file):
    """Give every array, and the store, the checksum of its content."""
    for path in PATHS:
        if path in file and file[path].nbytes < 10**6:
            digest = Checksum()
            digest.add(file[path][()])
            file[path].attrs["sha256"] = digest.value()
    header = json.loads(file.attrs["header"])
    file.attrs["checksum"] = content_checksum(file, header["dataset"], header["classes"])


def put(file, path, make):
    """Something else in an array's place, with the checksum that the array had."""
    sha256 = file[path].attrs["sha256"]
    del file[path]
    make(file, path)
    file[path].attrs["sha256"] = sha256


def other_values(rng, file, path):
    values, odd = file[path][()], (np.nan, np.inf, 1e300, -1, 2, 255, 0.5)
    kind = rng.choice(("f8", ">f2", "f4", "u1", "u8", "i1", "S3", values.dtype))
    with np.errstate(all="ignore"):
        values = values.astype(kind)
        values.flat[0] = (
            rng.choice((b"\xff\xfe", b"", *odd)) if kind == "S3" else np.array(rng.choice(odd)).astype(kind)
        )
    put(file, path, lambda file, path: file.create_dataset(path, data=values))


def other_shape(rng, file, path):
    shape = [rng.choice((size, size + 1, size * 2, 0, 2**20, 2**40)) for size in file[path].shape]
    chunks = tuple(rng.choice((1, 2, 2**10, 2**20)) for _ in shape)
    kind = file[path].dtype
    how = rng.choice(({}, {"chunks": chunks}, {"chunks": chunks, "maxshape": (None,) * len(shape)}))
    packed = {"compression": "gzip"} if rng.random() < 0.5 and how else {}
    put(file, path, lambda file, path: file.create_dataset(path, shape, kind, **how, **packed))


def other_width(rng, file, path):
    """Features of another width in all splits, of which nothing is written."""
    name, width = rng.choice(("audio", "clip")), rng.choice((2**20, 2**30))
    layout = {"chunks": (1, 1, 2**10), "compression": rng.choice((None, "gzip"))}
    for split, videos in SIZES.items():
        make = partial(h5py.Group.create_dataset, shape=(videos, 2, width), dtype="f2", **layout)
        put(file, f"{split}/{name}", make)


def other_type(rng, file, path):
    types = (h5py.ref_dtype, h5py.regionref_dtype, h5py.string_dtype(), h5py.vlen_dtype(np.uint8), np.bool_)
    types += (np.dtype("f4,u1"), np.dtype("V8"), np.complex64, h5py.enum_dtype({"a": 1}), np.dtype(("u1", 3)))
    kind, shape = rng.choice(types), file[path].shape
    put(file, path, lambda file, path: file.create_dataset(path, shape, kind))


def reference(rng, file, path):
    """References to an object or a part of one, as values or attributes."""
    target = file[rng.choice(PATHS)]
    place = rng.choice(("values", "sha256", "checksum", "header", "format"))
    if place == "values":
        put(file, path, lambda file, path: file.create_dataset(path, data=target.ref, dtype=h5py.ref_dtype))
    else:
        (file[path] if place == "sha256" else file).attrs[place] = rng.choice(
            (target.ref, target.regionref[:1])
        )


def link(rng, file, path):
    """A link in place of an array or a split, to another file, to what may stop a reader, or to itself."""
    place = rng.choice((path, path.split("/")[0]))
    target = rng.choice(("packed.h5", "store.h5", "pipe", "/dev/zero", "nothing"))
    del file[place]
    file[place] = rng.choice(
        (h5py.ExternalLink(target, place), h5py.SoftLink(f"/{rng.choice(PATHS)}"), h5py.SoftLink(place))
    )


def alias(rng, file, path):
    """Another array, or the file itself, under an array's name."""
    other = file[rng.choice((*PATHS, "/", "train"))]
    del file[path]
    file[path] = other


def outside(rng, file, path):
    """Values that another file holds."""
    array = file[path]
    layout = h5py.VirtualLayout(array.shape, array.dtype)
    layout[...] = h5py.VirtualSource("packed.h5", path, array.shape)
    external = {"external": [("packed.h5", 0, array.nbytes)]}
    if rng.random() < 0.5:
        put(file, path, lambda file, path: file.create_virtual_dataset(path, layout))
    else:
        put(file, path, lambda file, path: file.create_dataset(path, array.shape, array.dtype, **external))


def attribute(rng, file, path):
    owner, name = rng.choice(
        ((file, "header"), (file, "checksum"), (file, "version"), (file[path], "sha256"))
    )
    odd = (
        1,
        1.5,
        "text",
        b"",
        b"\xff",
        np.zeros(3),
        np.zeros((2, 2), "S5"),
        h5py.Empty("S1"),
        np.bytes_("0" * 64),
    )
    owner.attrs[name] = rng.choice(odd)


def header(rng, file, path):
    text = mutated_json(rng, json.loads(json.dumps(HEADER)))
    file.attrs["header"] = np.bytes_(text)


def missing(rng, file, path):
    del file[rng.choice((path, path.split("/")[0]))]


EDITS = (other_values, other_values, other_shape, other_shape, other_width, other_type, reference, link)
EDITS += (alias, outside, attribute, header, header, missing)

KINDS = {
    "feature stores: damaged bytes": Kind(200, 20_000, read_damaged, check_damaged, lazy=True),
    "feature stores: other content": Kind(100, 6000, read_edited, check_edited),
}
