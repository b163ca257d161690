"""Axes of a sweep: a field of the config and its values, in the grammar of ``leap sweep --set``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from leap.errors import LeapError, require
from leap.io.strict_json import parse_json

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

ENUMERATED = 64
"""Number of integers up to which a range is checked value by value; of a longer range, only the ends are."""

EXAMPLE = "write FIELD=VALUES, such as train.lr=log:1e-4..1e-2, model.width=32..128 or model.dropout=0.1,0.2"


@dataclass(frozen=True)
class Choices:
    """A field that takes one of several values.

    Attributes:
        field: dotted path of the field.
        texts: the values as JSON, because a study stores texts and not tables.
    """

    field: str
    texts: tuple[str, ...]

    def values_to_check(self) -> list[Any]:
        """All values."""
        return [json.loads(text) for text in self.texts]

    def value(self, drawn: Any) -> Any:
        """The value of the field for what a study drew."""
        return json.loads(drawn)

    def distribution(self) -> BaseDistribution:
        """What a study draws from."""
        return require("optuna", "sweep").distributions.CategoricalDistribution(self.texts)


@dataclass(frozen=True)
class Range:
    """A field that takes a number between two ends, which are included; an integer if both ends are.

    Attributes:
        field: dotted path of the field.
        low: the lower end.
        high: the upper end.
        log: whether the logarithm is drawn uniformly.
    """

    field: str
    low: float
    high: float
    log: bool = False

    def values_to_check(self) -> list[Any]:
        """The ends, and between them up to `ENUMERATED` integers."""
        if isinstance(self.low, int) and self.high - self.low < ENUMERATED:
            return list(range(self.low, int(self.high) + 1))
        return [self.low, self.high]

    def value(self, drawn: Any) -> Any:
        """The value of the field for what a study drew."""
        return drawn

    def distribution(self) -> BaseDistribution:
        """What a study draws from."""
        known = require("optuna", "sweep").distributions
        kind = known.IntDistribution if isinstance(self.low, int) else known.FloatDistribution
        return kind(self.low, self.high, log=self.log)


Axis = Choices | Range


def parse_axis(text: str) -> Axis:
    """Parse one value of ``--set``.

    Args:
        text: ``FIELD=a,b,c`` for choices, in JSON or as plain texts; ``FIELD=lo..hi`` for a range, of
            integers if both ends are; ``FIELD=log:lo..hi`` for a range on a logarithmic scale.

    Raises:
        LeapError: the text is none of these.

    Example:
        >>> parse_axis("train.lr=log:1e-4..1e-2")
        Range(field='train.lr', low=0.0001, high=0.01, log=True)
        >>> parse_axis("model.decoder.heads=1..4")
        Range(field='model.decoder.heads', low=1, high=4, log=False)
        >>> parse_axis("model.labels=glove,minilm").values_to_check()
        ['glove', 'minilm']
        >>> parse_axis('model.decoder={"name": "mmil"},{"name": "leap", "heads": 2}').values_to_check()
        [{'name': 'mmil'}, {'name': 'leap', 'heads': 2}]
    """
    field, separator, values = text.partition("=")
    if not (separator and all(field.split(".")) and values):
        raise LeapError(f"--set {text!r}: {EXAMPLE}")
    ends = _ends(values.removeprefix("log:"))
    if ends:
        return _range(text, field, *ends, log=values.startswith("log:"))
    if values.startswith("log:"):
        raise LeapError(f"--set {text!r}: log: needs a range of numbers, such as log:1e-4..1e-2")
    return _choices(text, field, values)


def _range(text: str, field: str, low: float, high: float, log: bool) -> Range:
    if low >= high:
        raise LeapError(f"--set {text!r}: the first number of a range must be the smaller one")
    if log and low <= 0:
        raise LeapError(f"--set {text!r}: a range on a logarithmic scale must be above 0")
    whole = isinstance(low, int) and isinstance(high, int)
    return Range(field, low if whole else float(low), high if whole else float(high), log)


def _choices(text: str, field: str, values: str) -> Choices:
    found = [json.dumps(value) for value in _listed(values)]
    if len(set(found)) < len(found) or '""' in found:
        raise LeapError(f"--set {text!r}: a value is empty or occurs twice")
    return Choices(field, tuple(found))


def _ends(text: str) -> tuple[float, float] | None:
    """The two numbers of a range; None if the text is something else."""
    low, _, high = text.partition("..")
    try:
        ends = _number(low), _number(high)
    except ValueError:
        return None
    return ends if all(map(isfinite, ends)) else None


def _number(text: str) -> float:
    """An integer if it is written as one."""
    return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else float(text)


def _listed(text: str) -> list[Any]:
    """Values separated by commas: JSON, or else texts among which there may be single JSON values."""
    try:
        values: list[Any] = parse_json(f"[{text}]")
    except ValueError:
        return [_json_or_text(part.strip()) for part in text.split(",")]
    return values


def _json_or_text(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return text
