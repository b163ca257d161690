"""Reader of TensorFlow's checkpoints (tensor bundles), without TensorFlow.

A bundle is an index, which is a table of LevelDB in the format of its ``doc/table_format.md``, and files of
raw little-endian values. Each entry of the index is a protocol buffer ``BundleEntryProto``
(``tensorflow/core/protobuf/tensor_bundle.proto``), which says where the values of a tensor lie.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOOTER = 48
"""Bytes at the end of an index: where its two tables of blocks lie, and a magic number."""

MAGIC = bytes.fromhex("57fb808b247547db")

FLOAT = 1
"""TensorFlow's number of the type float32."""

DTYPE, SHAPE, SHARD, OFFSET, SIZE = 1, 2, 3, 4, 5
"""Fields of an entry."""


def read_bundle(index: bytes, values: bytes) -> dict[str, NDArray[np.float32]]:
    """Read the float32 tensors of a bundle of one file of values; other entries are skipped.

    Args:
        index: content of the file ``….index``.
        values: content of the file ``….data-00000-of-00001``.

    Returns:
        Name → array.

    Raises:
        ValueError: the bundle is damaged or compressed, or has several files of values.
    """
    try:
        return {name: _tensor(entry, values) for name, entry in _entries(index) if entry[DTYPE] == [FLOAT]}
    except (LookupError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a tensor bundle ({type(error).__name__})") from error


def _tensor(entry: dict[int, list[Any]], values: bytes) -> NDArray[np.float32]:
    if entry.get(SHARD, [0]) != [0]:
        raise ValueError("a bundle of several files")
    sizes = [_message(size).get(1, [0])[0] for size in _message(entry[SHAPE][0]).get(2, [])]
    start = entry.get(OFFSET, [0])[0]
    return np.frombuffer(values[start : start + entry[SIZE][0]], "<f4").reshape(sizes)


def _entries(index: bytes) -> Iterator[tuple[str, dict[int, list[Any]]]]:
    """Names and entries of all tensors; the first pair, of an empty name, describes the bundle."""
    footer = index[-FOOTER:]
    if not footer.endswith(MAGIC):
        raise ValueError("not a table of LevelDB")
    _, _, *blocks = _numbers(footer, 4)
    for _, block in _pairs(index, *blocks):
        for name, entry in _pairs(index, *_numbers(block, 2)):
            if name:
                yield name.decode(), _message(entry)


def _pairs(index: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; a key shares its beginning with the key before."""
    if index[start + size]:
        raise ValueError("its index is compressed")
    block = index[start : start + size]
    restarts = int.from_bytes(block[-4:], "little")
    position, end, key = 0, size - 4 - 4 * restarts, b""
    while position < end:
        shared, position = _number(block, position)
        added, position = _number(block, position)
        length, position = _number(block, position)
        key = key[:shared] + block[position : position + added]
        position += added + length
        yield key, block[position - length : position]


def _message(content: bytes) -> dict[int, list[Any]]:
    """Fields of a protocol buffer: number → values, integers or bytes."""
    fields: dict[int, list[Any]] = {}
    position = 0
    while position < len(content):
        tag, position = _number(content, position)
        value: int | bytes
        match tag & 7:
            case 0:
                value, position = _number(content, position)
            case 2:
                length, position = _number(content, position)
                value, position = content[position : position + length], position + length
            case kind:
                length = 4 if kind == 5 else 8
                value, position = content[position : position + length], position + length
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _numbers(content: bytes, count: int) -> list[int]:
    """The first integers of variable length."""
    found, position = [], 0
    for _ in range(count):
        number, position = _number(content, position)
        found.append(number)
    return found


def _number(content: bytes, position: int) -> tuple[int, int]:
    """An integer of variable length, seven bits a byte, and the position after it."""
    number, shift = 0, 0
    while content[position] & 128:
        number |= (content[position] & 127) << shift
        position, shift = position + 1, shift + 7
    return number | content[position] << shift, position + 1
