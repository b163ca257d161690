"""Mutations of valid files: of bytes, of the cells of tables and of JSON values.

All of them are drawn from the generator given, so that a case is made again from its seed and number.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
TOKEN = re.compile(rb"[\w.+-]+")

NUMBERS = (b"-1", b"0", b"1e999", b"-1e308", b"NaN", b"Infinity", b"1_0", b"0x10", b"2.5", b"10000000000")
LONG = (b"9" * 5000, b"[" * 100_000, b'{"a":' * 20_000, b"[" * 970 + b"]" * 970)
STRANGE = (
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00", b"\x1b[2J"),  # no UTF-8, and what terminals obey
    *(mark.encode() for mark in "\ufeff\x85\u2028\x0b\r\n\t,\"'\\ "),
    *(digit.encode() for digit in "٣²１"),
)
WORDS = tuple(number.to_bytes(4, "little") for number in (0, 1, 2**31 - 1, 2**31, 2**32 - 1))
"""Numbers of binary files: the smallest and the largest."""

CELLS = ("", "NaN", "-1", "11", "999999999", "1" * 12, "1_0", "٣", " 5", "5 ", "4.0", "a,b", ",", "..")
CELLS += ("a/b", '"', "\ufeff", "\x00", "\x85", "\r", "\x1b[2J", "x" * 300)
VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 1e308, float("nan"), float("inf"), 10**30, 2**31)
VALUES += ("", "1", "NaN", "a\nb", "\ud800", "\x00", "é", [], {}, [[]], {"": None}, "x" * 1000)

Bytes = Callable[[Random, bytes], bytes]


def mutated_bytes(rng: Random, data: bytes, other: bytes = b"") -> bytes:
    """A binary file with some damage, or with the end of another."""
    return _damaged(rng, data, other, BINARY)


def mutated_text(rng: Random, data: bytes, other: bytes = b"") -> bytes:
    """A text file with some damage, or with the end of another."""
    return _damaged(rng, data, other, BINARY + TEXT)


def mutated_table(rng: Random, data: bytes) -> bytes:
    """A tab-separated table with other cells, rows or columns."""
    rows = [line.split("\t") for line in data.decode().splitlines()]
    for _ in range(_times(rng)):
        rng.choice(ROWS)(rng, rows)
    return "\n".join(map("\t".join, rows)).encode() + b"\n"


def respelt_table(rng: Random, data: bytes) -> bytes:
    """The same table in other bytes: a mark at the front, other line ends, empty lines."""
    lines = data.split(b"\n")
    for _ in range(rng.randrange(3)):
        lines.insert(rng.randrange(1, len(lines) + 1), b"")
    text = rng.choice((b"\n", b"\r\n", b"\r")).join(lines)
    return rng.choice((b"", b"\xef\xbb\xbf")) + rng.choice((text, text.rstrip()))


def mutated_json(rng: Random, value: Any) -> bytes:
    """A value, changed in place, as JSON: values replaced, left out, put elsewhere, keys renamed."""
    for _ in range(_times(rng)):
        places = list(_places(value))
        if places:
            rng.choice(PLACES)(rng, *rng.choice(places), rng.choice(places))
    return respelt_json(rng, value)


def respelt_json(rng: Random, value: Any) -> bytes:
    """A value as JSON in one of its spellings."""
    text = json.dumps(value, indent=rng.choice((None, 0, 2)), ensure_ascii=rng.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _times(rng: Random) -> int:
    return rng.choice((1, 1, 1, 2, 4))


def _damaged(rng: Random, data: bytes, other: bytes, damages: tuple[Bytes, ...]) -> bytes:
    if rng.random() < 0.1:
        data = data[: rng.randrange(len(data))] + (other or data)[rng.randrange(len(other or data)) :]
    for _ in range(_times(rng)):
        data = rng.choice(damages)(rng, data) if data else data
    return data


def _slice(rng: Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data))
    return start, start + rng.choice((1, 1, 2, 4, 8, 64))


def _flip(rng: Random, data: bytes) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def _cut(rng: Random, data: bytes) -> bytes:
    start, end = _slice(rng, data)
    return data[:start] + data[end:]


def _shorten(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _insert(rng: Random, data: bytes) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + rng.randbytes(rng.choice((1, 4, 16))) + data[place:]


def _repeat(rng: Random, data: bytes) -> bytes:
    start, end = _slice(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 100)) + data[end:]


def _overwrite(rng: Random, data: bytes) -> bytes:
    place, word = rng.randrange(len(data)), rng.choice(WORDS) * rng.choice((1, 2))
    return data[:place] + word + data[place + len(word) :]


def _number(rng: Random, data: bytes) -> bytes:
    found = [match.span() for match in NUMBER.finditer(data)]
    start, end = rng.choice(found) if found else (0, 0)
    return data[:start] + rng.choice(NUMBERS) + data[end:]


def _swap(rng: Random, data: bytes) -> bytes:
    found = [match.span() for match in TOKEN.finditer(data)]
    if len(found) < 2:
        return data
    (a, b), (c, d) = sorted(rng.sample(found, 2))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _copy_token(rng: Random, data: bytes) -> bytes:
    found = [match.span() for match in TOKEN.finditer(data)] or [(0, 0)]
    (start, end), (first, last) = rng.choice(found), rng.choice(found)
    return data[:start] + data[first:last] + data[end:]


def _strange(rng: Random, data: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(LONG if rng.random() < 0.05 else STRANGE) + data[place:]


BINARY: tuple[Bytes, ...] = (_flip, _cut, _shorten, _insert, _repeat, _overwrite)
TEXT: tuple[Bytes, ...] = (_number, _number, _swap, _copy_token, _strange, _strange)

Rows = list[list[str]]


def _cell(rng: Random, rows: Rows) -> tuple[list[str], int]:
    row = rng.choice(rows)
    return row, rng.randrange(len(row))


def _other_cell(rng: Random, rows: Rows) -> None:
    row, column = _cell(rng, rows)
    row[column] = rng.choice(CELLS)


def _swap_cells(rng: Random, rows: Rows) -> None:
    (row, column), (other, place) = _cell(rng, rows), _cell(rng, rows)
    row[column], other[place] = other[place], row[column]


def _one_cell_more(rng: Random, rows: Rows) -> None:
    row, column = _cell(rng, rows)
    row.insert(column, rng.choice((row[column], rng.choice(CELLS))))


def _one_cell_less(rng: Random, rows: Rows) -> None:
    row, column = _cell(rng, rows)
    row[column:] = row[column + 1 :] or [""]


def _repeat_row(rng: Random, rows: Rows) -> None:
    rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))


def _drop_row(rng: Random, rows: Rows) -> None:
    rows.pop(rng.randrange(1, len(rows)) if len(rows) > 1 else 0)
    rows.extend([] if rows else [[""]])


def _swap_columns(rng: Random, rows: Rows) -> None:
    for row in rows:
        row.reverse()


ROWS = (_other_cell, _other_cell, _swap_cells, _swap_cells, _repeat_row, _drop_row, _one_cell_more)
ROWS += (_one_cell_less, _swap_columns)

Place = tuple[Any, Any]
"""A list or table, and where in it a value is."""


def _places(value: Any) -> Iterator[Place]:
    """Of all values within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield value, key
        yield from _places(part)


def _replace(rng: Random, parent: Any, key: Any, other: Place) -> None:
    parent[key] = json.loads(json.dumps(rng.choice(VALUES)))


def _copy(rng: Random, parent: Any, key: Any, other: Place) -> None:
    parent[key] = json.loads(json.dumps(other[0][other[1]]))


def _leave_out(rng: Random, parent: Any, key: Any, other: Place) -> None:
    del parent[key]


def _wrap(rng: Random, parent: Any, key: Any, other: Place) -> None:
    parent[key] = rng.choice(([parent[key]], {str(key): parent[key]}, str(parent[key])))


def _rename(rng: Random, parent: Any, key: Any, other: Place) -> None:
    if isinstance(parent, dict):
        parent[rng.choice((f"{key}s", str(other[1]), "a\nb", "", "\x1b[2J"))] = parent.pop(key)


PLACES = (_replace, _replace, _replace, _copy, _leave_out, _wrap, _rename)
