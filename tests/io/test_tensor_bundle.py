"""The reader against a writer from the description of the format."""

import struct

import numpy as np
import pytest

from leap.io.tensor_bundle import read_bundle


def number(value):
    """An integer of variable length."""
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    return bytes([*content, value])


def field(key, value):
    """A field of a protocol buffer, an integer or bytes."""
    if isinstance(value, int):
        return number(key << 3) + number(value)
    return number(key << 3 | 2) + number(len(value)) + value


def block(pairs, compressed=0):
    """A block of a table, whose keys share their beginnings, with one restart and its trailer."""
    content, last = b"", b""
    for key, value in sorted(pairs):
        shared = next(
            (i for i, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last))
        )
        content += number(shared) + number(len(key) - shared) + number(len(value)) + key[shared:] + value
        last = key
    return content + struct.pack("<II", 0, 1), bytes([compressed]) + b"\0" * 4


def write_bundle(arrays, compressed=0, shard=0):
    """Index and values of a bundle of float32 arrays and of one integer, which is to be skipped."""
    values, entries = b"", [(b"", field(1, 1))]
    for name, array in arrays.items():
        sizes = b"".join(field(2, field(1, size)) for size in array.shape)
        entry = field(1, 1) + field(2, sizes) + field(3, shard) + field(4, len(values))
        entry += field(5, array.nbytes) + number(6 << 3 | 5) + b"\1\2\3\4"  # a checksum, of fixed length
        entries.append((name.encode(), entry))
        values += array.astype("<f4").tobytes()
    entries.append((b"step", field(1, 9) + field(2, b"") + field(4, len(values)) + field(5, 8)))
    values += struct.pack("<q", 1)
    half = len(entries) // 2 + 1
    index, handles = b"", []
    for part in (sorted(entries)[:half], sorted(entries)[half:]):
        content, trailer = block(part, compressed)
        handles.append((part[-1][0], number(len(index)) + number(len(content))))
        index += content + trailer
    content, trailer = block(handles)
    footer = number(0) + number(0) + number(len(index)) + number(len(content))
    magic = struct.pack("<II", 0x8B80FB57, 0xDB477524)
    return index + content + trailer + footer.ljust(40, b"\0") + magic, values


def arrays():
    random = np.random.default_rng(0)
    shapes = {
        "layer-1/kernel": (3, 3, 2, 300),
        "layer-1/bias": (300,),
        "layer-10/kernel": (200, 7),
        "rate": (),
    }
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_tensors_are_read_by_name():
    expected = arrays()
    found = read_bundle(*write_bundle(expected))
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda index, values: (b"", values), "not a table"),
        (lambda index, values: (index[:-1] + b"\0", values), "not a table"),
        (lambda index, values: (index[:100] + index[-48:], values), "not a tensor bundle"),
        (lambda index, values: (index, values[:100]), "cannot reshape"),
        (lambda index, values: write_bundle(arrays(), compressed=1), "compressed"),
        (lambda index, values: write_bundle(arrays(), shard=1), "several files"),
    ],
)
def test_a_damaged_bundle_is_refused(damage, message):
    with pytest.raises(ValueError, match=message):
        read_bundle(*damage(*write_bundle(arrays())))
