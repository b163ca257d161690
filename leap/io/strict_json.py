"""Strict JSON for files that people write: a repeated key or a number that is not finite is an error."""

import json
from math import isfinite
from typing import Any


def parse_json(text: str) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, repeats a key within an object, or holds NaN,
            an infinity or a number beyond the range of floating point.

    Example:
        >>> parse_json('{"lr": 0.1, "lr": 0.2}')
        Traceback (most recent call last):
        ValueError: the key 'lr' occurs twice in one object
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key!r} occurs twice in one object")
        table[key] = value
    return table


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is not a finite number")
    return number
