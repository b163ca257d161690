"""Strict JSON for files that people write: a repeated key is an error."""

import json
from typing import Any


def parse_json(text: str) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or repeats a key within an object.

    Example:
        >>> parse_json('{"lr": 0.1, "lr": 0.2}')
        Traceback (most recent call last):
        ValueError: the key 'lr' occurs twice in one object
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key!r} occurs twice in one object")
        table[key] = value
    return table
