"""Arrays in ``.npy`` files, against a second reading of their headers."""

import ast
import io
import math
from functools import cache

import numpy as np

from leap.data.llp.features import (
    Problem,
    Source,
    average_frames,
    load_array,
    read_features,
    read_pseudo_labels,
)
from leap.errors import LeapError
from leap.label_embeddings import read_label_embeddings
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes

VIDEO = "abcdefghijk_0_10"
FRAMES = Source("visual_2d", "frames", (80, 6), average_frames)
LABELS = Source("pseudo_audio", "labels", (10, 4))
SHAPES = (
    (10**11,),
    (2**40, 2**40),
    (2**32, 2**32),
    (2**63,),
    (-1,),
    (-10, -4),
    (0,),
    (0, 10**15),
    (3, 0),
    (),
)
SHAPES += ((10,), (80, 7), (True, 3), (1.5,), ("10",), None, 40, ((10, 4),), (1,) * 70)
TYPES = (
    "<f4",
    ">f4",
    "<f2",
    "<f8",
    "<f16",
    "|O",
    "<c8",
    "<U4",
    "|S1000000000",
    "|V8",
    "<M8[s]",
    "|b1",
    "<i8",
)
TYPES += ("|u1", "x", "", 7, [("a", "<f4")], ("<f4", (1000, 1000, 1000)))


def saved(array) -> bytes:
    """The file of an array."""
    np.save(file := io.BytesIO(), array)
    return file.getvalue()


def headed(rng, values: bytes) -> bytes:
    """Some values below a header that may have nothing to do with them."""
    header = {
        "descr": rng.choice(TYPES),
        "fortran_order": rng.choice((True, False, 1)),
        "shape": rng.choice(SHAPES),
    }
    text = repr(header).encode().ljust(rng.choice((118, 200))) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + values


@cache
def samples() -> dict[str, bytes]:
    """Files of frames, of labels, of numbers column by column, and of none."""
    rng = np.random.default_rng(0)
    frames, labels = rng.normal(size=(80, 6)).astype("<f4"), rng.integers(2, size=(10, 4))
    return {
        "frames": saved(frames),
        "labels": saved(labels),
        "columns": saved(np.asfortranarray(frames[:3], dtype=">f8")),
        "none": saved(frames[:0]),
    }


def damaged(rng, name: str) -> bytes:
    """A sample with other bytes or with another header."""
    content = samples()[name]
    if rng.random() < 0.3:
        content = headed(rng, content[128:])
    return mutated_bytes(rng, content, samples()["labels"]) if rng.random() < 0.7 else content


def values(content: bytes):
    """The numbers of a file, by its header and nothing else."""
    wide = content[6] > 1
    size = int.from_bytes(content[8 : 12 if wide else 10], "little")
    text, body = content[12 if wide else 10 :][:size], content[(12 if wide else 10) + size :]
    header = ast.literal_eval(text.decode())
    kind, shape = np.dtype(header["descr"]), header["shape"]
    assert len(body) == kind.itemsize * math.prod(shape)
    return np.frombuffer(body, kind).reshape(shape, order="F" if header["fortran_order"] else "C")


def accepted(found):
    """What was read, where it is no problem; a problem is raised, for whoever counts."""
    if isinstance(found, Problem):
        raise LeapError(f"{found.file}: {found.reason}")
    return found


def same(one, other) -> bool:
    """Whether arrays have the same values, whatever their byte order; NaN is NaN."""
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def read_any(folder, rng):
    content = damaged(rng, rng.choice(sorted(samples())))
    (folder / "x.npy").write_bytes(content)
    mapped, array = load_array(folder, "x.npy", mapped=True), load_array(folder, "x.npy")
    assert isinstance(mapped, Problem) == isinstance(array, Problem)
    return folder, content, accepted(array), mapped


def check_any(folder, content, array, mapped):
    assert same(array, values(content))
    assert same(array, mapped)
    np.save(folder / "again.npy", array)
    assert same(load_array(folder, "again.npy"), array)


def write(folder, rng, source, name) -> bytes:
    (path := folder / source.folder / "abcdefghijk.npy").parent.mkdir(exist_ok=True)
    path.write_bytes(content := damaged(rng, name))
    return content


def read_some_features(folder, rng):
    content, kept = write(folder, rng, FRAMES, "frames"), rng.random() < 0.5
    return content, kept, accepted(read_features(folder, FRAMES, VIDEO, "float16", kept))


def check_features(content, kept, features):
    expected = values(content)
    expected = expected if kept else expected.reshape(10, 8, 6).mean(1, dtype=np.float32)
    assert (features.dtype, expected.shape[1]) == (np.float16, 6)
    assert np.isfinite(features).all()
    assert (features == expected.astype(np.float16)).all()


def read_some_labels(folder, rng):
    content = write(folder, rng, LABELS, "labels")
    return content, accepted(read_pseudo_labels(folder, LABELS, VIDEO))


def check_labels(content, labels):
    assert (labels.dtype, labels.shape) == (np.uint8, (10, 4))
    assert same(labels, values(content))


def read_embeddings(folder, rng):
    (path := folder / "labels.npy").write_bytes(content := damaged(rng, "frames"))
    return content, read_label_embeddings(path, 80).numpy()


def check_embeddings(content, embeddings):
    assert embeddings.shape[0] == 80
    assert np.isfinite(embeddings).all()
    assert same(embeddings, values(content).astype(np.float32))


KINDS = {
    ".npy: any array": Kind(2000, 40_000, read_any, check_any),
    ".npy: features": Kind(1000, 20_000, read_some_features, check_features),
    ".npy: pseudo-labels": Kind(1000, 20_000, read_some_labels, check_labels),
    ".npy: label embeddings": Kind(1000, 20_000, read_embeddings, check_embeddings),
}
